"""Contact lists as divisions see them, the preview of time zones, changes to many lists, and pages past the end."""

import pytest

from mockserver.model import ContactColumn, ContactList

pytestmark = pytest.mark.anyio

PATH = "/api/v2/outbound/contactlists"


@pytest.fixture
def served(mock_org):
    for name in ("b", "a", "c"):
        mock_org.org.store.create_list(
            ContactList(
                id=name,
                name=f"List {name}",
                date_created="2026-01-01T00:00:00.000Z",
                date_modified="2026-01-01T00:00:00.000Z",
                division=mock_org.org.home_division,
                column_names=("id", "phone"),
                phone_columns=(ContactColumn(column_name="phone", type="cell"),),
            )
        )
    mock_org.org.store.add_contacts("a", ["1"], [b"{}"])
    return mock_org


async def test_division_views(served):
    """Fewer fields than a list has, and uris of their own; size and import status if asked for."""
    shown = (await served.client.get(f"{PATH}/divisionviews?pageSize=1&includeSize=true")).json()
    (view,) = shown["entities"]
    assert view.keys() == {
        *("id", "name", "division", "columnNames", "phoneColumns", "emailColumns", "whatsAppColumns", "size"),
        "selfUri",
    }
    assert (view["selfUri"], view["size"], shown["total"]) == (f"{PATH}/divisionviews/a", 1, 3)
    assert shown["nextUri"].startswith(f"{PATH}/divisionviews?")


async def test_a_division_view(served):
    """One of them, by the same uri."""
    view = (await served.client.get(f"{PATH}/divisionviews/a?includeImportStatus=true")).json()
    assert (view["name"], view["importStatus"], "size" in view) == ("List a", {}, False)
    assert (await served.client.get(f"{PATH}/divisionviews/x")).json()["code"] == "contact.list.not.found"


async def test_time_zones(served):
    """Nothing is mapped here: all contacts wait for the default window."""
    shown = (await served.client.get(f"{PATH}/a/timezonemappingpreview")).json()
    assert (shown["contactsInDefaultWindow"], shown["contactListSize"], shown["contactsPerTimeZone"]) == (1, 1, {})
    assert (await served.client.get(f"{PATH}/x/timezonemappingpreview")).status_code == 404


async def bulk(served, ids, **change):
    body = {"contactListIds": ids, "contactList": change}
    return await served.client.post(f"{PATH}/bulk/update", json=body)


async def test_bulk_update(served):
    """Each list has a result; one that is not there leaves the others alone, other fields are not changed."""
    reply = await bulk(served, ["a", "x", "b"], retentionType="RetentionDays", retentionDays=3, name="Mine")
    shown = reply.json()
    assert (shown["errorCount"], shown["errorIndexes"]) == (1, [1])
    assert [result["success"] for result in shown["results"]] == [True, False, True]
    assert (shown["results"][1]["error"]["code"], shown["results"][1]["status"]) == ("resource.not.found", 404)
    changed = served.org.store.contact_list("a")
    assert (changed.retention_days, changed.name, changed.version) == (3, "List a", 2)


async def test_a_bulk_update_may_clear_a_field(served):
    await bulk(served, ["a"], timeZone="Europe/Paris")
    await bulk(served, ["a"], timeZone=None, retentionType="Never")
    assert served.org.store.contact_list("a").time_zone is None


@pytest.mark.parametrize(
    ("ids", "change", "code"),
    [
        ([], {"timeZone": "UTC"}, "bad.request"),
        (["a"], {"name": "Mine"}, "bad.request"),
        (["a"], {"retentionDays": "3"}, "bad.request"),
        ([str(n) for n in range(101)], {"timeZone": "UTC"}, "too.many.bulk.updates"),
    ],
)
async def test_bulk_updates_that_are_refused(served, ids, change, code):
    assert (await bulk(served, ids, **change)).json()["code"] == code


async def test_a_bulk_update_obeys_the_rules_of_lists(served):
    """A refused change is told in its result."""
    shown = (await bulk(served, ["a"], retentionType="Sometimes")).json()
    assert shown["results"][0]["error"]["code"] == "invalid.value"
    assert served.org.store.contact_list("a").version == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [("pageNumber=2", 404), ("pageNumber=2&allowEmptyResult=true", 200), ("pageNumber=1&name=none", 200)],
)
async def test_pages_past_the_end(served, query, status):
    """A profile may want an empty page to be asked for; a first page is always given."""
    assert (await served.client.get(f"{PATH}?{query}")).status_code == 200
    served.change(semantics__page_past_the_end="not_found")
    assert (await served.client.get(f"{PATH}?{query}")).status_code == status


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=endswith:b", ["List b"]),
        ("name=greaterthan:List a&name=lessthan:List c", ["List b"]),
        ("name=regex:L.*[ab]", None),
    ],
)
async def test_inline_filter_types_of_names(served, query, names):
    """They go before `filterType`; patterns stay simple."""
    reply = (await served.client.get(f"{PATH}?{query}&filterType=Equals")).json()
    assert [each["name"] for each in reply["entities"]] == names if names else reply["code"] == "invalid.value"
