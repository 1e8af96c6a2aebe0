"""Uploads over HTTP, and how imports come along with time."""

import json
import random

import httpx
import msgspec
import pytest

from mockserver.jobs.import_progress import (
    completed_records,
    ends_at,
    failing,
    has_ended,
    import_status_at,
    next_step_at,
    stored_rows,
)
from mockserver.model import ContactList, ImportJob
from mockserver.services import services_of
from mockserver.state import Org
from mockserver.storage.durable_store import DurableStore

pytestmark = pytest.mark.anyio

LIST = "11111111-1111-4111-8111-111111111111"
CSV = "id,phone\n" + "".join(f"{n},+155501{n:02d}\n" for n in range(100))
FIELDS = {"id": LIST, "fileType": "contactlist", "contact-id-name": ""}


def job(**changes):
    fields = {"total_records": 200, "accepted": 100, "started_at": 1_000.0, "records_per_s": 10.0}
    return ImportJob(id="j", contact_list_id=LIST, **(fields | changes))


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        ({}, 999.9, {}),
        ({}, 1_000.0, {"state": "IN_PROGRESS", "totalRecords": 200, "completedRecords": 0, "percentComplete": 0}),
        ({}, 1_010.0, {"state": "IN_PROGRESS", "totalRecords": 200, "completedRecords": 100, "percentComplete": 50}),
        ({}, 1_019.75, {"state": "IN_PROGRESS", "totalRecords": 200, "completedRecords": 197, "percentComplete": 98}),
        ({}, 1_020.0, {"totalRecords": 200, "completedRecords": 200, "percentComplete": 100}),  # no state at all
        ({"records_per_s": 0.0}, 1_000.0, {"totalRecords": 200, "completedRecords": 200, "percentComplete": 100}),
        (
            {"total_records": 0, "accepted": 0},
            1_000.0,
            {"totalRecords": 0, "completedRecords": 0, "percentComplete": 100},
        ),
        (
            {"frozen_at": 60},
            9_999.0,
            {"state": "IN_PROGRESS", "totalRecords": 200, "completedRecords": 60, "percentComplete": 30},
        ),
        (
            {"failure_reason": "X", "completed_at_failure": 60},
            1_005.0,
            {"state": "IN_PROGRESS", "totalRecords": 200, "completedRecords": 50, "percentComplete": 25},
        ),
        (
            {"failure_reason": "X", "completed_at_failure": 60},
            1_006.0,
            {
                "state": "FAILED",
                "totalRecords": 200,
                "completedRecords": 60,
                "percentComplete": 30,
                "failureReason": "X",
            },
        ),
    ],
)
def test_status_at(changes, now, expected):
    """What the platform shows follows from the job and the moment alone."""
    assert msgspec.to_builtins(import_status_at(job(**changes), now)) == expected


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        ({}, 990.0, 1_000.0),  # the start
        ({}, 1_000.0, 1_000.2),  # 1 percent of 200 records at 10 a second
        ({}, 1_000.25, 1_000.4),
        ({}, 1_019.9, 1_020.0),  # the end
        ({}, 1_020.0, 1_020.0),  # it has passed, and is due until the job is settled
        ({}, 1_020.001, 1_020.0),
        ({"frozen_at": 61}, 1_006.0, 1_006.1),
        ({"frozen_at": 61}, 1_007.0, float("inf")),
        ({"failure_reason": "X", "completed_at_failure": 1}, 1_000.0, 1_000.1),
        ({"total_records": 7, "accepted": 7}, 1_000.0, 1_000.1),  # less than a percent each cannot be
        ({"failure_reason": "X", "completed_at_failure": 1}, 1_009.0, 1_000.1),
        ({"records_per_s": 0.0}, 1_000.0, 1_000.0),
        ({"polls": 3}, 1_000.0, float("inf")),
    ],
)
def test_the_next_step(changes, now, expected):
    """It is when another percent shows, and by then it does."""
    at = next_step_at(job(**changes), now)
    assert at == pytest.approx(expected)
    if 1_000.0 <= now < at < float("inf"):
        assert completed_records(job(**changes), at) > completed_records(job(**changes), now)


def test_small_imports_show_nothing():
    """Below the number of rows the profile names there are no counters, before or after the end; failures show."""
    assert [msgspec.to_builtins(import_status_at(job(), now, 201)) for now in (1_010.0, 1_020.0)] == [{}, {}]
    assert import_status_at(failing(job(), "X", 0), 1_010.0, 201).failure_reason == "X"


def test_stored_rows():
    """Rows come in proportion to the records that are through, and all of them by the end."""
    assert [stored_rows(job(), now) for now in (0.0, 1_000.0, 1_010.0, 1_020.0)] == [0, 0, 50, 100]
    assert (completed_records(job(), 1_010.0), ends_at(job())) == (100, 1_020.0)
    assert has_ended(job(), 1_020.0)


@pytest.fixture
def served(mock_org):
    """The org with one list, and imports of 10 records a second that start after 3 s."""
    mock_org.change(jobs__import_start_delay_s=3.0, jobs__import_rows_per_s=10.0)
    mock_org.org.store.create_list(
        ContactList(id=LIST, name="Leads", date_created="", date_modified="", column_names=("id", "phone"))
    )
    return mock_org


async def upload(served, content=CSV, fields=FIELDS, **changes):
    files = {"file": ("../../leads.csv", content, "text/csv")}
    return await served.client.post("/uploads/v2/contactlist", data=fields | changes, files=files)


async def status(served, list_id=LIST):
    return await served.client.get(f"/api/v2/outbound/contactlists/{list_id}/importstatus")


def spooled(served):
    return list(served.org.spool.iterdir())


async def test_an_import_from_start_to_end(served):
    """Rows appear as the status counts them, in the order of the file; nothing is left on the disk."""
    reply = await upload(served)
    assert (reply.status_code, reply.json()["uri"].endswith(f"{LIST}/importstatus")) == (200, True)
    seen = []
    for _ in range(4):
        shown = (await status(served)).json()
        seen.append((shown.get("state"), shown.get("percentComplete"), served.org.store.size(LIST)))
        served.clock.advance(6.5)
    assert seen == [(None, None, 0), ("IN_PROGRESS", 35, 35), (None, 100, 100), (None, 100, 100)]
    assert [json.loads(row)["id"] for row in served.org.store.snapshot(LIST).rows][:3] == ["0", "1", "2"]
    assert spooled(served) == []


async def test_status_of_a_list_without_import(served):
    """No import: nothing to show. No list: not found."""
    assert (await status(served)).json() == {}
    reply = await status(served, "22222222-2222-4222-8222-222222222222")
    assert (reply.status_code, reply.json()["code"]) == (404, "contact.list.not.found")


async def test_own_ids_update(served):
    """With contact-id-name the ids are the column's; a second import of them updates, and adds nothing."""
    for text in (CSV, "id,phone\n5,new\n5,newer\n"):
        await upload(served, text, **{"contact-id-name": "id"})
        served.clock.advance(60)
        shown = (await status(served)).json()
    assert (served.org.store.size(LIST), shown["totalRecords"]) == (100, 2)
    assert json.loads(served.org.store.existing(LIST, ["5"])["5"])["phone"] == "newer"


async def test_generated_ids_append(served):
    """Without contact-id-name the same file twice is every contact twice."""
    for _ in range(2):
        await upload(served)
        served.clock.advance(60)
        await status(served)
    assert len(set(served.org.store.iter_ids(LIST))) == 200


async def test_a_second_upload_waits_for_the_first(served):
    """Its rows come after those of the first; the status is that of the one that runs."""
    await upload(served, CSV)
    await upload(served, "id,phone\n" + "x,1\n" * 20)
    served.clock.advance(3 + 10.5)
    assert (await status(served)).json() == {
        "state": "IN_PROGRESS",
        "totalRecords": 20,
        "completedRecords": 5,
        "percentComplete": 25,
    }
    assert (served.org.store.size(LIST), served.services.imports.is_running(LIST)) == (105, True)
    served.clock.advance(1.5)
    assert (await status(served)).json()["percentComplete"] == 100
    assert not served.services.imports.is_running(LIST)


async def test_a_refused_file(served):
    """The upload itself is accepted; the import fails once it starts, and stores nothing."""
    assert (await upload(served, "id,number\n1,2\n")).status_code == 200
    assert (await status(served)).json() == {}
    served.clock.advance(3)
    shown = (await status(served)).json()
    assert (shown["state"], shown["failureReason"]) == ("FAILED", "COLUMNS_DO_NOT_EXIST_ON_LIST")
    assert served.org.store.size(LIST) == 0


async def test_skipped_records(served):
    """They count as records, are not stored, and can be looked up."""
    await upload(served, "id,phone\n1,2\n3\n4,5\n")
    served.clock.advance(4)
    assert (await status(served)).json()["completedRecords"] == 3
    assert served.org.store.size(LIST) == 2
    event = (await served.client.get("/api/v2/outbound/events")).json()["entities"][0]["eventMessage"]
    assert (event["code"], event["messageParams"]["first"]) == ("IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS", "3")


@pytest.mark.parametrize(("over_capacity", "stored"), [("reject", 50), ("partial", 70)])
@pytest.mark.parametrize("limit", ["contacts_per_list", "contacts_per_org"])
@pytest.mark.parametrize("contact_id_name", ["", "id"])
async def test_over_capacity(served, over_capacity, stored, limit, contact_id_name):
    """An import that does not fit fails; the profile says whether what fits is stored. Updates need no room."""
    served.change(**{f"limits__{limit}": 70, "semantics__over_capacity": over_capacity})
    served.org.store.add_contacts(LIST, [f"old-{n}" for n in range(50)], [b"{}"] * 50)
    await upload(served, **{"contact-id-name": contact_id_name})
    served.clock.advance(60)
    shown = (await status(served)).json()
    assert (shown["state"], shown["failureReason"]) == ("FAILED", "EXCEEDED_CONTACT_LIMIT")
    assert served.org.store.size(LIST) == stored


async def test_a_full_list_can_be_updated(served):
    """Own ids that exist fit into a list without room."""
    served.change(limits__contacts_per_list=100)
    for _ in range(2):
        await upload(served, **{"contact-id-name": "id"})
        served.clock.advance(60)
        assert (await status(served)).json()["percentComplete"] == 100


async def test_room_taken_while_loading(served):
    """Contacts that come by another way meanwhile leave less room than there was at the start."""
    served.change(limits__contacts_per_list=120)
    await upload(served)
    served.org.store.add_contacts(LIST, [f"other-{n}" for n in range(50)], [b"{}"] * 50)
    served.clock.advance(60)
    shown = (await status(served)).json()
    assert (shown["failureReason"], shown["completedRecords"]) == ("EXCEEDED_CONTACT_LIMIT", 70)
    assert served.org.store.size(LIST) == 120


async def test_dropping_an_import(served):
    """Rows still to come never come; the import has failed."""
    await upload(served)
    served.clock.advance(5)
    served.services.imports.advance_to_now()
    served.org.store.clear(LIST)
    served.services.imports.drop(LIST)
    served.clock.advance(60)
    shown = (await status(served)).json()
    assert (shown["state"], shown["failureReason"], served.org.store.size(LIST)) == ("FAILED", "INTERRUPTED", 0)


async def test_a_deleted_list_takes_its_import_along(served):
    """Settling goes on without it."""
    await upload(served)
    served.org.store.delete_list(LIST)
    served.clock.advance(60)
    served.services.imports.advance_to_now()
    assert not served.services.imports.is_running(LIST)
    assert msgspec.to_builtins(served.services.imports.status_of(LIST)) == {}


async def test_injected_failures(served):
    """A job can be made to fail half-way, to stop for ever, or to lose rows that its counters claim."""
    imports, store = served.services.imports, served.org.store
    await upload(served)
    imports.fail(LIST, "BROKEN", 63)
    served.clock.advance(60)
    assert (await status(served)).json()["failureReason"] == "BROKEN"
    assert store.size(LIST) == 63
    await upload(served)
    imports.lose_rows(LIST, 17)
    served.clock.advance(60)
    assert (await status(served)).json()["completedRecords"] == 100
    assert store.size(LIST) == 63 + 83
    await upload(served)
    imports.freeze(LIST, 40)
    served.clock.advance(3_600)
    assert (await status(served)).json()["percentComplete"] == 40
    assert imports.is_running(LIST)


@pytest.mark.parametrize(
    ("fields", "status_code", "code"),
    [
        (FIELDS | {"id": "22222222-2222-4222-8222-222222222222"}, 404, "contact.list.not.found"),
        (FIELDS | {"fileType": "faxlist"}, 400, "bad.request"),
        ({"id": LIST}, 400, "bad.request"),
        ({"fileType": "contactlist"}, 400, "bad.request"),
        (FIELDS | {"note": "x" * 70_000}, 400, "bad.request"),
        (FIELDS | {f"p{n}": "" for n in range(5)}, 400, "bad.request"),  # nine parts with the file
    ],
)
@pytest.mark.hardening("mock-18")
async def test_refused_forms(served, fields, status_code, code):
    """Fields are checked before anything is started, and the file does not stay."""
    reply = await upload(served, fields=fields)
    assert (reply.status_code, reply.json()["code"]) == (status_code, code)
    assert (spooled(served), served.services.imports.is_running(LIST)) == ([], False)


def form(*parts, closing="--XX--\r\n"):
    lines = (f"--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts)
    return ("".join(lines) + closing).encode()


FILE = ('name="file"; filename="a"', CSV)
ID, TYPE = ('name="id"', LIST), ('name="fileType"', "contactlist")


@pytest.mark.parametrize(
    ("body", "content_type", "status_code"),
    [
        (form(FILE, ID, TYPE), "multipart/form-data; boundary=XX", 200),  # the file first
        (form(ID, FILE, TYPE), 'multipart/form-data; boundary="XX"', 200),
        (form(FILE, ID, TYPE, closing=""), "multipart/form-data; boundary=XX", 400),
        (form(FILE, ID, TYPE), "multipart/form-data", 400),
        (form(FILE, FILE, ID, TYPE), "multipart/form-data; boundary=XX", 400),
        (form(FILE, ID, ID, TYPE), "multipart/form-data; boundary=XX", 400),
        (form(FILE, ('name="more"; filename="b"', ""), ID, TYPE), "multipart/form-data; boundary=XX", 400),
        (form(('name="file"', CSV), ID, TYPE), "multipart/form-data; boundary=XX", 400),  # no file, only its text
        (form(ID, TYPE), "multipart/form-data; boundary=XX", 400),
        (form(FILE, ('name="id"', LIST), TYPE), "text/csv", 415),
        (form(FILE, ('name="id"', "?"), TYPE).replace(b"?", b"\xff"), "multipart/form-data; boundary=XX", 400),
    ],
)
@pytest.mark.hardening("mock-18")
async def test_forms(served, body, content_type, status_code):
    """Parts in any order; anything that is not quite a form is refused and leaves no file behind."""
    headers = {"Content-Type": content_type}
    reply = await served.client.post("/uploads/v2/contactlist", content=body, headers=headers)
    assert reply.status_code == status_code
    assert spooled(served) == []


@pytest.mark.hardening("mock-27")
@pytest.mark.parametrize(
    "filename",
    [
        *('filename="../../../../outside"', 'filename="/tmp/outside"', 'filename="C:\\\\outside"', 'filename=""'),
        *('filename="%2e%2e%2foutside"', "filename*=UTF-8''..%2F..%2Foutside", 'filename="a\x00b\x1b[31m"'),
        f'filename="{"x" * 4_000}"',
    ],
)
async def test_names_of_files(served, tmp_path, filename):
    """Whatever the file is called, nothing is written but to the spool, and nothing stays there."""
    before = sorted(tmp_path.parent.rglob("*"))
    body = form((f'name="file"; {filename}', CSV), ID, TYPE)
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    assert (await served.client.post("/uploads/v2/contactlist", content=body, headers=headers)).status_code in (
        200,
        400,
    )
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.hardening("mock-17")
async def test_too_large(served, announced):
    """Bytes are counted as they come, whether or not their number was announced."""
    served.change(limits__upload_bytes=1_000)
    body = form(FILE, ID, TYPE)

    async def pieces():
        for at in range(0, len(body), 500):
            yield body[at : at + 500]

    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    content = body if announced else pieces()
    reply = await served.client.post("/uploads/v2/contactlist", content=content, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (413, "request.entity.too.large")
    assert spooled(served) == []


@pytest.mark.hardening("mock-18")
async def test_an_upload_that_breaks_off(served):
    """A client that goes away in the middle leaves no file and no import."""

    async def broken():
        yield form(FILE, closing="")
        raise ConnectionError

    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    with pytest.raises((ConnectionError, httpx.TransportError)):
        await served.client.post("/uploads/v2/contactlist", content=broken(), headers=headers)
    for _ in range(100):
        await status(served)  # time for the server to notice
        if not spooled(served):
            break
    assert spooled(served) == []
    assert not served.services.imports.is_running(LIST)


@pytest.mark.parametrize(
    ("settled_at", "percent", "reason"), [(60.0, 100, None), (8.0, 0, "INTERRUPTED")], ids=["ended", "loading"]
)
async def test_after_a_restart(served, tmp_path, settled_at, percent, reason):
    """An import that was over stays over; one that was loading has failed. Never complete and short."""
    store = restarted(served.org, tmp_path / "store").org.store
    store.create_list(served.org.store.contact_list(LIST))
    served.org.store = store
    served.services.reload()
    await upload(served)
    served.clock.advance(settled_at)
    served.services.imports.advance_to_now()
    store.close()
    again = restarted(served.org, tmp_path / "store")
    shown = again.imports.status_of(LIST)
    assert (shown.percent_complete, shown.failure_reason or None) == (percent, reason)
    assert again.org.store.size(LIST) == (100 if reason is None else 50)
    again.org.store.close()


def restarted(org, path):
    store = DurableStore(path)
    return services_of(Org(store=store, clock=org.clock, rng=random.Random(1), profile=org.profile, spool=org.spool))
