"""A file is uploaded once, its import watched to the end, and its list made anew when a repeat would double it."""

import pytest

from harness import events
from harness.errors import GaveUp, Refused, SafetyStop, VerifyFailed
from harness.flow import Reply
from harness.journal.schema import BatchRecord, MappingPart
from harness.strategies.csv_import import (
    EXPORTS,
    UPLOADS,
    CsvImportExport,
    CsvImportOwnIds,
    CsvImportSearch,
    import_shard,
    import_stage,
    map_by_export,
    map_by_identity,
    map_page,
    page_flows,
)

from ..fakes import LOST, Files, entity, found, job, no, ok, ran, shard

DONE = ok({"percentComplete": 100})
DELETED = Reply(status=204)
CREATED = ok({"id": "list-new"})
UPLOADED = ["work", "UploadSending", "import.upload", "UploadAccepted", "work"]
SEEN = ["import.status", "contacts.search", "ShardImported"]


def running(percent):
    return ok({"state": "IN_PROGRESS", "percentComplete": percent})


@pytest.mark.parametrize("own_ids", [False, True])
def test_intent_upload_watch(own_ids):
    """Intent before the file, acceptance after it, the file removed; then the import, then the size."""
    files = Files()
    end = ran(import_shard(shard(), job(files=files), own_ids=own_ids), ok({}), DONE, found(size=3))
    assert end.driver.trail == [*UPLOADED, *SEEN]
    assert end.driver.steps[-1] == events.ShardImported(0, 3)
    assert files.discarded == ["upload-0.csv"]


@pytest.mark.parametrize(("own_ids", "fields"), [(False, []), (True, [("contact-id-name", "Lead ID")])])
def test_own_ids_are_named_in_the_form(own_ids, fields):
    """Only then may the transport's caller repeat the upload."""
    end = ran(import_shard(shard(), job(), own_ids=own_ids), ok({}), DONE, found(size=3))
    upload = end.driver.calls[0]
    assert [field for field in upload.form if field[0] == "contact-id-name"] == fields
    assert upload.idempotent is own_ids


@pytest.mark.parametrize("answer", [LOST, no(500), no(503)])
def test_a_lost_upload_is_undone(answer):
    """Rows that may be there cannot be told apart: the list is deleted after a quiet time, and made anew."""
    end = ran(import_shard(shard(), job(), own_ids=False), answer, DELETED, CREATED, ok({}), DONE, found(size=3))
    assert end.driver.trail == [
        "work",
        "UploadSending",
        "import.upload",
        "quiet 60",
        "lists.delete",
        "ShardAbandoned",
        "lists.create",
        "ListCreated",
        *UPLOADED[1:],
        *SEEN,
    ]
    assert {call.contact_list_id for call in end.driver.calls[-3:]} == {"list-new"}


@pytest.mark.parametrize("answer", [LOST, no(500)])
def test_with_own_ids_a_lost_upload_is_repeated(answer):
    """Into the same list: a repeat changes nothing."""
    end = ran(import_shard(shard(), job(), own_ids=True), answer, ok({}), DONE, found(size=3))
    assert end.driver.trail == ["work", "UploadSending", "import.upload", *UPLOADED[1:], *SEEN]
    assert "lists.delete" not in end.driver.trail


@pytest.mark.parametrize(
    ("state", "own_ids", "begins"),
    [
        ("listed", False, ["work", "UploadSending"]),
        ("sending", False, ["quiet 60", "lists.delete"]),  # an earlier run did not hear of it
        ("sending", True, ["work", "UploadSending"]),
        ("uploaded", False, ["import.status"]),  # accepted: never uploaded again
        ("uploaded", True, ["import.status"]),
    ],
)
def test_where_a_run_goes_on(state, own_ids, begins):
    """By what the journal knows of the upload."""
    answers = {"sending": [DELETED, CREATED, ok({})], "listed": [ok({})], "uploaded": []}[state]
    if state == "sending" and own_ids:
        answers = [ok({})]
    record = shard(state=state, rows=3 if state == "uploaded" else None)
    end = ran(import_shard(record, job(), own_ids=own_ids), *answers, DONE, found(size=3))
    assert end.driver.trail[: len(begins)] == begins
    assert end.driver.trail[-1] == "ShardImported"


def test_a_part_that_does_not_grow_is_what_came():
    """No status was ever seen and rows are missing: after the longest standstill, the export may say which."""
    answers = [answer for _ in range(4) for answer in (ok({}), found(size=2))]
    end = ran(import_shard(shard(state="uploaded", rows=3), job(stalled_s=4.0), own_ids=False), *answers)
    assert end.driver.steps[-1] == events.ShardImported(0, 2)


def test_a_list_that_is_gone_already_needs_no_deleting():
    """An earlier run may have come that far."""
    answers = no(404, "contact.list.not.found"), CREATED, ok({}), DONE, found(size=3)
    assert ran(import_shard(shard(state="sending"), job(), own_ids=False), *answers).error is None


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        ([no(400, "invalid.contact.columns")], Refused, "COLUMN_MISMATCH"),
        ([no(413, "request.entity.too.large")], Refused, "BODY_TOO_LARGE"),
        ([Reply(status=307)], SafetyStop, "REDIRECT_REFUSED"),
        ([LOST, no(403, "missing.permissions")], Refused, "FORBIDDEN"),
        ([ok({}), no(404, "contact.list.not.found")], Refused, "LIST_GONE"),
        ([ok({}), LOST], GaveUp, "SERVER_ERROR"),
        ([ok({}), ok({"state": "FAILED", "failureReason": "bad row 7"})], Refused, "IMPORT_FAILED"),
    ],
)
def test_what_ends_an_import(answers, kind, code):
    """Nothing is said to be imported then."""
    end = ran(import_shard(shard(), job(), own_ids=False), *answers)
    assert isinstance(end.error, kind)
    assert end.error.code == code
    assert "ShardImported" not in end.driver.trail


def test_uploads_that_keep_getting_lost_are_given_up():
    """The next run begins with the doubt."""
    end = ran(import_shard(shard(), job(), own_ids=True), *[LOST] * UPLOADS)
    assert isinstance(end.error, GaveUp)
    assert end.error.code == "IN_DOUBT"


def test_an_import_is_polled_at_a_steady_pace():
    """Often at first, then at the longest pause, as long as it moves."""
    answers = [running(0), running(30), running(60), running(100), DONE, found(size=3)]
    end = ran(import_shard(shard(state="uploaded", rows=3), job(), own_ids=False), *answers)
    assert end.driver.waits == [1.0, 1.5, 2.0, 2.0]


def test_an_import_that_stands_still_is_given_up():
    """The same command asks for the same import again."""
    answers = [running(63)] * 4
    end = ran(import_shard(shard(state="uploaded", rows=3), job(stalled_s=4.0), own_ids=False), *answers)
    assert isinstance(end.error, GaveUp)
    assert end.error.code == "IMPORT_STALLED"
    assert "63 %" in str(end.error)


def test_an_import_that_shows_no_status():
    """A small one may have ended before it is asked for: two readings in a row of every row decide."""
    answers = [ok({}), found(size=2), ok({}), found(size=3), ok({}), found(size=3)]
    end = ran(import_shard(shard(state="uploaded", rows=3), job(stalled_s=60.0), own_ids=False), *answers)
    assert end.driver.steps[-1] == events.ShardImported(0, 3)


@pytest.mark.parametrize(
    ("sizes", "size"),
    [([3], 3), ([0, 2, 3], 3), ([2, 2], 2), ([4, 4], 4)],
)
def test_the_size_of_a_finished_import_may_lag(sizes, size):
    """It is read again for as long as it still moves; what it then is, is told."""
    answers = [found(size=one) for one in sizes]
    end = ran(import_shard(shard(state="uploaded", rows=3), job(), own_ids=False), DONE, *answers)
    assert end.driver.steps[-1] == events.ShardImported(0, size)


def test_the_mapping_from_an_export():
    """Fetched, joined, noted, and the export removed."""
    files = Files()
    stamps = no(404, "no.available.list.export.uri"), ok({}), ok({"uri": "/d", "exportTimestamp": "1"})
    end = ran(map_by_export(shard(), job(files=files)), *stamps, Reply(status=302, headers={"location": "/f"}), ok(""))
    assert end.driver.trail[-3:] == ["work", "ShardMapped", "work"]
    mapped = events.ShardMapped(shard=0, file="from-export-0.csv", rows=3, sha256="digest")
    assert end.driver.of(events.ShardMapped) == [mapped]
    assert files.discarded == ["export-0.csv"]


def test_an_export_that_is_short_is_fetched_again():
    """Fewer leads than the list holds is no mapping, however often it is fetched; fewer than were sent may be one."""
    record, files = shard(count=5), Shortened()
    export = (current("1"), ok({}), current("2"), Reply(status=302, headers={"location": "/f"}), ok(""))
    end = ran(map_by_export(record, job(files=files)), *export, found(size=5), *export, found(size=3))
    mapped = events.ShardMapped(shard=0, file="part-0.csv", rows=3, sha256="digest")
    assert end.driver.of(events.ShardMapped) == [mapped]
    end = ran(map_by_export(record, job(files=files)), *[*export, found(size=5)] * EXPORTS)
    assert (end.error.code, end.driver.of(events.ShardMapped)) == ("EXPORT_MISMATCH", [])


class Shortened(Files):
    """Three leads in every export."""

    def map_export(self, record, export):
        return MappingPart("part-0.csv", 3, "digest")


def current(stamp):
    return ok({"uri": "/d", "exportTimestamp": stamp})


def test_an_import_that_failed_is_begun_again_by_the_next_run():
    """Its state is that of an upload in doubt: the server may have kept some of the rows."""
    end = ran(import_shard(shard(), job(), own_ids=False), ok({}), ok({"state": "FAILED"}))
    assert end.driver.steps[-1] == events.ImportFailed(0)


def test_the_mapping_by_identity_wants_every_row():
    """Only if the list holds as many contacts as the shard has leads is there nothing to ask."""
    end = ran(map_by_identity(shard(), job()), found(size=3))
    assert end.driver.trail == ["contacts.search", "work", "ShardMapped"]
    assert end.driver.steps[-1].file == "from-identity"


@pytest.mark.parametrize("size", [2, 4])
def test_otherwise_the_export_says_which_are_there(size):
    """Rows the import left out have no contact."""
    stamps = no(404, "no.available.list.export.uri"), ok({}), ok({"uri": "/d", "exportTimestamp": "1"})
    download = Reply(status=302, headers={"location": "/f"}), ok("")
    end = ran(map_by_identity(shard(), job()), found(size=size), *stamps, *download)
    assert end.driver.of(events.ShardMapped)[0].file == "from-export-0.csv"


def test_shards_that_are_imported_are_left_alone():
    """Only the others are uploaded."""
    records = [shard(n, state=state) for n, state in enumerate(("listed", "imported", "uploaded", "mapped"))]
    assert len(list(import_stage(job(*records), own_ids=False).flows)) == 2


@pytest.mark.parametrize(
    ("strategy", "flows", "by_export"),
    [
        (CsvImportExport(), {"lists": 0, "upload": 1, "mapping": 1}, False),  # the export made the mapping
        (CsvImportOwnIds(), {"lists": 0, "upload": 1, "mapping": 1}, True),
        (CsvImportSearch(), {"lists": 0, "upload": 1, "mapping": 3}, True),
    ],
)
def test_the_stages(strategy, flows, by_export):
    """One upload a list; the mapping; and a proof by another road."""
    work = job(shard(count=250))
    assert {stage.name: len(list(stage.flows)) for stage in strategy.stages(work)} == flows
    assert strategy.verification(work).by_export is by_export


# The mapping page by page.


def test_a_page_is_noted_at_its_place():
    """Page 2 of a shard that begins at 500 holds the positions from 600."""
    end = ran(map_page(shard(first=500, count=102), 2, job()), found("A1", "A2"))
    assert end.driver.trail == ["contacts.search", "PageMapped"]
    assert end.driver.steps[-1] == events.PageMapped(first=600, shard=0, mapping={"A1": "c-A1", "A2": "c-A2"})


def test_a_lead_twice_on_a_page_is_no_mapping():
    """A person has to say which."""
    page = ok({"entities": [entity("A1", "c1"), entity("A1", "c2")], "total": 2, "contactsCount": 2})
    assert isinstance(ran(map_page(shard(count=2), 1, job()), page).error, VerifyFailed)


def test_a_page_that_is_not_full_yet():
    """Searches lag behind the import: it is read again until it is full, or no longer changes."""
    end = ran(map_page(shard(count=3), 1, job()), found("A1"), found("A1", "A2"), found("A1", "A2", "A3"))
    assert (len(end.driver.steps[-1].mapping), end.driver.waits) == (3, [5.0, 5.0])
    end = ran(map_page(shard(count=3), 1, job()), found("A1"), found("A1", "A2"), found("A1", "A2"))
    assert len(end.driver.steps[-1].mapping) == 2


def test_a_page_that_is_refused():
    """The run stops, and nothing is noted."""
    end = ran(map_page(shard(), 1, job()), no(404, "contact.list.not.found"))
    assert (end.error.code, end.driver.trail) == ("LIST_GONE", ["contacts.search"])


@pytest.mark.parametrize(("count", "pages"), [(0, 0), (1, 1), (100, 1), (101, 2), (250, 3)])
def test_as_many_pages_as_the_shard_has_hundreds(count, pages):
    """The last one may be short."""
    assert len(list(page_flows(job(shard(count=count))))) == pages


def test_pages_of_an_earlier_run_are_not_read_again():
    """Of two shards, all but the ones known."""
    records = shard(0, first=0, count=200), shard(1, first=200, count=200)
    flows = page_flows(job(*records, sent=[BatchRecord(first, "acked", 1, "") for first in (0, 300)]))
    assert [ran(flow, found(), found()).driver.steps[-1].first for flow in flows] == [100, 200]
