"""Imports: how the rows of uploaded files come into contact lists.

A file is read completely while its upload is served. Its rows then wait, and `advance_to_now` stores those that the
import's pace has reached, so that every operation sees as many contacts as the status says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.ids import new_id
from mockserver.imports.csv_rows import FileRules, ReadFile, read_file
from mockserver.imports.events import Events
from mockserver.imports.upload_request import ListUpload
from mockserver.jobs import JobQueues, QueuedJob
from mockserver.jobs.import_progress import (
    INTERRUPTED,
    OVER_CAPACITY,
    at_pace,
    completed_records,
    failing,
    full,
    stored_rows,
    without_progress,
)
from mockserver.model import ImportJob
from mockserver.state import Org

NO_ATTRIBUTES = b"{}"
_ROWS_A_WRITE = 20_000  # a durable store waits for the disk once a write


@dataclass(slots=True)
class _Loading:
    file: ReadFile
    stored: int = 0


class Imports(JobQueues[QueuedJob, _Loading]):
    """The imports of an org into contact lists. Assumption: a second upload waits for the first import to end."""

    job_type = QueuedJob

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
            return json_response(self.status_of(list_id))

        return PendingOperation(commit)

    def failure_of(self, list_id: str, job_id: str) -> str | None:
        """Why that import failed, if it did and is the newest of the list."""
        job = self._remembered.get(list_id)
        return job.progress.failure_reason if job and job.ended and job.progress.id == job_id else None

    def forget(self, list_id: str) -> None:
        """As if there never had been an import into the list."""
        super().drop(list_id)
        if self._remembered.pop(list_id, None):
            self._org.store.save_import(list_id, b"")

    def drop(self, list_id: str) -> None:
        """Forget rows that are still to come: the list was cleared or deleted. Assumption: the import then fails."""
        queue = self._queues.pop(list_id, None)
        try:
            if queue:
                job, loading = queue[0]
                through = completed_records(job.progress, self._org.clock.now())
                job.progress = without_progress(failing(job.progress, INTERRUPTED, through))
                self._end(job, loading)
            self._org.store.contact_list(list_id)
        except NotFound:
            self._remembered.pop(list_id, None)

    # What fault rules may do to the newest import of a list, before its rows come.

    def fail(self, list_id: str, reason: str, at_percent: int) -> None:
        newest, _ = self._queues[list_id][-1]
        newest.progress = failing(newest.progress, reason, newest.progress.total_records * at_percent // 100)

    def freeze(self, list_id: str, at_percent: int) -> None:
        newest, _ = self._queues[list_id][-1]
        frozen_at = newest.progress.total_records * at_percent // 100
        newest.progress = msgspec.structs.replace(newest.progress, frozen_at=frozen_at)

    def lose_rows(self, list_id: str, count: int) -> None:
        """The last `count` rows never come, while the counters say they did."""
        newest, loading = self._queues[list_id][-1]
        kept = max(loading.stored, len(loading.file.rows) - count)
        del loading.file.ids[kept:], loading.file.rows[kept:]
        newest.progress = msgspec.structs.replace(newest.progress, accepted=kept)

    def begin(self, list_id: str, file: ReadFile, starts_at: float, records_per_s: float) -> ImportJob:
        """Bring the rows of a file into a list, after those of earlier files. Raises NotFound."""
        self._org.store.contact_list(list_id)
        progress = ImportJob(
            id=new_id(self._org.rng),
            contact_list_id=list_id,
            total_records=0 if file.refused else file.report.records,
            accepted=len(file.rows),
            started_at=starts_at,
            records_per_s=records_per_s,
            failure_reason=file.refused,
        )
        progress = at_pace(progress, self._org.profile.jobs, self._org.clock.now())
        loading = _Loading(file)
        rejects = self._org.profile.semantics.over_capacity == "reject"
        if rejects and self._fitting(list_id, loading, len(file.ids)) < progress.accepted:
            progress, loading = failing(progress, OVER_CAPACITY, 0), _Loading(ReadFile(report=file.report))
        self._begin(QueuedJob(progress=progress), loading)
        return progress

    def _start(self, list_id: str, file: ReadFile) -> Response:
        jobs = self._org.profile.jobs
        job = self.begin(list_id, file, self._org.clock.now() + jobs.import_start_delay_s, jobs.import_rows_per_s)
        # Assumption: the fields of this answer are not documented; official clients only log it.
        uri = f"/api/v2/outbound/contactlists/{list_id}/importstatus"
        return json_response({"correlationId": job.id, "uri": uri})

    def _records(self) -> Mapping[str, bytes]:
        return self._org.store.imports()

    def _save_record(self, key: str, record: bytes) -> None:
        self._org.store.save_import(key, record)

    def _record_end(self, job: QueuedJob, work: _Loading) -> None:
        self._events.import_ended(self._org.store.contact_list(job.owner_id), job.progress, work.file.report)

    def _work_until(self, now: float, job: QueuedJob, work: _Loading) -> None:
        """Store the rows that are due, or as many as fit: then the import fails."""
        self._org.store.contact_list(job.owner_id)
        due = stored_rows(job.progress, now)
        while work.stored < due:
            wanted = min(due - work.stored, _ROWS_A_WRITE)
            fitting = self._fitting(job.owner_id, work, wanted)
            self._write(job.owner_id, work, fitting)
            if fitting < wanted:
                job.progress = full(job.progress, OVER_CAPACITY, work.stored)
                return

    def _write(self, list_id: str, loading: _Loading, count: int) -> None:
        part, file = slice(loading.stored, loading.stored + count), loading.file
        store, ids = self._org.store, file.ids[part]
        known = store.existing(list_id, ids) if file.own_ids and file.clears_system_data else {}
        write = store.put_contacts if file.own_ids else store.add_contacts
        write(list_id, ids, file.rows[part], self._org.clock.now())
        attributes = dict.fromkeys(known, NO_ATTRIBUTES)
        if file.attributes:
            attributes |= {id_: file.attributes[id_] for id_ in ids if id_ in file.attributes}
        if attributes:
            store.set_attributes(list_id, attributes)
            self._org.retention.note(list_id, attributes)
        loading.stored += count

    def _fitting(self, list_id: str, loading: _Loading, count: int) -> int:
        """How many of the next `count` rows the list and the org have room for."""
        store, limits = self._org.store, self._org.profile.limits
        room = min(limits.contacts_per_list - store.size(list_id), limits.contacts_per_org - store.total_size())
        if count <= room or not loading.file.own_ids:
            return max(0, min(count, room))
        ids = loading.file.ids[loading.stored : loading.stored + count]
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
