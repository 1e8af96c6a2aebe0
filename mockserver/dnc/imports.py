"""CSV uploads into DNC lists. A file is read while it is uploaded; its entries come in at the import's pace."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
from aiohttp import web

from mockserver.dnc import rules as dnc_rules
from mockserver.dnc.book import DncBook
from mockserver.dnc.csv_rows import Columns, DncFileRules, EntriesByKind, read_entries
from mockserver.dnc.rules import Change, DncList, EntryKind, check_internal, minute_text, uri
from mockserver.errors import ApiError, BadRequest
from mockserver.exports import ListExport, ListExports
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.body import parse_as, read_json
from mockserver.ids import new_id
from mockserver.imports.csv_rows import RefusedFileError, Report
from mockserver.imports.events import Events
from mockserver.imports.upload_request import check_content_type, timeout_in
from mockserver.jobs import JobQueues, QueuedJob
from mockserver.jobs.import_progress import failing, full, import_job, stored_rows
from mockserver.jobs.signed_addresses import Downloads, FileReader, PresignedUploads
from mockserver.model import Reference
from mockserver.operations.dnc import DncListUploadUrlRequest
from mockserver.state import Org

_ENTRIES_A_WRITE = 20_000
_OVER_CAPACITY = "EXCEEDED_DNC_RECORD_LIMIT"  # Source: SDK 269.0.0 models/event_message.py
# Source of the first two: quick-hits-javascript, upload-dnc-list.js; the others are spelled so in the JSON of
# dnclists/uploads (SDK 269.0.0 models/dnc_list_upload_url_request.py). Assumption: in a form, too.
_FIELDS: dict[str, EntryKind] = {
    "phoneColumns": "phone",
    "emailColumns": "email",
    "whatsAppColumns": "whatsapp",
    "customExclusionColumns": "custom",
}
_EXPIRATION = "expirationDateTimeColumn"


@dataclass(slots=True)
class _Loading:
    report: Report
    found: EntriesByKind
    stored: dict[EntryKind, int] = field(default_factory=dict)


class DncImports(JobQueues[QueuedJob, _Loading]):
    kind = "dnc_import"
    job_type = QueuedJob

    def __init__(self, org: Org, book: DncBook, events: Events) -> None:
        self._book, self._events = book, events
        super().__init__(org)

    async def read(self, fields: Mapping[str, str], file: Path) -> PendingOperation:
        """What starts the import of a file that has been uploaded with these fields. `file` is read at once."""
        org = self._org
        dnc_list = self.list_for(fields)
        rules = DncFileRules(
            columns=_columns(fields, org.profile.semantics.dnc_column_separator),
            limits=org.profile.limits,
            semantics=org.profile.semantics,
            now=org.clock.now(),
        )
        report, refused = Report(), None
        found: EntriesByKind = {}
        try:
            for _ in read_entries(file, rules, report, found):
                await asyncio.sleep(0)  # others are served in between
        except RefusedFileError as error:
            found, refused = {}, error.code
        return PendingOperation(lambda: self._start(dnc_list.id, found, report, refused), list_id=dnc_list.id)

    def list_for(self, fields: Mapping[str, str]) -> DncList:
        """The list a file is for. Raises BadRequest and NotFound. Assumption: 400 for whatever is wrong."""
        if not fields.get("id"):
            raise BadRequest("id must be the id of a DNC list.")
        dnc_list = self._book.dnc_list(fields["id"])
        kinds = {kind for kind, _ in _columns(fields, self._org.profile.semantics.dnc_column_separator).entries}
        if not kinds:
            raise BadRequest(f"One of {', '.join(_FIELDS)} must name columns of the file.")
        for kind in sorted(kinds):
            dnc_rules.check_kind(dnc_list, kind)
        return dnc_list

    async def status(self, request: web.Request) -> PendingOperation:
        """GET /api/v2/outbound/dnclists/{id}/importstatus."""
        list_id = request.match_info["dnc_list_id"]

        def commit() -> Response:
            self._book.dnc_list(list_id)
            self.poll(list_id)
            return json_response(self.status_of(list_id))

        return PendingOperation(commit)

    def drop(self, list_id: str) -> None:
        """Forget a list that is going to be deleted."""
        super().drop(list_id)
        self._remembered.pop(list_id, None)
        self._org.store.delete_document(self.kind, list_id)

    def _start(self, list_id: str, found: EntriesByKind, report: Report, refused: str | None) -> Response:
        org = self._org
        self._book.dnc_list(list_id)
        self._book.drop_expired(org.clock.now(), org.profile.semantics)
        progress = import_job(
            new_id(org.rng),
            list_id,
            records=report.records,
            accepted=sum(len(each.values) for each in found.values()),
            refused=refused,
            jobs=org.profile.jobs,
            now=org.clock.now(),
        )
        if org.profile.semantics.over_capacity == "reject" and not self._fits(list_id, found):
            progress, found = failing(progress, _OVER_CAPACITY, 0), {}
        self._begin(QueuedJob(progress=progress), _Loading(report, found))
        # Assumption: the fields of this answer are not documented; official clients only log it.
        return json_response({"correlationId": progress.id, "uri": f"{uri(list_id)}/importstatus"})

    def _fits(self, list_id: str, found: EntriesByKind) -> bool:
        entries = self._book.entries(list_id)
        return sum(entries.new(kind, each.values) for kind, each in found.items()) <= self._capacity(list_id)

    def _capacity(self, list_id: str) -> int:
        book, limits = self._book, self._org.profile.limits
        in_list = limits.dnc_records_per_list - len(book.entries(list_id))
        return max(0, min(in_list, limits.dnc_records_per_org - book.total_size()))

    def _record_end(self, job: QueuedJob, work: _Loading) -> None:
        name = self._book.dnc_list(job.owner_id).name
        self._events.record_end(
            Reference(id=job.owner_id, name=name, self_uri=uri(job.owner_id)), job.progress, work.report
        )

    def _work_until(self, now: float, job: QueuedJob, work: _Loading) -> None:
        """Store the entries that are due, of each kind in proportion, or as many as fit: then the import fails."""
        due = stored_rows(job.progress, now)
        for kind, found in work.found.items():
            end = len(found.values) * due // job.progress.accepted
            if not self._write(job.owner_id, work, kind, end):
                job.progress = full(job.progress, _OVER_CAPACITY, sum(work.stored.values()))
                return

    def _write(self, list_id: str, loading: _Loading, kind: EntryKind, end: int) -> bool:
        """Store the entries of one kind up to `end`; whether all of them fitted."""
        found = loading.found[kind]
        while (start := loading.stored.get(kind, 0)) < end:
            values = found.values[start : min(end, start + _ENTRIES_A_WRITE)]
            fitting = self._book.entries(list_id).first_that_fit(kind, values, self._capacity(list_id))
            if fitting:
                expires = found.expires[start : start + fitting]
                self._book.make(list_id, Change("add", kind, values[:fitting], expires))
            loading.stored[kind] = start + fitting
            if fitting < len(values):
                return False
        return True


def _columns(fields: Mapping[str, str], separator: str) -> Columns:
    """Assumption: the names of several columns are separated as the profile says."""
    named = [
        (kind, name.strip())
        for field_name, kind in _FIELDS.items()
        for name in fields.get(field_name, "").split(separator or None)
    ]
    return Columns([(kind, name) for kind, name in named if name], fields.get(_EXPIRATION, ""))


# Exports of DNC lists: asked for, polled, downloaded as those of contact lists are.


HEADER = b'\xef\xbb\xbf"entry","type","expirationDateTime"\n'
_CHUNK_ROWS = 5_000

Entries = Mapping[EntryKind, Mapping[str, int]]


class DncExports(ListExports[Entries]):
    id_name = "dnc_list_id"
    list_name = "the dnc list"

    def __init__(self, org: Org, downloads: Downloads, book: DncBook) -> None:
        super().__init__(org, downloads)
        self._book = book

    async def create(self, request: web.Request) -> PendingOperation:
        """POST .../export. The body is not looked at: SDKs send `null` or nothing."""
        list_id = request.match_info[self.id_name]
        return PendingOperation(lambda: self._create(list_id))

    def _create(self, list_id: str) -> Response:
        check_internal(self._book.dnc_list(list_id))
        self._book.drop_expired(self._org.clock.now(), self._org.profile.semantics)
        entries = self._book.entries(list_id)
        return self._start(list_id, uri(list_id), entries.snapshot(), len(entries))

    @property
    def _keeps_previous(self) -> bool:
        return self._org.profile.jobs.dnc_export_keeps_previous

    def _check_exists(self, list_id: str) -> None:
        self._book.dnc_list(list_id)

    def _lines(self, export: ListExport[Entries]) -> Iterator[bytes]:
        yield from lines(export.content)
        export.content = {}


def lines(entries: Entries) -> Iterator[bytes]:
    """The file's content, some 5,000 entries at a time."""
    yield HEADER
    for kind, of_kind in entries.items():
        rows = (f'"{_escape(value)}","{kind}","{minute_text(minute)}"\n' for value, minute in of_kind.items())
        while chunk := "".join(islice(rows, _CHUNK_ROWS)):
            yield chunk.encode()


def _escape(value: str) -> str:
    return value.replace('"', '""')


# Addresses for files that hold entries.


class DncUploads:
    def __init__(self, org: Org, imports: DncImports, presigned: PresignedUploads) -> None:
        self._org, self._imports, self._presigned = org, imports, presigned

    async def address(self, request: web.Request) -> PendingOperation:
        """POST /api/v2/outbound/dnclists/uploads: an address to put the file to."""
        sent = await read_json(request, self._org.profile.limits.request_body_bytes)
        spec = parse_as(sent, DncListUploadUrlRequest)
        check_content_type(spec.content_type)
        origin, timeout_s = f"{request.scheme}://{request.host}", timeout_in(spec.signed_url_timeout_seconds)

        def commit() -> Response:
            fields = _fields(spec)
            self._imports.list_for(fields)
            folder = f"{self._org.id}/dnclists"
            return self._presigned.issue(
                origin, folder, spec.content_type, timeout_s, lambda file: self._read_late(fields, file)
            )

        return PendingOperation(commit)

    def reader_for(self, fields: Mapping[str, str]) -> FileReader:
        """What reads a file that comes in a form with these fields. Raises ApiError if it cannot be for a list."""
        self._imports.list_for(fields)
        return partial(self._imports.read, fields)

    async def _read_late(self, fields: Mapping[str, str], file: Path) -> PendingOperation:
        """As the form's, but the client is not told that the list is gone."""
        try:
            prepared = await self._imports.read(fields, file)
        except ApiError:
            return PendingOperation(Response)
        return PendingOperation(lambda: _quietly(prepared))


def _quietly(prepared: PendingOperation) -> Response:
    try:
        return prepared.commit()
    except ApiError:
        return Response()


def _fields(sent: DncListUploadUrlRequest) -> dict[str, str]:
    """As a form would have them."""
    return {name: value for name, value in msgspec.to_builtins(sent).items() if isinstance(value, str)}
