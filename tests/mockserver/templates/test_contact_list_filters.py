"""Contact list filters over HTTP."""

import pytest

pytestmark = pytest.mark.anyio

FILTERS = "/api/v2/outbound/contactlistfilters"
LISTS = "/api/v2/outbound/contactlists"
CLAUSES = [{"filterType": "AND", "predicates": [{"column": "Lead", "operator": "IN", "range": {"inSet": ["1", "3"]}}]}]
COLUMNS = {"columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}


@pytest.fixture
async def leads(mock_org):
    """The id of a list of four contacts."""
    made = (await mock_org.client.post(LISTS, json={"name": "Leads", **COLUMNS})).json()
    contacts = [{"id": f"c{n}", "data": {"Lead": str(n), "Phone": ""}} for n in range(4)]
    await mock_org.client.post(f"{made['selfUri']}/contacts", json=contacts)
    return made["id"]


@pytest.fixture
def body(leads):
    """A function: a filter as a client sends it."""
    return lambda **more: {"name": "F", "contactList": {"id": leads}, "clauses": CLAUSES, **more}


@pytest.fixture
async def made(mock_org, body):
    return (await mock_org.client.post(FILTERS, json=body())).json()


async def test_create_and_get(mock_org, made, leads):
    """It comes back whole, and the same when it is read."""
    assert (
        made.items()
        >= {
            "name": "F",
            "version": 1,
            "sourceType": "ContactList",
            "filterType": "AND",
            "clauses": CLAUSES,
            "contactList": {"id": leads, "name": "Leads"},
            "selfUri": f"{FILTERS}/{made['id']}",
        }.items()
    )
    assert (await mock_org.client.get(made["selfUri"])).json() == made


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"name": ""}, 400, "name.cannot.be.blank"),
        ({"name": "x" * 65}, 400, "name.length.exceeded"),
        ({"name": "F"}, 400, "duplicate.name"),
        ({"contactList": None}, 400, "invalid.value"),
        ({"contactList": {"id": "none"}}, 404, "contact.list.not.found"),
        ({"sourceType": "ContactListTemplate"}, 400, "invalid.value"),
        ({"sourceType": "ContactListTemplate", "contactListTemplate": {"id": "none"}}, 404, "resource.not.found"),
        ({"sourceType": "Else"}, 400, "bad.request"),
        ({"filterType": "XOR"}, 400, "invalid.value"),
        ({"clauses": [{"predicates": [{"column": "Fax", "operator": "EQUALS"}]}]}, 400, "invalid.contact.columns"),
        ({"clauses": [{"predicates": [{"column": "Lead", "operator": "EQUALS"}]}]}, 400, "invalid.value"),
    ],
)
async def test_filters_that_are_refused(mock_org, made, body, more, status, code):
    """What no search could use is not stored."""
    reply = await mock_org.client.post(FILTERS, json=body(**{"name": "G", **more}))
    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_no_more_than_the_limit(mock_org, made, body):
    """An org has only so many."""
    mock_org.change(limits__filters_per_org=1)
    assert (await mock_org.client.post(FILTERS, json=body(name="G"))).json()["code"] == "max.entity.count.reached"


async def test_update_and_delete(mock_org, made, body):
    """The version has to be the current one; a deleted filter is gone."""
    assert (await mock_org.client.put(made["selfUri"], json=body(version=7))).status_code == 409
    changed = (await mock_org.client.put(made["selfUri"], json=body(version=1, name="G", filterType="OR"))).json()
    assert (changed["name"], changed["filterType"], changed["version"]) == ("G", "OR", 2)
    assert (await mock_org.client.delete(made["selfUri"])).status_code == 204
    assert (await mock_org.client.get(made["selfUri"])).json()["code"] == "resource.not.found"


@pytest.mark.parametrize(
    ("query", "count"), [({}, 2), ({"name": "F"}, 1), ({"contactListId": "none"}, 0), ({"pageSize": 1}, 1)]
)
async def test_listing(mock_org, made, body, query, count):
    """By name and by contact list, in pages."""
    await mock_org.client.post(FILTERS, json=body(name="G"))
    assert len((await mock_org.client.get(FILTERS, params=query)).json()["entities"]) == count


async def test_bulk_retrieve(mock_org, made):
    """Those that exist."""
    got = await mock_org.client.post(f"{FILTERS}/bulk/retrieve", json={"ids": [made["id"], "none"]})
    assert [each["id"] for each in got.json()["entities"]] == [made["id"]]


async def test_preview(mock_org, body):
    """How many pass of how many, and the first of them; nothing is stored, and no name is needed."""
    got = (await mock_org.client.post(f"{FILTERS}/preview", json=body(name=None))).json()
    assert (got["filteredContacts"], got["totalContacts"]) == (2, 4)
    assert [contact["id"] for contact in got["preview"]] == ["c1", "c3"]
    assert (await mock_org.client.get(FILTERS)).json()["total"] == 0


async def test_search_export_and_bulk_jobs_by_filter(mock_org, made, leads):
    """Wherever a filter can be named it means the same contacts."""
    uri, named = f"{LISTS}/{leads}", {"contactListFilterId": made["id"]}
    found = (await mock_org.client.post(f"{uri}/contacts/search", json=named)).json()
    assert ([each["id"] for each in found["entities"]], found["contactsCount"]) == (["c1", "c3"], 4)
    await mock_org.client.post(f"{uri}/export", json=named)
    signed = await mock_org.client.get((await mock_org.client.get(f"{uri}/export")).json()["uri"])
    file = await mock_org.client.get(signed.headers["Location"])
    assert [line.split(b'"')[1] for line in file.content.splitlines()[1:]] == [b"c1", b"c3"]
    await mock_org.client.post(f"{uri}/contacts/bulk/remove", json=named)
    assert [*mock_org.org.store.iter_ids(leads)] == ["c0", "c2"]


async def test_a_filter_on_a_list_without_its_columns(mock_org, made):
    """It is refused there."""
    columns = {"columnNames": ["Phone"], "phoneColumns": COLUMNS["phoneColumns"]}
    other = (await mock_org.client.post(LISTS, json={"name": "Other", **columns})).json()
    found = await mock_org.client.post(f"{other['selfUri']}/contacts/search", json={"contactListFilterId": made["id"]})
    assert (found.status_code, found.json()["code"]) == (400, "invalid.contact.columns")
