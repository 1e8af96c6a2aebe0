"""Imports: how the rows of uploaded files come into contact lists.

A file is read completely while its upload is served. Its rows then wait, and `advance_to_now` stores those that the
import's pace has reached, so that every operation sees as many contacts as the status says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response
from mockserver.ids import new_id
from mockserver.imports.csv_rows import FileRules, ReadFile, Report, read_file
from mockserver.imports.events import Events
from mockserver.imports.upload_request import ListUpload
from mockserver.jobs.import_progress import (
    INTERRUPTED,
    OVER_CAPACITY,
    at_pace,
    completed_records,
    failing,
    without_progress,
)
from mockserver.jobs.import_queues import ImportQueues
from mockserver.model import ImportJob
from mockserver.state.org import Org

NO_ATTRIBUTES = b"{}"
_ROWS_A_WRITE = 20_000  # a durable store waits for the disk once a write


@dataclass(slots=True)
class _Import:
    job: ImportJob
    file: ReadFile = field(default_factory=ReadFile)
    stored: int = 0


class Imports(ImportQueues[_Import]):
    """The imports of an org into contact lists."""

    def __init__(self, org: Org, events: Events) -> None:
        self._events = events
        super().__init__(org)

    async def read(self, upload: ListUpload, path: Path) -> PendingOperation:
        """Read a file for one list; the commit starts its import. Raises NotFound if there is no such list."""
        rules = FileRules(
            contact_list=self._org.store.contact_list(upload.list_id),
            limits=self._org.profile.limits,
            semantics=self._org.profile.semantics,
            contact_id_name=upload.contact_id_name,
            retention=upload.retention,
            now=self._org.clock.now(),
        )
        file = await read_file(path, rules, self._org.rng, upload)
        return PendingOperation(lambda: self._start(upload.list_id, file), list_id=upload.list_id)

    async def status(self, request: web.Request) -> PendingOperation:
        """GET /api/v2/outbound/contactlists/{id}/importstatus."""
        list_id = request.match_info["contact_list_id"]

        def commit() -> Response:
            self._org.store.contact_list(list_id)
            self.poll(list_id)
            return Response(body=msgspec.json.encode(self.status_of(list_id)))

        return PendingOperation(commit)

    def failure_of(self, list_id: str, job_id: str) -> str | None:
        """Why that import failed, if it did and is the newest that has ended."""
        last = self._last.get(list_id)
        return last.job.failure_reason if last is not None and last.job.id == job_id else None

    def events(self, list_id: str) -> Report:
        """The records that the import shown by `status_of` skipped."""
        shown = self._current(list_id)
        return shown.file.report if shown else Report()

    def forget(self, list_id: str) -> None:
        """As if there never had been an import into the list."""
        self._queues.pop(list_id, None)
        if self._last.pop(list_id, None):
            self._org.store.save_import(list_id, b"")

    def drop(self, list_id: str) -> None:
        """Forget rows that are still to come: the list was cleared or deleted. Assumption: the import then fails."""
        queue = self._queues.pop(list_id, None)
        if queue:
            job = queue[0].job
            failed = without_progress(failing(job, INTERRUPTED, completed_records(job, self._org.clock.now())))
            self._last[list_id] = self._over(failed, queue[0])
        try:
            if last := self._last.get(list_id):
                self._save(list_id, last.job, ended=True)
            if queue:
                self._events.import_ended(self._org.store.contact_list(list_id), failed, queue[0].file.report)
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
        kept = max(newest.stored, len(newest.file.rows) - count)
        del newest.file.ids[kept:], newest.file.rows[kept:]
        newest.job = msgspec.structs.replace(newest.job, accepted=kept)

    def begin(self, list_id: str, file: ReadFile, starts_at: float, records_per_s: float) -> ImportJob:
        """Bring the rows of a file into a list, after those of earlier files. Raises NotFound."""
        self._org.store.contact_list(list_id)
        job = ImportJob(
            id=new_id(self._org.rng),
            contact_list_id=list_id,
            total_records=0 if file.refused else file.report.records,
            accepted=len(file.rows),
            started_at=starts_at,
            records_per_s=records_per_s,
            failure_reason=file.refused,
        )
        job = at_pace(job, self._org.profile.jobs, self._org.clock.now())
        started = _Import(job, file)
        if (
            self._org.profile.semantics.over_capacity == "reject"
            and self._fitting(started, len(file.ids)) < job.accepted
        ):
            started = _Import(failing(job, OVER_CAPACITY, 0), ReadFile(report=file.report))
        self._append(list_id, started)
        self._save(list_id, self._queues[list_id][0].job, ended=False)
        return started.job

    def _start(self, list_id: str, file: ReadFile) -> Response:
        jobs = self._org.profile.jobs
        job = self.begin(list_id, file, self._org.clock.now() + jobs.import_start_delay_s, jobs.import_rows_per_s)
        # Assumption: the fields of this answer are not documented; official clients only log it.
        uri = f"/api/v2/outbound/contactlists/{list_id}/importstatus"
        return Response(body=msgspec.json.encode({"correlationId": job.id, "uri": uri}))

    def _records(self) -> Mapping[str, bytes]:
        return self._org.store.imports()

    def _save_record(self, list_id: str, record: bytes) -> None:
        self._org.store.save_import(list_id, record)

    def _over(self, job: ImportJob, of: _Import | None) -> _Import:
        return _Import(job, ReadFile(report=of.file.report) if of else ReadFile())

    def _advance(self, list_id: str, now: float) -> None:
        self._org.store.contact_list(list_id)
        super()._advance(list_id, now)

    def _note_end(self, list_id: str, ended: _Import, *, is_last: bool) -> None:
        self._events.import_ended(self._org.store.contact_list(list_id), ended.job, ended.file.report)
        if is_last:
            self._save(list_id, ended.job, ended=True)

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
                current.job = failing(job, OVER_CAPACITY, through)
                return

    def _write(self, current: _Import, count: int) -> None:
        part, file = slice(current.stored, current.stored + count), current.file
        store, list_id, ids = self._org.store, current.job.contact_list_id, file.ids[part]
        known = store.existing(list_id, ids) if file.own_ids and file.clears_system_data else {}
        write = store.put_contacts if file.own_ids else store.add_contacts
        write(list_id, ids, file.rows[part], self._org.clock.now())
        attributes = dict.fromkeys(known, NO_ATTRIBUTES)
        if file.attributes:
            attributes |= {id_: file.attributes[id_] for id_ in ids if id_ in file.attributes}
        if attributes:
            store.set_attributes(list_id, attributes)
            self._org.retention.note(list_id, attributes)
        current.stored += count

    def _fitting(self, current: _Import, count: int) -> int:
        """How many of the next `count` rows the list and the org have room for."""
        store, limits, list_id = self._org.store, self._org.profile.limits, current.job.contact_list_id
        room = min(limits.contacts_per_list - store.size(list_id), limits.contacts_per_org - store.total_size())
        if count <= room or not current.file.own_ids:
            return max(0, min(count, room))
        ids = current.file.ids[current.stored : current.stored + count]
        return _first_that_fit(ids, set(store.existing(list_id, ids)), room)


def _first_that_fit(ids: list[str], known: set[str], room: int) -> int:
    """How many of `ids`, from the first, can be stored with at most `room` new ones."""
    new: set[str] = set()
    for position, contact_id in enumerate(ids):
        if contact_id not in known:
            new.add(contact_id)
        if len(new) > room:
            return position
    return len(ids)
