"""Files that become lists through an import template, over HTTP."""

import json
import random

import httpx
import pytest

from mockserver.model import ContactList
from mockserver.services import services_of
from mockserver.state import Org
from mockserver.storage.durable_store import DurableStore

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlisttemplates"
IMPORTS = "/api/v2/outbound/importtemplates"
COLUMNS = {
    "name": "Leads",
    "columnNames": ["id", "phone"],
    "phoneColumns": [{"columnName": "phone", "type": "cell"}],
}
CSV = "id,phone\n" + "".join(f"{n},+155501{n:02d}\n" for n in range(50))


@pytest.fixture
async def served(mock_org):
    """An org whose imports of 10 records a second start after 3 s."""
    mock_org.change(jobs__import_start_delay_s=3.0, jobs__import_rows_per_s=10.0)
    return mock_org


async def template(served, criteria="Quantity", value="20", **changes):
    """The id of an import template."""
    columns = (await served.client.post(LISTS, json=COLUMNS)).json()["id"]
    body = {
        "name": "Monthly",
        "contactListTemplate": {"id": columns},
        "useSplittingCriteria": True,
        "splittingInformation": {"criteria": criteria, "criteriaValue": value},
        "listNameFormat": "ListNamePrefixPart",
    }
    return (await served.client.post(IMPORTS, json=body | changes)).json()["id"]


async def upload(served, template_id, content=CSV, **fields):
    fields = {"fileType": "contactlist", "importTemplateId": template_id, "listNamePrefix": "May"} | fields
    return await served.client.post("/uploads/v2/contactlist", data=fields, files={"file": ("a.csv", content)})


async def status(served, template_id, query=""):
    return (await served.client.get(f"{IMPORTS}/{template_id}/importstatus?{query}")).json()


def sizes(served):
    return {each.name: served.org.store.size(each.id) for each in served.org.store.contact_lists()}


async def test_an_import_from_start_to_end(served):
    """The lists are made when it starts and filled one after the other; the status counts the whole file."""
    template_id = await template(served)
    reply = await upload(served, template_id, **{"contact-id-name": "id"})
    assert (reply.status_code, reply.json()["uri"]) == (200, f"{IMPORTS}/{template_id}/importstatus")
    seen = []
    for wait in (3.0, 2.5, 2.5, 0.0):
        shown = await status(served, template_id)
        seen.append((shown.get("state"), shown.get("percentComplete"), list(sizes(served).values())))
        served.clock.advance(wait)
    assert seen == [
        (None, None, []),
        ("IN_PROGRESS", 0, [0, 0, 0]),
        ("IN_PROGRESS", 50, [20, 5, 0]),
        (None, 100, [20, 20, 10]),
    ]
    assert list(sizes(served)) == ["May Part 1", "May Part 2", "May Part 3"]


async def test_the_lists_that_were_made(served):
    """The status names them; they look like the contact list template, in the division asked for."""
    served.change(semantics__unknown_divisions="accept")
    template_id = await template(served)
    await upload(served, template_id, divisionIdForTargetContactLists="d-1", **{"contact-id-name": "id"})
    served.clock.advance(60)
    shown = await status(served, template_id)
    made = served.org.store.contact_lists()
    assert shown["targetContactListIds"] == [each.id for each in made]
    assert (shown["listNamePrefix"], shown["totalRecords"], shown["completedRecords"]) == ("May", 50, 50)
    assert {(each.column_names, each.division.id, each.version) for each in made} == {(("id", "phone"), "d-1", 1)}
    first = json.loads(served.org.store.existing(made[0].id, ["0"])["0"])
    assert first == {"id": "0", "phone": "+15550100"}


async def test_each_prefix_has_a_status(served):
    """Without a prefix the newest is shown, in the template too if asked for."""
    template_id = await template(served)
    assert await status(served, template_id) == {}
    for prefix, records in (("May", 50), ("June", 1)):
        await upload(served, template_id, CSV[: CSV.index("\n1,") + 1] if records == 1 else CSV, listNamePrefix=prefix)
        served.clock.advance(60)
    assert (await status(served, template_id, "listNamePrefix=May"))["totalRecords"] == 50
    assert (await status(served, template_id))["totalRecords"] == 1
    shown = (await served.client.get(f"{IMPORTS}/{template_id}?includeImportStatus=true")).json()
    assert shown["importStatus"]["listNamePrefix"] == "June"


async def test_without_splitting(served):
    """One list, called as the prefix says; skipped records count and are told in an event."""
    template_id = await template(served, useSplittingCriteria=False, listNameFormat="ListNamePrefix")
    await upload(served, template_id, CSV + "1\n")
    served.clock.advance(60)
    assert (await status(served, template_id))["totalRecords"] == 51
    assert sizes(served) == {"May": 50}
    event = (await served.client.get("/api/v2/outbound/events")).json()["entities"][0]
    assert event["eventMessage"]["code"] == "IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS"
    assert event["errorEntity"]["id"] == template_id


@pytest.mark.parametrize(
    ("settings", "fields", "content", "reason"),
    [
        ({}, {"listNamePrefix": "x" * 60}, CSV, "IMPORT_CONTACT_LIST_NAME_LENGTH_EXCEEDED"),
        ({}, {"listNamePrefix": "Taken"}, CSV, "IMPORT_TARGET_CONTACT_LIST_NAME_EXISTS"),
        ({}, {}, "id\n1\n", "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"),
        ({"limits__columns_per_list": 1}, {}, CSV, "CONTACT_COLUMNS_LIMIT_EXCEEDED"),
        ({}, {}, "id,phone\n", "IMPORT_NO_LISTS_CREATED_NO_CONTACTS_MATCH_FILTER"),
        ({"limits__contacts_per_list": 19}, {}, CSV, "EXCEEDED_CONTACT_LIMIT"),
        ({"limits__contacts_per_org": 49}, {}, CSV, "EXCEEDED_CONTACT_LIMIT"),
        ({"limits__lists_per_org": 3}, {}, CSV, "IMPORT_TOO_MANY_TARGET_LISTS"),
        ({"limits__target_lists_per_import": 2}, {}, CSV, "IMPORT_TOO_MANY_TARGET_LISTS"),
    ],
)
async def test_imports_that_fail(served, settings, fields, content, reason):
    """The status says why, an event too, and no list is left behind."""
    served.org.store.create_list(ContactList(id="t", name="Taken Part 3", date_created="", date_modified=""))
    template_id = await template(served)
    served.change(**settings)
    await upload(served, template_id, content, **fields)
    served.clock.advance(60)
    shown = await status(served, template_id)
    assert (shown["state"], shown["failureReason"]) == ("FAILED", reason.removeprefix("IMPORT_"))
    assert sizes(served) == {"Taken Part 3": 0}
    events = (await served.client.get("/api/v2/outbound/events")).json()["entities"]
    assert [event["eventMessage"]["code"] for event in events] == [reason]


async def test_a_list_that_fails_fails_the_import(served):
    """A profile that loads what fits: the second list is full half-way."""
    served.change(semantics__over_capacity="partial", limits__contacts_per_org=30)
    template_id = await template(served)
    await upload(served, template_id)
    served.clock.advance(60)
    shown = await status(served, template_id)
    assert (shown["state"], shown["failureReason"]) == ("FAILED", "EXCEEDED_CONTACT_LIMIT")
    assert sum(sizes(served).values()) == 30


async def test_splitting_by_filters(served):
    """Filters of the contact list template; without the waterfall rule a row is a contact in each list it fits."""
    columns = (await served.client.post(LISTS, json=COLUMNS | {"name": "F"})).json()["id"]
    filters = []
    for name, value in (("Zeros", "0"), ("Ones", "1")):
        clause = {"predicates": [{"column": "id", "operator": "CONTAINS", "value": value}]}
        made = await served.client.post(
            "/api/v2/outbound/contactlistfilters",
            json={
                "name": name,
                "sourceType": "ContactListTemplate",
                "contactListTemplate": {"id": columns},
                "clauses": [clause],
            },
        )
        filters.append(made.json()["id"])
    template_id = await template(
        served, "Custom", ",".join(filters), listNameFormat="Custom", customListNameFormatValue="%N %F"
    )
    await upload(served, template_id)
    served.clock.advance(60)
    assert "failureReason" not in await status(served, template_id)
    assert sizes(served) == {"May Zeros": 5, "May Ones": 14}
    ids = [id_ for each in served.org.store.contact_lists() for id_ in served.org.store.snapshot(each.id).ids]
    assert len({*ids}) == 19  # "10" is in both, under two ids


async def test_through_a_signed_address(served):
    """The JSON route knows templates as well."""
    template_id = await template(served)
    body = {"contentType": "text/csv", "importTemplateId": template_id, "listNamePrefix": "May"}
    issued = (await served.client.post("/api/v2/outbound/contactlists/uploads", json=body)).json()
    async with httpx.AsyncClient() as client:
        assert (await client.put(issued["url"], headers=issued["headers"], content=CSV)).status_code == 200
    served.clock.advance(60)
    assert (await status(served, template_id))["percentComplete"] == 100
    assert list(sizes(served).values()) == [20, 20, 10]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"listNamePrefix": ""}, "bad.request"),
        ({"id": "11111111-1111-4111-8111-111111111111"}, "bad.request"),
        ({"importTemplateId": "none"}, "resource.not.found"),
    ],
)
async def test_uploads_that_are_refused(served, fields, code):
    template_id = await template(served)
    assert (await upload(served, template_id, **fields)).json()["code"] == code


async def test_a_template_that_is_importing_stays(served):
    """It can be deleted once the import is over."""
    template_id = await template(served)
    await upload(served, template_id)
    refused = await served.client.delete(f"{IMPORTS}/{template_id}")
    served.clock.advance(60)
    assert refused.json()["code"] == "contact.list.import.in.progress"
    assert (await served.client.delete(f"{IMPORTS}/{template_id}")).status_code == 204


@pytest.mark.parametrize(("after_s", "reason"), [(60.0, None), (5.0, "INTERRUPTED")], ids=["ended", "loading"])
async def test_after_a_restart(served, tmp_path, after_s, reason):
    """An import that was over stays over; one that was loading has failed."""
    store = restarted(served.org, tmp_path / "store").org.store
    served.org.store = store
    served.services.reload()
    template_id = await template(served)
    await upload(served, template_id)
    served.clock.advance(after_s)
    served.services.advance_to_now()
    store.close()
    again = restarted(served.org, tmp_path / "store")
    shown = again.template_imports.status_of(template_id)
    assert ((shown.failure_reason or None), len(shown.target_contact_list_ids)) == (reason, 3)
    again.org.store.close()


def restarted(org, path):
    store = DurableStore(path)
    return services_of(Org(store=store, clock=org.clock, rng=random.Random(1), profile=org.profile, spool=org.spool))


async def test_progress_by_polls(served):
    """A profile may let imports move on with each question for their status."""
    served.change(jobs__progress="polls", jobs__polls=2)
    template_id = await template(served)
    await upload(served, template_id)
    seen = [(await status(served, template_id)).get("percentComplete") for _ in range(3)]
    assert (seen[-1], sum(sizes(served).values())) == (100, 50)
