"""Contact list templates and import templates over HTTP: kept, changed, deleted."""

import pytest

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlisttemplates"
IMPORTS = "/api/v2/outbound/importtemplates"
COLUMNS = {
    "name": "Leads",
    "columnNames": ["id", "phone"],
    "phoneColumns": [{"columnName": "phone", "type": "cell"}],
}


@pytest.fixture
async def columns(mock_org):
    """The id of a contact list template."""
    return (await mock_org.client.post(LISTS, json=COLUMNS)).json()["id"]


@pytest.fixture
def monthly(columns):
    """The body of an import template."""
    return {
        "name": "Monthly",
        "contactListTemplate": {"id": columns},
        "useSplittingCriteria": True,
        "splittingInformation": {"criteria": "Quantity", "criteriaValue": "2"},
        "listNameFormat": "ListNamePrefixPart",
    }


async def codes(replies):
    return [(reply.status_code, reply.json()["code"]) for reply in replies]


async def test_a_contact_list_template(mock_org, columns):
    """It looks like a list without division, and is shown as it was made."""
    shown = (await mock_org.client.get(f"{LISTS}/{columns}")).json()
    assert (shown["name"], shown["version"], shown["selfUri"]) == ("Leads", 1, f"{LISTS}/{columns}")
    assert (shown["columnNames"], "division" in shown) == (["id", "phone"], False)


async def test_an_import_template(mock_org, monthly):
    """What was sent comes back, with the name of the contact list template."""
    shown = (await mock_org.client.post(IMPORTS, json=monthly)).json()
    assert (shown["name"], shown["version"], shown["useSplittingCriteria"]) == ("Monthly", 1, True)
    assert shown["contactListTemplate"]["name"] == "Leads"
    assert shown["splittingInformation"]["criteriaValue"] == "2"
    assert (await mock_org.client.get(shown["selfUri"])).json() == shown


async def test_updates(mock_org, columns, monthly):
    """With the current version; it rises, and the rest is replaced."""
    made = (await mock_org.client.post(IMPORTS, json=monthly)).json()
    new = await mock_org.client.put(made["selfUri"], json=monthly | {"name": "Weekly", "version": 1})
    stale = await mock_org.client.put(made["selfUri"], json=monthly | {"version": 1})
    assert (new.json()["version"], new.json()["name"], new.json()["id"]) == (2, "Weekly", made["id"])
    assert await codes([stale]) == [(409, "invalid.update.wrong.version")]
    more = COLUMNS | {"columnNames": ["id", "phone", "city"], "version": 1}
    assert (await mock_org.client.put(f"{LISTS}/{columns}", json=more)).json()["columnNames"][2] == "city"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "name.cannot.be.blank"),
        ({"name": "x" * 65}, "name.length.exceeded"),
        ({"contactListTemplate": None}, "bad.request"),
        ({"contactListTemplate": {"id": "none"}}, "contact.list.template.not.found"),
        ({"contactListFilter": {"id": "none"}}, "contact.list.filter.not.found"),
        ({"splittingInformation": None}, "bad.request"),
        ({"splittingInformation": {"criteria": "Luck", "criteriaValue": "1"}}, "invalid.value"),
        ({"splittingInformation": {"criteria": "Quantity", "criteriaValue": "0"}}, "invalid.value"),
        ({"splittingInformation": {"criteria": "Percentage", "criteriaValue": "101"}}, "invalid.value"),
        ({"splittingInformation": {"criteria": "Column", "criteriaValue": "city"}}, "invalid.value"),
        ({"splittingInformation": {"criteria": "Custom", "criteriaValue": " , "}}, "invalid.value"),
        ({"splittingInformation": {"criteria": "Custom", "criteriaValue": "none"}}, "contact.list.filter.not.found"),
        ({"listNameFormat": "Any"}, "invalid.value"),
        ({"listNameFormat": "Custom", "customListNameFormatValue": "%P"}, "invalid.value"),
        ({"version": "1"}, "bad.request"),
    ],
)
async def test_import_templates_that_are_refused(mock_org, monthly, change, code):
    assert await codes([await mock_org.client.post(IMPORTS, json=monthly | change)]) == [(400, code)]


async def test_names_are_taken_once(mock_org, columns, monthly):
    """A kind, each."""
    await mock_org.client.post(IMPORTS, json=monthly)
    again = [await mock_org.client.post(LISTS, json=COLUMNS), await mock_org.client.post(IMPORTS, json=monthly)]
    assert await codes(again) == [(400, "duplicate.name")] * 2


async def test_contact_list_templates_obey_the_rules_of_lists(mock_org):
    reply = await mock_org.client.post(LISTS, json=COLUMNS | {"phoneColumns": []})
    assert await codes([reply]) == [(400, "contact.list.both.phone.email.column.empty")]


async def test_listing(mock_org, columns):
    """By name, sorted, in pages; bulk/add adds several at once, or none."""
    names = ["C", "A", "B"]
    added = await mock_org.client.post(f"{LISTS}/bulk/add", json=[COLUMNS | {"name": name} for name in names])
    assert [each["name"] for each in added.json()["entities"]] == names
    page = (await mock_org.client.get(f"{LISTS}?pageSize=2&sortOrder=descending")).json()
    assert ([each["name"] for each in page["entities"]], page["total"]) == (["Leads", "C"], 4)
    refused = await mock_org.client.post(f"{LISTS}/bulk/add", json=[COLUMNS | {"name": "D"}, COLUMNS])
    assert (await codes([refused]), len(mock_org.services.list_templates.all())) == ([(400, "duplicate.name")], 4)


async def test_narrowed_listings(mock_org, columns, monthly):
    """By time zone, by contact list template, and by ids in a body."""
    await mock_org.client.post(LISTS, json=COLUMNS | {"name": "Paris", "timeZone": "Europe/Paris"})
    await mock_org.client.post(IMPORTS, json=monthly)
    found = [
        (await mock_org.client.get(f"{LISTS}?timeZone=Europe/Paris")).json(),
        (await mock_org.client.get(f"{IMPORTS}?contactListTemplateId={columns}")).json(),
        (await mock_org.client.get(f"{IMPORTS}?contactListTemplateId=none")).json(),
        (await mock_org.client.post(f"{LISTS}/bulk/retrieve", json={"ids": [columns, "none"]})).json(),
    ]
    assert [[each["name"] for each in page["entities"]] for page in found] == [["Paris"], ["Monthly"], [], ["Leads"]]


async def test_deleting(mock_org, columns, monthly):
    """204, one or many; a contact list template that is used stays."""
    made = (await mock_org.client.post(IMPORTS, json=monthly)).json()
    used = [await mock_org.client.delete(f"{LISTS}/{columns}"), await mock_org.client.delete(f"{LISTS}?id={columns}")]
    assert await codes(used) == [(400, "referential.integrity.error")] * 2
    assert (await mock_org.client.delete(f"{IMPORTS}?id={made['id']},none")).status_code == 204
    assert (await mock_org.client.delete(f"{LISTS}/{columns}")).status_code == 204
    assert await codes([await mock_org.client.get(f"{LISTS}/{columns}")]) == [(404, "resource.not.found")]


async def test_a_full_org(mock_org, columns, monthly):
    """As many of each kind as the profile says."""
    mock_org.change(limits__templates_per_org=1)
    replies = [await mock_org.client.post(LISTS, json=COLUMNS | {"name": "B"})]
    await mock_org.client.post(IMPORTS, json=monthly)
    replies.append(await mock_org.client.post(IMPORTS, json=monthly | {"name": "B"}))
    assert await codes(replies) == [(400, "max.entity.count.reached")] * 2
