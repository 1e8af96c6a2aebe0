"""`contactbench conform` as a command."""


def test_an_org_and_itself(mock, contactbench):
    """No difference, exit 0, nothing left."""
    ran = contactbench("conform", "--target", mock.url, "--against", mock.url, "--settle", "0.1", "--json")
    assert (ran.code, ran.document["differences"], mock.get("/state")["lists"]) == (0, [], []), ran.err


def test_two_that_differ(mock, start_mock, contactbench):
    """Exit 99, and what differs in a line."""
    other = start_mock("--pace", "none", "--seed", "2")
    other.settings(semantics__redirect_status=307)
    ran = contactbench("conform", "--target", mock.url, "--against", other.url, "--settle", "0.1")
    assert (ran.code, ran.out.strip()) == (99, "download an export: status: 303 / 307"), ran.err
