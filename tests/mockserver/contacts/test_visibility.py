"""Reading what was written a moment ago, in an org that takes its time."""

import pytest

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
COLUMNS = {"columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
BY_LEAD = {"clauses": [{"predicates": [{"column": "Lead", "operator": "EQUALS", "value": "1"}]}]}


@pytest.fixture
async def uri(mock_org):
    """A list with a contact from a minute ago, and one of now."""
    made = (await mock_org.client.post(LISTS, json={"name": "Leads", **COLUMNS})).json()["selfUri"]
    for n, wait in (("0", 60), ("1", 0)):
        await mock_org.client.post(f"{made}/contacts", json=[{"id": f"c{n}", "data": {"Lead": n, "Phone": ""}}])
        mock_org.clock.advance(wait)
    return made


@pytest.mark.parametrize(("lag", "after", "size"), [(0.0, 0, 2), (5.0, 0, 1), (5.0, 4, 1), (5.0, 5, 2)])
async def test_sizes(mock_org, uri, lag, after, size):
    """A list counts its contacts a little later, wherever its size is shown."""
    mock_org.change(semantics__size_lag_s=lag)
    mock_org.clock.advance(after)
    one = (await mock_org.client.get(uri, params={"includeSize": "true"})).json()["size"]
    found = (await mock_org.client.post(f"{uri}/contacts/search", json={})).json()
    assert (one, found["contactsCount"], found["total"]) == (size, size, 2)


@pytest.mark.parametrize(("after", "ids"), [(0, ["c0"]), (5, ["c0", "c1"])])
async def test_searches(mock_org, uri, after, ids):
    """Contacts are found a little later, on every road to them."""
    mock_org.change(semantics__search_lag_s=5.0)
    mock_org.clock.advance(after)
    for body in (
        {},
        {"criteria": BY_LEAD},
        {"contactSorts": [{"fieldName": "Lead"}]},
        {"pageNumber": 2, "pageSize": 1},
    ):
        found = (await mock_org.client.post(f"{uri}/contacts/search", json=body)).json()
        expected = [id_ for id_ in ids if "criteria" not in body or id_ == "c1"]
        assert found["total"] == len(expected)
        assert [each["id"] for each in found["entities"]] == (expected[1:] if "pageNumber" in body else expected)


@pytest.mark.parametrize(("after", "statuses"), [(0, [200, 404]), (5, [200, 200])])
async def test_contacts_by_id(mock_org, uri, after, statuses):
    """A new contact is 404 for a while, though it can be written to."""
    mock_org.change(semantics__get_lag_s=5.0)
    mock_org.clock.advance(after)
    assert [(await mock_org.client.get(f"{uri}/contacts/{id_}")).status_code for id_ in ("c0", "c1")] == statuses
    many = (await mock_org.client.post(f"{uri}/contacts/bulk", json=["c0", "c1"])).json()
    assert len(many) == statuses.count(200)
    assert (
        await mock_org.client.put(f"{uri}/contacts/c1", json={"data": {"Lead": "2", "Phone": ""}})
    ).status_code == 200


async def test_lists_by_id(mock_org):
    """A new list is 404 for a while, with the code of one that does not exist."""
    mock_org.change(semantics__get_lag_s=5.0)
    uri = (await mock_org.client.post(LISTS, json={"name": "Leads", **COLUMNS})).json()["selfUri"]
    early = await mock_org.client.get(uri)
    assert (early.status_code, early.json()["code"]) == (404, "contact.list.not.found")
    mock_org.clock.advance(5)
    assert (await mock_org.client.get(uri)).status_code == 200


async def test_deep_pages(mock_org, uri):
    """A profile may end the pages of a search somewhere."""
    mock_org.change(limits__search_depth=2)
    for number, status in ((2, 200), (3, 400)):
        page = {"pageSize": 1, "pageNumber": number}
        assert (await mock_org.client.post(f"{uri}/contacts/search", json=page)).status_code == status
