"""The event log over HTTP."""

import pytest

from mockserver.imports.csv_rows import Report
from mockserver.imports.events import Events
from mockserver.model import ContactList, ImportJob, Reference

pytestmark = pytest.mark.anyio

LIST = "11111111-1111-4111-8111-111111111111"
PATH = "/api/v2/outbound/events"


@pytest.fixture
async def served(mock_org):
    """An org that has imported one file with three bad records, and refused another."""
    mock_org.org.store.create_list(
        ContactList(id=LIST, name="Leads", date_created="", date_modified="", column_names=("id", "phone"))
    )
    for text in ("id,phone\n1,a\n2\n3\n4," + "x" * 600 + "\n", "lead,phone\n1,2\n"):
        await mock_org.client.post(
            "/uploads/v2/contactlist",
            data={"id": LIST, "fileType": "contactlist"},
            files={"file": ("leads.csv", text, "text/csv")},
        )
        mock_org.clock.advance(10)
        mock_org.services.advance_to_now()
    return mock_org


async def listed(served, query=""):
    reply = await served.client.get(f"{PATH}?{query}")
    assert reply.status_code == 200
    return [each["eventMessage"]["code"] for each in reply.json()["entities"]]


async def test_an_entry_a_kind_of_skipped_record_and_one_a_failure(served):
    """In the order of time, with how many there were and which was the first."""
    entities = (await served.client.get(PATH)).json()["entities"]
    assert [(each["level"], each["eventMessage"]["code"]) for each in entities] == [
        ("WARNING", "IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS"),
        ("WARNING", "IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT"),
        ("ERROR", "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"),
    ]
    assert entities[0]["eventMessage"]["messageParams"] == {"count": "2", "records": "4", "first": "3"}
    assert (entities[0]["errorEntity"]["name"], entities[0]["category"]) == ("Leads", "IMPORT_ERROR")


async def test_one_entry(served):
    """By the uri that the listing gives; the same object."""
    first = (await served.client.get(PATH)).json()["entities"][0]
    assert (await served.client.get(first["selfUri"])).json() == first
    assert (await served.client.get(f"{PATH}/none")).json()["code"] == "resource.not.found"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("level=ERROR", ["IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"]),
        ("category=DNC_LIST", []),
        ("category=IMPORT&filterType=Prefix&level=ERROR", ["IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"]),
        ("sortOrder=descending&pageSize=1", ["IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"]),
        ("pageSize=1&pageNumber=2", ["IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT"]),
    ],
)
async def test_listing(served, query, expected):
    assert await listed(served, query) == expected


@pytest.mark.parametrize("query", ["level=LOUD", "category=NONE", "filterType=Near", "sortBy=colour"])
async def test_listings_that_are_refused(served, query):
    assert (await served.client.get(f"{PATH}?{query}")).json()["code"] == "invalid.value"


async def test_the_oldest_entries_go(served):
    """The log keeps a number of entries; a reset empties it."""
    events = Events(served.org, kept=3)
    events.import_refused("x", "RESOURCE_NOT_FOUND")
    assert (await listed(served))[0] == "IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT"
    events.record_end(Reference(id="x"), *no_complaint())
    assert len(await listed(served)) == 3
    served.services.reset()
    assert served.org.store.documents("event") == {}


def no_complaint():
    job = ImportJob(id="j", contact_list_id="x", total_records=1, accepted=1, started_at=0.0, records_per_s=0.0)
    return job, Report(records=1)
