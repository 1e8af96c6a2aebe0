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


@pytest.mark.hardening("harness-15")
def test_only_told_at_first(mock, contactbench, uploaded):
    """Without --yes the lists are named, and stay."""
    ran = contactbench("cleanup", uploaded, "--json")
    assert [thing["fate"] for thing in ran.document["things"]] == ["would be removed"] * 2
    assert (ran.code, ran.document["removed"], len(names(mock))) == (0, 0, 2)
    assert "--yes" in ran.err


@pytest.mark.hardening("harness-15")
def test_its_own_lists_and_no_other(mock, contactbench, uploaded):
    """Both lists go, the foreign one stays; once more, there is nothing left to do."""
    foreign = foreign_list(mock)
    ran = contactbench("cleanup", uploaded, "--yes", "--json")
    assert (ran.code, ran.document["removed"], names(mock)) == (0, 2, [foreign])
    again = contactbench("cleanup", uploaded, "--yes", "--json")
    assert [thing["fate"] for thing in again.document["things"]] == ["gone"] * 2


@pytest.mark.hardening("harness-15")
def test_lists_that_hold_contacts_of_others(mock, contactbench, uploaded):
    """A contact of an unknown lead keeps one list, a second contact of a lead of the run the other; the same command
    removes them once those contacts are gone."""
    first, second = [one["id"] for one in mock.get("/state")["lists"]]
    known = next(cells for _, list_id, cells in mock.contacts() if list_id == second)
    with mock.api() as api:
        added = []
        for list_id, cells in ((first, known | {"Lead ID": "theirs"}), (second, known)):
            url = f"/api/v2/outbound/contactlists/{list_id}/contacts"
            (one,) = api.post(url, json=[{"data": cells}]).raise_for_status().json()
            added.append((url, one["id"]))
        ran = contactbench("cleanup", uploaded, "--yes", "--json")
        assert (ran.code, ran.complaint, ran.document["kept"], len(names(mock))) == (9, "FOREIGN_CONTACTS", 2, 2)
        assert ran.err.count("holds 1 contact that this run did not send") == 2
        assert not list((uploaded / "work").glob("export-*"))
        for url, contact_id in added:
            api.delete(url, params={"contactIds": contact_id}).raise_for_status()
    again = contactbench("cleanup", uploaded, "--yes", "--json")
    assert (again.code, again.document["removed"], names(mock)) == (0, 2, [])


@pytest.mark.slow
@pytest.mark.hardening("harness-15")
@pytest.mark.parametrize("strategy", ["csv-import-export", "csv-import-own-ids", "batch-api-own-ids"])
def test_every_strategy_knows_what_it_sent(mock, contactbench, make_leads, upload_of, tmp_path, strategy):
    """Its lists go, and one with a contact of somebody else stays."""
    assert contactbench(*upload_of(make_leads(LEADS), strategy, mock.url, "--lists", 2)).code == 0
    (url, *_) = [f"/api/v2/outbound/contactlists/{one['id']}/contacts" for one in mock.get("/state")["lists"]]
    (_, _, cells) = next(iter(mock.contacts()))
    with mock.api() as api:
        api.post(url, json=[{"data": cells | {"Lead ID": "theirs"}}]).raise_for_status()
    ran = contactbench("cleanup", tmp_path / "run", "--yes", "--json")
    assert (ran.code, ran.document["removed"], ran.document["kept"]) == (9, 1, 1)


@pytest.mark.slow
@pytest.mark.hardening("harness-15")
def test_a_list_that_a_campaign_uses(mock, contactbench, uploaded):
    """It stays: somebody works with it."""
    mock.faults({"op": "campaigns.list", "action": {"status": 200, "body": {"entities": [{"name": "theirs"}]}}})
    ran = contactbench("cleanup", uploaded, "--yes", "--json")
    assert (ran.code, ran.complaint, len(names(mock))) == (9, "LIST_IN_CAMPAIGN", 2)


def test_a_folder_of_nothing(contactbench, tmp_path):
    """It does not say what was made, so nothing is done."""
    ran = contactbench("cleanup", tmp_path, "--yes", "--json")
    assert (ran.code, ran.complaint) == (7, "NO_STATE")
