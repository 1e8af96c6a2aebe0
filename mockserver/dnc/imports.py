"""CSV uploads into DNC lists. A file is read while it is uploaded; its entries come in at the import's pace."""

import asyncio
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from mockserver.dnc import rules as dnc_rules
from mockserver.dnc.book import DncBook
from mockserver.dnc.csv_rows import Columns, DncFileRules, EntriesByKind, read_entries
from mockserver.dnc.model import Change, DncList, EntryKind, uri
from mockserver.errors import BadRequest
from mockserver.handling import PendingOperation, Response
from mockserver.ids import new_id
from mockserver.imports.csv_rows import RefusedFileError, Report
from mockserver.imports.events import Events
from mockserver.jobs.import_progress import (
    INTERRUPTED,
    at_pace,
    ends_at,
    failing,
    has_ended,
    import_status_at,
    next_step_at,
    stored_rows,
)
from mockserver.model import ImportJob, ImportStatus, Reference
from mockserver.state.org import Org

_ENTRIES_A_WRITE = 20_000
_OVER_CAPACITY = "EXCEEDED_DNC_RECORD_LIMIT"  # Source: SDK 269.0.0 models/event_message.py
_SAVED = "dnc_import"
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
class _Import:
    job: ImportJob
    report: Report = field(default_factory=Report)
    found: EntriesByKind = field(default_factory=dict)
    stored: dict[EntryKind, int] = field(default_factory=dict)


class _Saved(msgspec.Struct):
    """What a restart needs to know."""

    job: ImportJob
    ended: bool


class DncImports:
    """Assumption: a second upload into a list waits for the first import to end."""

    def __init__(self, org: Org, book: DncBook, events: Events) -> None:
        self._org, self._book, self._events = org, book, events
        self.reload()

    def reload(self) -> None:
        """As after a restart: the last import of each list, none on its way."""
        self._queues: dict[str, deque[_Import]] = {}
        self._last = {list_id: _restore(raw) for list_id, raw in self._org.store.documents(_SAVED).items()}

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
            self._poll(list_id)
            return Response(body=msgspec.json.encode(self.status_of(list_id)))

        return PendingOperation(commit)

    def _poll(self, list_id: str) -> None:
        """Somebody asks for the status: an import whose progress follows the questions moves on."""
        queue = self._queues.get(list_id)
        if queue and queue[0].job.polls:
            queue[0].job = msgspec.structs.replace(queue[0].job, polled=queue[0].job.polled + 1)

    def status_of(self, list_id: str) -> ImportStatus:
        """The status of the import that is running, or else of the last one, or an empty one."""
        self.advance_to_now()
        queue = self._queues.get(list_id)
        shown = queue[0] if queue else self._last.get(list_id)
        visible_rows = self._org.profile.jobs.import_status_visible_rows
        return import_status_at(shown.job, self._org.clock.now(), visible_rows) if shown else ImportStatus()

    def next_step_at(self, list_id: str) -> float:
        """When time alone will change the status next; infinite if it will not."""
        self.advance_to_now()
        queue = self._queues.get(list_id)
        return next_step_at(queue[0].job, self._org.clock.now()) if queue else math.inf

    def advance_to_now(self) -> None:
        """Bring all lists up to now: what has come by import, and what has expired."""
        now = self._org.clock.now()
        for list_id in list(self._queues):
            self._advance_list(list_id, self._queues[list_id], now)
        if self._org.profile.semantics.dnc_expired_entries == "dropped":
            self._book.drop_expired(dnc_rules.minute_of(now))

    def drop(self, list_id: str) -> None:
        """Forget a list that is going to be deleted."""
        self._queues.pop(list_id, None)
        self._last.pop(list_id, None)
        self._org.store.delete_document(_SAVED, list_id)

    def _start(self, list_id: str, found: EntriesByKind, report: Report, refused: str | None) -> Response:
        org = self._org
        self._book.dnc_list(list_id)
        self.advance_to_now()
        job = ImportJob(
            id=new_id(org.rng),
            contact_list_id=list_id,
            total_records=0 if refused else report.records,
            accepted=sum(len(each.values) for each in found.values()),
            started_at=org.clock.now() + org.profile.jobs.import_start_delay_s,
            records_per_s=org.profile.jobs.import_rows_per_s,
            failure_reason=refused,
        )
        job = at_pace(job, org.profile.jobs, org.clock.now())
        started = _Import(job, report, found)
        if org.profile.semantics.over_capacity == "reject" and not self._fits(list_id, found):
            started = _Import(failing(job, _OVER_CAPACITY, 0), report)
        self._queues.setdefault(list_id, deque()).append(started)
        self._save(list_id, started.job, ended=False)
        # Assumption: the fields of this answer are not documented; official clients only log it.
        return Response(body=msgspec.json.encode({"correlationId": job.id, "uri": f"{uri(list_id)}/importstatus"}))

    def _fits(self, list_id: str, found: EntriesByKind) -> bool:
        entries = self._book.entries(list_id)
        return sum(entries.new(kind, each.values) for kind, each in found.items()) <= self._room(list_id)

    def _room(self, list_id: str) -> int:
        book, limits = self._book, self._org.profile.limits
        in_list = limits.dnc_records_per_list - len(book.entries(list_id))
        return max(0, min(in_list, limits.dnc_records_per_org - book.total_size()))

    def _advance_list(self, list_id: str, queue: deque[_Import], now: float) -> None:
        while queue:
            current = queue[0]
            self._store(current, stored_rows(current.job, now))
            if not has_ended(current.job, now):
                return
            self._end(list_id, queue)
        del self._queues[list_id]

    def _end(self, list_id: str, queue: deque[_Import]) -> None:
        ended = queue.popleft()
        self._last[list_id] = _Import(ended.job, ended.report)
        self._save(list_id, ended.job, ended=not queue)
        dnc_list = self._book.dnc_list(list_id)
        entity = Reference(id=list_id, name=dnc_list.name, self_uri=uri(list_id))
        self._events.record_end(entity, ended.job, ended.report)
        if queue:
            starts_at = max(queue[0].job.started_at, ends_at(ended.job))
            queue[0].job = msgspec.structs.replace(queue[0].job, started_at=starts_at)

    def _store(self, current: _Import, due: int) -> None:
        """Store entries up to `due`, of each kind in proportion, or as many as fit: then the import fails."""
        job = current.job
        for kind, found in current.found.items():
            end = len(found.values) * due // job.accepted
            if not self._write(current, kind, end):
                stored = sum(current.stored.values())
                # Rounded up: as many records as it takes for `stored_rows` to give what is stored.
                current.job = failing(job, _OVER_CAPACITY, -(-stored * job.total_records // job.accepted))
                return

    def _write(self, current: _Import, kind: EntryKind, end: int) -> bool:
        """Store the entries of one kind up to `end`; whether all of them fitted."""
        list_id, found = current.job.contact_list_id, current.found[kind]
        while (start := current.stored.get(kind, 0)) < end:
            values = found.values[start : min(end, start + _ENTRIES_A_WRITE)]
            fitting = self._book.entries(list_id).first_that_fit(kind, values, self._room(list_id))
            if fitting:
                expires = found.expires[start : start + fitting]
                self._book.make(list_id, Change("add", kind, values[:fitting], expires))
            current.stored[kind] = start + fitting
            if fitting < len(values):
                return False
        return True

    def _save(self, list_id: str, job: ImportJob, *, ended: bool) -> None:
        self._org.store.save_document(_SAVED, list_id, msgspec.json.encode(_Saved(job, ended)))


def _columns(fields: Mapping[str, str], separator: str) -> Columns:
    """Assumption: the names of several columns are separated as the profile says."""
    named = [
        (kind, name.strip())
        for field_name, kind in _FIELDS.items()
        for name in fields.get(field_name, "").split(separator or None)
    ]
    return Columns([(kind, name) for kind, name in named if name], fields.get(_EXPIRATION, ""))


def _restore(raw: bytes) -> _Import:
    """An import as it is after a restart: over, and failed if it was not over before."""
    saved = msgspec.json.decode(raw, type=_Saved)
    job = saved.job if saved.ended else failing(saved.job, INTERRUPTED, 0)
    return _Import(msgspec.structs.replace(job, started_at=0.0, records_per_s=0.0))
