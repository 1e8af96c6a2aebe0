"""CSV uploads, and the imports they start.

A file is read completely while its upload is served. Its rows then wait, and `settle` moves into the list those that
the import's pace has reached, so that every operation sees as many as the status says.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from aiohttp import web

from .csv_rows import RefusedFileError, Report, Rules, has_own_ids, read_chunks
from .errors import BadRequest, NotFound
from .handling import Answer, Prepared
from .ids import new_id
from .import_jobs import INTERRUPTED, completed_records, ends_at, failing, has_ended, import_status_at, stored_rows
from .model import ImportJob, ImportStatus
from .org import Org
from .uploads import Upload, received

_ROWS_A_WRITE = 20_000  # a durable store waits for the disk once a write
_OVER_CAPACITY = "EXCEEDED_CONTACT_LIMIT"


class ReadFile(NamedTuple):
    """A file after reading: its accepted rows, or why there are none."""

    ids: list[str]
    rows: list[bytes]
    own_ids: bool
    report: Report
    refused: str | None


@dataclass(slots=True)
class _Import:
    job: ImportJob
    report: Report = field(default_factory=Report)
    ids: list[str] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    own_ids: bool = False
    stored: int = 0


class _Saved(msgspec.Struct):
    """What a restart needs to know."""

    job: ImportJob
    ended: bool


class Imports:
    """The imports of an org. Assumption: a second upload into a list waits for the first import to end."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._queues: dict[str, deque[_Import]] = {}
        self._last = {list_id: _recalled(raw) for list_id, raw in org.store.imports().items()}

    async def upload(self, request: web.Request) -> Prepared:
        """POST /uploads/v2/contactlist."""
        spooled = self._org.spool / new_id(self._org.rng_for("spool"))
        async with received(request, spooled, self._org.profile.limits.upload_bytes) as upload:
            list_id = _checked(upload)
            rules = Rules(
                contact_list=self._org.store.contact_list(list_id),
                limits=self._org.profile.limits,
                semantics=self._org.profile.semantics,
                contact_id_name=upload.fields.get("contact-id-name", ""),
            )
            read = await self._read(upload, rules)
        return Prepared(lambda: self._start(list_id, read))

    async def status(self, request: web.Request) -> Prepared:
        """GET /api/v2/outbound/contactlists/{id}/importstatus."""
        list_id = request.match_info["contact_list_id"]

        def commit() -> Answer:
            self._org.store.contact_list(list_id)
            return Answer(body=msgspec.json.encode(self.status_of(list_id)))

        return Prepared(commit)

    def settle(self) -> None:
        """Bring the lists up to now. Costs next to nothing while no import is on its way."""
        for list_id in list(self._queues):
            try:
                self._settle_list(list_id, self._queues[list_id], self._org.clock.now())
            except NotFound:
                self.drop(list_id)

    def status_of(self, list_id: str) -> ImportStatus:
        """The status of the import that is running, or else of the last one, or an empty one."""
        shown = self._shown(list_id)
        visible_rows = self._org.profile.jobs.import_status_visible_rows
        return import_status_at(shown.job, self._org.clock.now(), visible_rows) if shown else ImportStatus()

    def running(self, list_id: str) -> bool:
        return list_id in self._queues

    def events(self, list_id: str) -> Report:
        """The records that the import shown by `status_of` skipped."""
        shown = self._shown(list_id)
        return shown.report if shown else Report()

    def drop(self, list_id: str) -> None:
        """Forget rows that are still to come: the list was cleared or deleted. Assumption: the import then fails."""
        if queue := self._queues.pop(list_id, None):
            job = queue[0].job
            done = completed_records(job, self._org.clock.now())
            failed = msgspec.structs.replace(failing(job, INTERRUPTED, done), started_at=0.0, records_per_s=0.0)
            self._last[list_id] = _Import(failed, queue[0].report)
        try:
            self._save(list_id)
        except NotFound:
            self._last.pop(list_id, None)

    # What fault rules may do to the newest import of a list, before its rows come.

    def fail(self, list_id: str, reason: str, at_percent: int) -> None:
        newest = self._queues[list_id][-1]
        newest.job = failing(newest.job, reason, newest.job.total_records * at_percent // 100)

    def freeze(self, list_id: str, at_percent: int) -> None:
        newest = self._queues[list_id][-1]
        frozen_at = newest.job.total_records * at_percent // 100
        newest.job = msgspec.structs.replace(newest.job, frozen_at=frozen_at)

    def lose_rows(self, list_id: str, count: int) -> None:
        """The last `count` rows never come, while the counters say they did."""
        newest = self._queues[list_id][-1]
        kept = max(newest.stored, len(newest.rows) - count)
        del newest.ids[kept:], newest.rows[kept:]
        newest.job = msgspec.structs.replace(newest.job, accepted=kept)

    async def _read(self, upload: Upload, rules: Rules) -> ReadFile:
        ids: list[str] = []
        rows: list[bytes] = []
        report, refused = Report(), None
        try:
            for chunk in read_chunks(upload.file, rules, self._org.rng, report):
                ids += chunk.ids
                rows += chunk.rows
                await asyncio.sleep(0)  # others are served in between
        except RefusedFileError as error:
            ids, rows, refused = [], [], error.code
        return ReadFile(ids, rows, has_own_ids(rules), report, refused)

    def _start(self, list_id: str, read: ReadFile) -> Answer:
        self._org.store.contact_list(list_id)
        jobs = self._org.profile.jobs
        job = ImportJob(
            id=new_id(self._org.rng),
            contact_list_id=list_id,
            total_records=0 if read.refused else read.report.records,
            accepted=len(read.rows),
            started_at=self._org.clock.now() + jobs.import_start_delay_s,
            records_per_s=jobs.import_rows_per_s,
            failure_reason=read.refused,
        )
        started = _Import(job, read.report, read.ids, read.rows, read.own_ids)
        if (
            self._org.profile.semantics.over_capacity == "reject"
            and self._fitting(started, len(read.ids)) < job.accepted
        ):
            started = _Import(failing(job, _OVER_CAPACITY, 0), read.report)
        self._queues.setdefault(list_id, deque()).append(started)
        self._save(list_id)
        # Assumption: the fields of this answer are not documented; official clients only log it.
        uri = f"/api/v2/outbound/contactlists/{list_id}/importstatus"
        return Answer(body=msgspec.json.encode({"correlationId": job.id, "uri": uri}))

    def _settle_list(self, list_id: str, queue: deque[_Import], now: float) -> None:
        self._org.store.contact_list(list_id)
        while queue:
            current = queue[0]
            self._store_rows(current, stored_rows(current.job, now))
            if not has_ended(current.job, now):
                return
            self._end(list_id, queue)
        del self._queues[list_id]
        self._save(list_id)

    def _end(self, list_id: str, queue: deque[_Import]) -> None:
        ended = queue.popleft()
        self._last[list_id] = _Import(ended.job, ended.report)
        if queue:
            starts_at = max(queue[0].job.started_at, ends_at(ended.job))
            queue[0].job = msgspec.structs.replace(queue[0].job, started_at=starts_at)

    def _store_rows(self, current: _Import, due: int) -> None:
        """Store rows up to `due`, or as many as fit: then the import fails."""
        while current.stored < due:
            wanted = min(due - current.stored, _ROWS_A_WRITE)
            fitting = self._fitting(current, wanted)
            self._write(current, fitting)
            if fitting < wanted:
                job = current.job
                # Rounded up: as many records as it takes for `stored_rows` to give what is stored.
                through = -(-current.stored * job.total_records // max(1, job.accepted))
                current.job = failing(job, _OVER_CAPACITY, through)
                return

    def _write(self, current: _Import, count: int) -> None:
        part = slice(current.stored, current.stored + count)
        store, list_id = self._org.store, current.job.contact_list_id
        write = store.put_contacts if current.own_ids else store.add_contacts
        write(list_id, current.ids[part], current.rows[part])
        current.stored += count

    def _fitting(self, current: _Import, count: int) -> int:
        """How many of the next `count` rows the list and the org have room for."""
        store, limits, list_id = self._org.store, self._org.profile.limits, current.job.contact_list_id
        room = min(limits.contacts_per_list - store.size(list_id), limits.contacts_per_org - store.total_size())
        if count <= room or not current.own_ids:
            return max(0, min(count, room))
        ids = current.ids[current.stored : current.stored + count]
        return _first_that_fit(ids, set(store.existing(list_id, ids)), room)

    def _shown(self, list_id: str) -> _Import | None:
        queue = self._queues.get(list_id)
        return queue[0] if queue else self._last.get(list_id)

    def _save(self, list_id: str) -> None:
        if shown := self._shown(list_id):
            self._org.store.save_import(list_id, msgspec.json.encode(_Saved(shown.job, list_id not in self._queues)))


def _checked(upload: Upload) -> str:
    """The id of the list the file is for. Assumption: 400 for whatever is wrong with the fields."""
    if upload.fields.get("fileType") != "contactlist":
        raise BadRequest("fileType must be contactlist; nothing else can be uploaded here.")
    if not upload.fields.get("id"):
        raise BadRequest("id must be the id of a contact list.")
    return upload.fields["id"]


def _first_that_fit(ids: list[str], known: set[str], room: int) -> int:
    """How many of `ids`, from the first, can be stored with at most `room` new ones."""
    new: set[str] = set()
    for position, contact_id in enumerate(ids):
        if contact_id not in known:
            new.add(contact_id)
        if len(new) > room:
            return position
    return len(ids)


def _recalled(raw: bytes) -> _Import:
    """An import as it is after a restart: over, and failed if it was not over before."""
    saved = msgspec.json.decode(raw, type=_Saved)
    job = saved.job if saved.ended else failing(saved.job, INTERRUPTED, 0)
    return _Import(msgspec.structs.replace(job, started_at=0.0, records_per_s=0.0))
