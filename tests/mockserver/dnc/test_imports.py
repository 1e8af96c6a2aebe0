"""Files into DNC lists, by form and by signed address; and back out by export."""

import csv
import io

import pytest

from mockserver.dnc.csv_rows import Columns, DncFileRules, read_entries
from mockserver.dnc.imports import HEADER, lines
from mockserver.imports.csv_rows import RefusedFileError, Report

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/dnclists"
PHONES = [f"+155501{n:02d}" for n in range(100)]
NOW = 1_767_225_600.0  # 2026-01-01T00:00Z
MINUTE = int(NOW // 60)


async def dnc_list(mock_org, **fields):
    body = {"name": "List", "dncSourceType": "rds", "contactMethod": "Any"} | fields
    return (await mock_org.client.post(LISTS, json=body)).json()


async def leads_list(mock_org):
    return await dnc_list(mock_org, dncSourceType="rds_custom", customExclusionColumn="Lead ID")


async def upload(mock_org, content, **fields):
    files = {"file": ("../dnc.csv", content, "text/csv")}
    return await mock_org.client.post("/uploads/v2/contactlist", data={"fileType": "dnclist"} | fields, files=files)


async def status(mock_org, at):
    return (await mock_org.client.get(f"{at['selfUri']}/importstatus")).json()


async def size(mock_org, at):
    return (await mock_org.client.get(at["selfUri"], params={"includeSize": "true"})).json()["size"]


async def exported(mock_org, at):
    """The rows of the list's export, without the header."""
    await mock_org.client.post(f"{at['selfUri']}/export")
    answer = (await mock_org.client.get(f"{at['selfUri']}/export")).json()
    reply = await mock_org.client.get(answer["uri"], follow_redirects=True)
    return list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))[1:]


def read(tmp_path, profile, text, *entries, expiration=""):
    """What a file holds: entries by kind, and the report."""
    file, report, found = tmp_path / "file", Report(), {}
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    rules = DncFileRules(
        columns=Columns(entries, expiration), limits=profile.limits, semantics=profile.semantics, now=NOW
    )
    for _ in read_entries(file, rules, report, found):
        pass
    return {kind: (each.values, each.expires) for kind, each in found.items()}, report


def test_a_file_of_several_kinds(tmp_path, profile_with):
    """Columns are found by name, entries are kept by kind; an empty cell is none."""
    text = "\ufeffn,mail,p1,p2,until\r\n1,a@example.com,+1 555 0100,+15550101,2026-01-01T00:10Z\r\n2,,15550102,,\r\n"
    columns = [("phone", "p1"), ("phone", "p2"), ("email", "mail")]
    found, report = read(tmp_path, profile_with(), text, *columns, expiration="until")
    assert found == {
        "phone": (["+15550100", "+15550101", "15550102"], [MINUTE + 10, MINUTE + 10, 0]),
        "email": (["a@example.com"], [MINUTE + 10]),
    }
    assert (report.records, report.events) == (2, [])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("nobody,,", "IMPORT_INVALID_PHONE_NUMBERS"),
        (",nobody,", "IMPORT_INVALID_EMAIL_ADDRESSES"),
        (",,", "IMPORT_INVALID_DATA"),
        ("+15550100,", "IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS"),
        ("+15550100,,tomorrow", "IMPORT_INVALID_EXPIRATION_DATE"),
        ("+15550100,,2025-12-31T00:00Z", "IMPORT_INVALID_EXPIRATION_DATE"),
        ("+15550100,,2026-01-09T00:00Z", "IMPORT_EXPIRATION_DATE_EXCEEDS_MAX_DAYS"),
        ('"+15550100"0,,', "IMPORT_COULD_NOT_PARSE_AN_ENTRY"),
    ],
)
def test_records_that_are_skipped(tmp_path, profile_with, line, code):
    """The others come in; with `invalid_rows = "fail"` the file is refused instead."""
    text = f"phone,mail,until\n+15550199,,\n{line}\n"
    columns = {"expiration": "until"}
    kinds = [("phone", "phone"), ("email", "mail")]
    limits = {"limits__dnc_expiration_days": 7}
    found, report = read(tmp_path, profile_with(**limits), text, *kinds, **columns)
    assert found == {"phone": (["+15550199"], [0])}
    assert [(event.record, event.code) for event in report.events] == [(3, code)]
    with pytest.raises(RefusedFileError, match=code):
        read(tmp_path, profile_with(semantics__invalid_rows="fail", **limits), text, *kinds, **columns)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "IMPORT_FAILED_TO_READ_HEADERS"),
        (b"\xff\xfephone\n", "IMPORT_FAILED_TO_READ_HEADERS"),
        ("phone,phone\n1,2\n", "IMPORT_FAILED_TO_READ_HEADERS"),
        (",\n", "IMPORT_FAILED_TO_READ_HEADERS"),
        ("other\n1\n", "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"),
        (",".join(["phone", *map(str, range(50))]), "IMPORT_TOO_MANY_COLUMNS"),
    ],
)
def test_files_that_are_refused(tmp_path, profile_with, text, code):
    """Whatever is wrong with the header refuses the file."""
    with pytest.raises(RefusedFileError, match=code):
        read(tmp_path, profile_with(), text, ("phone", "phone"))


async def test_an_import_from_start_to_end(mock_org):
    """Entries appear as the status counts them; a finished import has no state, only 100 percent."""
    mock_org.change(jobs__import_start_delay_s=3.0, jobs__import_rows_per_s=10.0)
    at = await dnc_list(mock_org)
    reply = await upload(mock_org, "phone\n" + "\n".join(PHONES) + "\n", id=at["id"], phoneColumns="phone")
    assert (reply.status_code, reply.json()["uri"]) == (200, f"{at['selfUri']}/importstatus")
    seen = []
    for _ in range(3):
        shown = await status(mock_org, at)
        seen.append((shown.get("state"), shown.get("percentComplete"), await size(mock_org, at)))
        mock_org.clock.advance(8)
    assert seen == [(None, None, 0), ("IN_PROGRESS", 50, 50), (None, 100, 100)]
    full = (await mock_org.client.get(at["selfUri"], params={"includeImportStatus": "true"})).json()
    assert full["importStatus"] == await status(mock_org, at)


async def test_progress_by_polls(mock_org):
    """An import may follow the questions about it instead of the time."""
    mock_org.change(jobs__progress="polls", jobs__polls=2)
    at = await dnc_list(mock_org)
    await upload(mock_org, "phone\n" + "\n".join(PHONES), id=at["id"], phoneColumns="phone")
    sizes = [await size(mock_org, at)]
    for _ in range(2):
        await status(mock_org, at)
        sizes.append(await size(mock_org, at))
    assert sizes == [0, 50, 100]


async def test_a_second_upload_waits_for_the_first(mock_org):
    """Both come in, one after the other."""
    mock_org.change(jobs__import_rows_per_s=10.0)
    at = await dnc_list(mock_org)
    for part in (PHONES[:50], PHONES[50:]):
        await upload(mock_org, "phone\n" + "\n".join(part), id=at["id"], phoneColumns="phone")
    sizes = []
    for _ in range(3):
        sizes.append(await size(mock_org, at))
        mock_org.clock.advance(5)
    assert sizes == [0, 50, 100]


async def test_lead_ids_as_custom_exclusion(mock_org):
    """A file of Lead IDs with their expirations goes in, and comes out by export as it was."""
    at = await leads_list(mock_org)
    text = 'Lead ID,until\nL-1,\n"L, ""2""",2026-01-01T00:10Z\n'
    fields = {"customExclusionColumns": "Lead ID", "expirationDateTimeColumn": "until"}
    assert (await upload(mock_org, text, id=at["id"], **fields)).status_code == 200
    assert await exported(mock_org, at) == [["L-1", "custom", ""], ['L, "2"', "custom", "2026-01-01T00:10Z"]]


@pytest.mark.parametrize(
    ("fields", "status_code", "code"),
    [
        ({"phoneColumns": "phone"}, 400, "bad.request"),  # no id
        ({"id": "none", "phoneColumns": "phone"}, 404, "dnc.list.not.found"),
        ({"id": "LIST"}, 400, "bad.request"),  # no columns
        ({"id": "LIST", "customExclusionColumns": "phone"}, 400, "dnc.source.operation.not.supported"),
    ],
)
async def test_forms_that_are_refused(mock_org, fields, status_code, code):
    """They start no import."""
    at = await dnc_list(mock_org)
    reply = await upload(
        mock_org, "phone\n+15550100\n", **{k: at["id"] if v == "LIST" else v for k, v in fields.items()}
    )
    assert (reply.status_code, reply.json()["code"]) == (status_code, code)
    assert await status(mock_org, at) == {}


async def test_a_refused_file_fails_the_import(mock_org):
    """The upload is answered 200 all the same; the reason is in the status and in the event log."""
    at = await dnc_list(mock_org)
    assert (await upload(mock_org, "other\n1\n", id=at["id"], phoneColumns="phone")).status_code == 200
    shown = await status(mock_org, at)
    assert (shown["state"], shown["failureReason"]) == ("FAILED", "COLUMNS_DO_NOT_EXIST_ON_LIST")
    events = (await mock_org.client.get("/api/v2/outbound/events")).json()["entities"]
    assert events[0]["errorEntity"]["id"] == at["id"]


@pytest.mark.parametrize(("over_capacity", "stored"), [("reject", 0), ("partial", 60)])
async def test_more_than_fits(mock_org, over_capacity, stored):
    """The import fails, before it begins or where there is no more room, as the profile says."""
    mock_org.change(semantics__over_capacity=over_capacity, limits__dnc_records_per_list=60)
    at = await dnc_list(mock_org)
    await upload(mock_org, "phone\n" + "\n".join(PHONES), id=at["id"], phoneColumns="phone")
    shown = await status(mock_org, at)
    assert (shown["state"], shown["failureReason"]) == ("FAILED", "EXCEEDED_DNC_RECORD_LIMIT")
    assert await size(mock_org, at) == shown["completedRecords"] == stored


async def test_a_deleted_list_takes_its_import_with_it(mock_org):
    """Nothing of it comes later, and nothing stays in the store."""
    mock_org.change(jobs__import_rows_per_s=10.0)
    at = await dnc_list(mock_org)
    await upload(mock_org, "phone\n" + "\n".join(PHONES), id=at["id"], phoneColumns="phone")
    assert (await mock_org.client.delete(at["selfUri"])).status_code == 200
    mock_org.clock.advance(60)
    assert (await mock_org.client.get(f"{at['selfUri']}/importstatus")).json()["code"] == "dnc.list.not.found"
    assert not [kind for kind in mock_org.org.store.document_kinds() if kind.startswith("dnc")]


async def test_a_restart_during_an_import(mock_org):
    """The import has failed then; what had come is there."""
    mock_org.change(jobs__import_rows_per_s=10.0)
    at = await dnc_list(mock_org)
    await upload(mock_org, "phone\n" + "\n".join(PHONES), id=at["id"], phoneColumns="phone")
    mock_org.clock.advance(5)
    assert await size(mock_org, at) == 50
    mock_org.services.reload()
    assert (await status(mock_org, at))["failureReason"] == "INTERRUPTED"
    assert await size(mock_org, at) == 50


async def test_a_file_by_signed_address(mock_org):
    """An address, a PUT without token, and the entries are there. Names of columns are separated by commas."""
    at = await dnc_list(mock_org)
    spec = {"id": at["id"], "contentType": "text/csv", "phoneColumns": "p1,p2", "expirationDateTimeColumn": "until"}
    address = (await mock_org.client.post(f"{LISTS}/uploads", json=spec)).json()
    content = "p1,p2,until\n+15550100,+15550101,2026-01-01T00:10Z\n"
    del mock_org.client.headers["Authorization"]
    reply = await mock_org.client.put(address["url"], content=content, headers=address["headers"])
    assert (reply.status_code, reply.content) == (200, b"")
    mock_org.services.advance_to_now()
    assert mock_org.services.dnc_imports.status_of(at["id"]).percent_complete == 100
    assert dict(mock_org.services.dnc.entries(at["id"]).snapshot()["phone"]) == {
        "+15550100": MINUTE + 10,
        "+15550101": MINUTE + 10,
    }


@pytest.mark.parametrize(
    ("change", "status_code", "code"),
    [
        ({"id": "none"}, 404, "dnc.list.not.found"),
        ({"id": None}, 400, "bad.request"),
        ({"contentType": "text/plain"}, 400, "invalid.value"),
        ({"signedUrlTimeoutSeconds": 604_801}, 400, "invalid.value"),
        ({"phoneColumns": None}, 400, "bad.request"),
        ({"customExclusionColumns": "x"}, 400, "dnc.source.operation.not.supported"),
    ],
)
async def test_addresses_that_are_refused(mock_org, change, status_code, code):
    """They are checked when they are asked for."""
    at = await dnc_list(mock_org)
    spec = {"id": at["id"], "contentType": "text/csv", "phoneColumns": "p1"} | change
    reply = await mock_org.client.post(f"{LISTS}/uploads", json=spec)
    assert (reply.status_code, reply.json()["code"]) == (status_code, code)


async def test_a_list_that_is_gone_when_its_file_comes(mock_org):
    """Whoever puts the file there is answered 200 all the same; nothing happens."""
    at = await dnc_list(mock_org)
    spec = {"id": at["id"], "contentType": "text/csv", "phoneColumns": "phone"}
    address = (await mock_org.client.post(f"{LISTS}/uploads", json=spec)).json()
    await mock_org.client.delete(at["selfUri"])
    del mock_org.client.headers["Authorization"]
    reply = await mock_org.client.put(address["url"], content="phone\n+15550100\n", headers=address["headers"])
    assert (reply.status_code, mock_org.services.dnc.lists()) == (200, [])


async def test_an_export_from_start_to_end(mock_org):
    """404 until it is ready, and a redirect where it is asked for; the file is of the moment of the request."""
    mock_org.change(jobs__export_start_delay_s=5.0)
    at = await dnc_list(mock_org)
    entries = {"action": "Add", "phoneNumbers": PHONES[:2], "expirationDateTime": "2026-01-01T00:10Z"}
    await mock_org.client.patch(f"{at['selfUri']}/phonenumbers", json=entries)
    asked = await mock_org.client.post(f"{at['selfUri']}/export", content=b"null", headers={"Content-Type": "x"})
    assert (asked.status_code, asked.json()["selfUri"]) == (200, f"{at['selfUri']}/export")
    early = await mock_org.client.get(f"{at['selfUri']}/export")
    assert (early.status_code, early.json()["code"]) == (404, "no.available.list.export.uri")
    await mock_org.client.delete(f"{at['selfUri']}/phonenumbers")
    mock_org.clock.advance(5)
    reply = await mock_org.client.get(f"{at['selfUri']}/export", params={"download": "true"}, follow_redirects=True)
    assert reply.content == HEADER + b"".join(b'"%b","phone","2026-01-01T00:10Z"\n' % n.encode() for n in PHONES[:2])


async def test_exports_of_lists_kept_by_others(mock_org):
    """There is nothing of theirs to export."""
    at = await dnc_list(mock_org, dncSourceType="gryphon", contactMethod=None, licenseId="1")
    reply = await mock_org.client.post(f"{at['selfUri']}/export")
    assert (reply.status_code, reply.json()["code"]) == (400, "dnc.source.operation.not.supported")


def test_many_entries():
    """Chunks add up to all of them, in order."""
    numbers = {str(n): 0 for n in range(12_001)}
    chunks = list(lines({"phone": numbers, "email": {}}))
    rows = b"".join(chunks[1:]).decode().splitlines()
    assert [row.split('"')[1] for row in rows] == list(numbers)
    assert len(chunks) == 4
