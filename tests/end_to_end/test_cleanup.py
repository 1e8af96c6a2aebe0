"""`contactbench cleanup`: a run's own lists go, nobody else's do."""

import pytest

LEADS = 250


@pytest.fixture
def uploaded(mock, contactbench, make_leads, upload_of, tmp_path):
    """The folder of a finished upload into two lists."""
    arguments = upload_of(make_leads(LEADS), "batch-api", mock.url, "--lists", 2)
    assert contactbench(*arguments).code == 0
    return tmp_path / "run"


def names(mock):
    return [one["name"] for one in mock.get("/state")["lists"]]


def foreign_list(mock):
    """The name of a list that only looks as if it were the run's."""
    name = names(mock)[0] + "0"
    body = {"name": name, "columnNames": ["Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
    with mock.api() as api:
        api.post("/api/v2/outbound/contactlists", json=body).raise_for_status()
    return name


def test_only_told_at_first(mock, contactbench, uploaded):
    """Without --yes the lists are named, and stay."""
    ran = contactbench("cleanup", uploaded, "--json")
    assert [thing["fate"] for thing in ran.document["things"]] == ["would be removed"] * 2
    assert (ran.code, ran.document["removed"], len(names(mock))) == (0, 0, 2)
    assert "--yes" in ran.err


def test_its_own_lists_and_no_other(mock, contactbench, uploaded):
    """Both lists go, the foreign one stays; once more, there is nothing left to do."""
    foreign = foreign_list(mock)
    ran = contactbench("cleanup", uploaded, "--yes", "--json")
    assert (ran.code, ran.document["removed"], names(mock)) == (0, 2, [foreign])
    again = contactbench("cleanup", uploaded, "--yes", "--json")
    assert [thing["fate"] for thing in again.document["things"]] == ["gone"] * 2


def test_a_folder_of_nothing(contactbench, tmp_path):
    """It does not say what was made, so nothing is done."""
    ran = contactbench("cleanup", tmp_path, "--yes", "--json")
    assert (ran.code, ran.complaint) == (7, "NO_STATE")
