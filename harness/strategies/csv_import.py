"""One CSV file a list, imported as a job; the mapping comes from an export, from the ids given, or from search pages.

`csv-import-export` and `csv-import-search` let the server make the ids: an upload in doubt cannot be repeated, so its
list is dropped and made anew. `csv-import-own-ids` names the Lead ID column as the contact id: repeating is harmless.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace

from .. import api
from ..client.retry import outcome
from ..domain import ContactId, LeadId
from ..errors import GaveUp, Refused, VerifyFailed
from ..events import (
    ImportFailed,
    ListCreated,
    PageMapped,
    ShardAbandoned,
    ShardImported,
    ShardMapped,
    UploadAccepted,
    UploadSending,
)
from ..flow import Flow, Save, Wait, Work
from ..journal.schema import ShardRecord
from ..wording import quantity
from .export import export_list, export_verification
from .flows import answer_of, intervals, stable_answer, stop
from .job import Job, Stage, Strategy, Verification
from .lists import create_or_find, list_size, lists_stage, settled_size

UPLOADS = 5  # of a file whose answers keep getting lost
IMPORTING = "contact.list.import.in.progress"
EXPORTS = 3  # of a list whose exports are short


class CsvImport(Strategy):
    """A stage each for the lists, the imports and the mapping."""

    main_op = "import.upload"
    own_ids = False
    may_skip = True

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        yield import_stage(job, own_ids=self.own_ids)
        yield Stage("mapping", self.mapping_flows(job))

    @abstractmethod
    def mapping_flows(self, job: Job) -> Iterator[Flow[None]]: ...

    def verification(self, job: Job) -> Verification:
        return export_verification(job)


class CsvImportExport(CsvImport):
    name = "csv-import-export"

    def mapping_flows(self, job: Job) -> Iterator[Flow[None]]:
        return (map_by_export(record, job) for record in _unmapped_shards(job))

    def verification(self, job: Job) -> Verification:
        return sample_verification(job)  # the export made the mapping, so another road has to prove it


class CsvImportOwnIds(CsvImport):
    name = "csv-import-own-ids"
    own_ids = True

    def mapping_flows(self, job: Job) -> Iterator[Flow[None]]:
        return (map_by_identity(record, job) for record in _unmapped_shards(job))


class CsvImportSearch(CsvImport):
    """It exists to show what it costs to read the mapping page by page."""

    name = "csv-import-search"
    main_op = "contacts.search"

    def mapping_flows(self, job: Job) -> Iterator[Flow[None]]:
        return page_flows(job)


def import_stage(job: Job, *, own_ids: bool) -> Stage:
    todo = [record for record in job.progress.shards() if record.state not in ("imported", "mapped")]
    return Stage("upload", (import_shard(record, job, own_ids=own_ids) for record in todo))


def _unmapped_shards(job: Job) -> list[ShardRecord]:
    return [record for record in job.progress.shards() if record.state != "mapped"]


def import_shard(record: ShardRecord, job: Job, *, own_ids: bool) -> Flow[None]:
    """The shard's rows in its list. An upload that an earlier run began is repeated or, if that doubles, undone."""
    if record.state == "sending" and not own_ids:
        record = yield from _start_over(record, job)
    if record.state != "uploaded":
        record = yield from _upload(record, job, own_ids=own_ids)
    size = yield from _await_import(record, job)
    yield Save(ShardImported(record.shard.number, size))


def _upload(record: ShardRecord, job: Job, *, own_ids: bool) -> Flow[ShardRecord]:
    path, rows, sha256 = yield Work(lambda: job.files.write_upload(record))
    column = job.columns.lead_id if own_ids else None
    for _ in range(UPLOADS):
        yield Save(UploadSending(shard=record.shard.number, rows=rows, sha256=sha256))
        call = api.upload_csv(record.list_id, path, contact_id_column=column, rows=rows)
        reply = yield replace(call, idempotent=own_ids)
        if reply.ok:
            yield Save(UploadAccepted(record.shard.number))
            yield Work(lambda: job.files.discard(path))
            return replace(record, state="uploaded", rows=rows)
        if outcome(reply) == "answered":
            raise stop("import.upload", record.list_id, reply)
        if not own_ids:
            record = yield from _start_over(record, job)
    raise GaveUp("IN_DOUBT", f"op=import.upload list={record.list_id}: {UPLOADS} uploads, no clear answer; run again.")


def _start_over(record: ShardRecord, job: Job) -> Flow[ShardRecord]:
    """An empty list in place of one that may hold rows of a lost upload. This run made it, so it may delete it."""
    yield Wait(job.settings.in_flight_grace_s, "quiet")
    yield from _delete_list(record, job)
    yield Save(ShardAbandoned(record.shard.number))
    list_id = yield from create_or_find(record.shard.list_name, job.columns, job.settings.consistency_wait_s)
    yield Save(ListCreated(record.shard.number, list_id))
    return replace(record, contact_list_id=list_id, state="listed")


def _delete_list(record: ShardRecord, job: Job) -> Flow[None]:
    """The list is gone. It cannot go while the import of a lost upload goes on in it: that is waited for.

    Source: code contact.list.import.in.progress of DELETE contactlists, swagger of 2018-03-21.
    """
    percent, unchanged_s = None, 0.0
    for pause in intervals(job.settings):
        reply = yield api.delete_list(record.list_id)
        if reply.ok or reply.status == 404:
            return
        if api.Refusal(reply).code != IMPORTING or unchanged_s > job.settings.stalled_s:
            raise stop("lists.delete", record.list_id, reply)
        yield Wait(pause, "poll")
        seen = yield from _percent(record)
        unchanged_s = unchanged_s + pause if seen == percent else 0.0
        percent = seen


def _percent(record: ShardRecord) -> Flow[int | None]:
    progress = yield from answer_of(api.import_status(record.list_id), api.import_progress)
    return progress.percent


def _await_import(record: ShardRecord, job: Job) -> Flow[int]:
    """Wait until the import has ended; the list's size then.

    A small import may end before any status is seen; then the size decides: two readings in a row that show every row,
    or a part of them that has not grown for as long as a job may stand still.
    """
    progress: tuple[int | None, int] = (None, 0)
    unchanged_s, complete, size = 0.0, 0, 0
    for pause in intervals(job.settings):
        status = yield from answer_of(api.import_status(record.list_id), api.import_progress)
        if status.has_failed:
            yield Save(ImportFailed(record.shard.number))
            raise Refused("IMPORT_FAILED", _failure(record, status))
        if status.has_finished:
            return (yield from _settled_size(record, job))
        if status.state is None:
            size = yield from list_size(record, job)
            complete = complete + 1 if size == record.rows else 0
            if complete == 2:
                return size
        unchanged_s = unchanged_s + pause if (status.percent, size) == progress else 0.0
        progress = (status.percent, size)
        if unchanged_s > job.settings.stalled_s:
            if status.state is None and size:
                return size
            raise GaveUp(
                "IMPORT_STALLED",
                f"op=import.status list={record.list_id}: {status.percent} % for {unchanged_s:.0f} s;"
                " run the same command again, it asks for the same import.",
            )
        yield Wait(pause, "poll")
    raise AssertionError("polling has no end")


def _failure(record: ShardRecord, status: api.ImportProgress) -> str:
    reason = status.failure_reason or "no reason given"
    return (
        f"op=import.status list={record.list_id} reason={reason}; the org's event log tells of rows;"
        " once the reason is gone, the same command uploads again."
    )


def _settled_size(record: ShardRecord, job: Job) -> Flow[int]:
    """The size the list shows; counts lag, so a short one is read again for as long as it still moves."""
    wait_s = job.settings.consistency_wait_s
    return (yield from stable_answer(lambda: list_size(record, job), wait_s, lambda size: size == record.rows))


def map_by_export(record: ShardRecord, job: Job) -> Flow[None]:
    """The mapping of the leads that the list holds. An export that names fewer of them is fetched again."""
    export, size = job.files.export_path(record), 0
    for _ in range(EXPORTS):
        yield from export_list(record, job)
        part = yield Work(lambda: job.files.map_export(record, export))
        rows = part.rows
        if rows < record.shard.count:
            size = yield from list_size(record, job)
        if rows >= size:
            yield Save(ShardMapped(shard=record.shard.number, file=part.file, rows=rows, sha256=part.sha256))
            yield Work(lambda: job.files.discard(export))
            return
    raise GaveUp(
        "EXPORT_MISMATCH",
        f"op=export.file list={record.list_id} rows={rows} expected={size}: the export names fewer leads than the list"
        " holds; run the same command again.",
    )


def map_by_identity(record: ShardRecord, job: Job) -> Flow[None]:
    """Contact id = Lead ID for every row, if every row is there; if some are missing, the export says which."""
    size = yield from list_size(record, job)
    if size != record.shard.count:
        yield from map_by_export(record, job)
        return
    part = yield Work(lambda: job.files.map_identity(record))
    yield Save(ShardMapped(shard=record.shard.number, file=part.file, rows=part.rows, sha256=part.sha256))


# The mapping from pages of a search.


def page_flows(job: Job) -> Iterator[Flow[None]]:
    """One flow a page of every list, without those an earlier run has read."""
    known = job.progress.batches()
    for record in job.progress.shards():
        for page in range(1, -(-record.shard.count // api.SEARCH_PAGE) + 1):
            if _first(record, page) not in known:
                yield map_page(record, page, job)


def _first(record: ShardRecord, page: int) -> int:
    return record.shard.first + (page - 1) * api.SEARCH_PAGE


def map_page(record: ShardRecord, page: int, job: Job) -> Flow[None]:
    """The page's contacts, noted. Searches lag behind an import: a short page is read again until two are alike."""
    wait_s, full = job.settings.consistency_wait_s, _full(record, page)
    pairs = yield from stable_answer(lambda: _page(record, page, job), wait_s, lambda pairs: len(pairs) >= full)
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise VerifyFailed("VERIFY_FAILED", f"list={record.list_id} page={page}: a lead has more than one contact.")
    yield Save(PageMapped(first=_first(record, page), shard=record.shard.number, mapping=mapping))


def _full(record: ShardRecord, page: int) -> int:
    """How many contacts the page holds if every lead of the shard is there."""
    return min(api.SEARCH_PAGE, record.shard.count - (page - 1) * api.SEARCH_PAGE)


def _page(record: ShardRecord, page: int, job: Job) -> Flow[list[tuple[LeadId, ContactId]]]:
    found = yield from answer_of(
        api.search_all(record.list_id, page),
        lambda reply: api.found_contacts(reply, job.columns.lead_id),
        place=f"page={page}",
    )
    return found.pairs


# Proof by another road than the export: each list's size, and a sample of contacts read one by one.


def sample_verification(job: Job) -> Verification:
    method = f"size of every list, and {job.settings.sample} contacts of each read back by id"
    return Verification(method, (check(record, job) for record in job.progress.shards()), by_export=False)


def check(record: ShardRecord, job: Job) -> Flow[None]:
    """Raises VerifyFailed when the server shows other contacts than the mapping."""
    size = yield from settled_size(record, job, record.rows)
    if size != record.rows:
        raise VerifyFailed(
            "VERIFY_FAILED", f"list={record.list_id}: {quantity(size, 'contact')}, {record.rows} of them mapped."
        )
    expected: dict[str, str] = yield Work(lambda: job.files.sample(record, job.settings.sample))
    ids = list(expected)
    for start in range(0, len(ids), api.BULK_GET):
        wanted = ids[start : start + api.BULK_GET]
        found = yield from answer_of(
            api.bulk_get(record.list_id, wanted), lambda reply: api.bulk_contacts(reply, job.columns.lead_id)
        )
        wrong = sum(found.get(ContactId(contact_id)) != expected[contact_id] for contact_id in wanted)
        if wrong:
            raise VerifyFailed(
                "VERIFY_FAILED", f"list={record.list_id}: {wrong} of {len(wanted)} contacts read differ."
            )
