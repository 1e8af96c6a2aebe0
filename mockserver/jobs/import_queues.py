"""Imports into lists, one list at a time each: queued, advanced to now, polled, saved. A room stores the rows.

Assumption: a second upload into a list waits for the first import to end.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

import msgspec

from mockserver.errors import NotFound
from mockserver.jobs.import_progress import (
    after_poll,
    after_restart,
    ends_at,
    has_ended,
    import_status_at,
    next_step_at,
    stored_rows,
)
from mockserver.model import ImportJob, ImportStatus
from mockserver.state.org import Org


class QueuedImport(Protocol):
    job: ImportJob


class _SavedImport(msgspec.Struct):
    """What a restart needs to know."""

    job: ImportJob
    ended: bool


I = TypeVar("I", bound=QueuedImport)  # noqa: E741


class ImportQueues(ABC, Generic[I]):
    def __init__(self, org: Org) -> None:
        self._org = org
        self.reload()

    def reload(self) -> None:
        """As after a restart: the last import of each list, none on its way."""
        self._queues: dict[str, deque[I]] = {}
        self._last = {list_id: self._restore(raw) for list_id, raw in self._records().items()}

    @abstractmethod
    def _records(self) -> Mapping[str, bytes]:
        """What `_save` has kept, by list."""

    @abstractmethod
    def _save_record(self, list_id: str, record: bytes) -> None: ...

    @abstractmethod
    def _over(self, job: ImportJob, of: I | None) -> I:
        """An import that has ended: of its file only the report is left, and after a restart not even that."""

    @abstractmethod
    def _store_rows(self, current: I, due: int) -> None:
        """Store rows up to `due`, or as many as fit: then the import fails."""

    @abstractmethod
    def _note_end(self, list_id: str, ended: I, *, is_last: bool) -> None:
        """Save an import that has ended, and tell of it. `is_last`: no other waits for the list."""

    @abstractmethod
    def drop(self, list_id: str) -> None:
        """Forget rows that are still to come: the list has been deleted, or emptied."""

    def advance_to_now(self) -> None:
        """Store the rows that are due by now. Costs next to nothing while no import is on its way."""
        now = self._org.clock.now()
        for list_id in list(self._queues):
            try:
                self._advance(list_id, now)
            except NotFound:  # the list is gone
                self.drop(list_id)

    def poll(self, list_id: str) -> None:
        """Count a request for the status: an import whose progress follows the polls moves on."""
        queue = self._queues.get(list_id)
        if queue and queue[0].job.polls:
            queue[0].job = after_poll(queue[0].job)
            self.advance_to_now()

    def running(self, list_id: str) -> bool:
        return list_id in self._queues

    def status_of(self, list_id: str) -> ImportStatus:
        """The status of the import that is running, or else of the last one, or an empty one."""
        current = self._current(list_id)
        visible_rows = self._org.profile.jobs.import_status_visible_rows
        return import_status_at(current.job, self._org.clock.now(), visible_rows) if current else ImportStatus()

    def next_step_at(self, list_id: str) -> float:
        """When time alone will bring another status; infinite if it will not."""
        queue = self._queues.get(list_id)
        return next_step_at(queue[0].job, self._org.clock.now()) if queue else math.inf

    def _append(self, list_id: str, queued: I) -> None:
        self._queues.setdefault(list_id, deque()).append(queued)

    def _current(self, list_id: str) -> I | None:
        queue = self._queues.get(list_id)
        return queue[0] if queue else self._last.get(list_id)

    def _advance(self, list_id: str, now: float) -> None:
        queue = self._queues[list_id]
        while queue:
            self._store_rows(queue[0], stored_rows(queue[0].job, now))
            if not has_ended(queue[0].job, now):
                return
            ended = queue.popleft()
            self._last[list_id] = self._over(ended.job, ended)
            self._note_end(list_id, ended, is_last=not queue)
            if queue:
                starts_at = max(queue[0].job.started_at, ends_at(ended.job))
                queue[0].job = msgspec.structs.replace(queue[0].job, started_at=starts_at)
        del self._queues[list_id]

    def _save(self, list_id: str, job: ImportJob, *, ended: bool) -> None:
        self._save_record(list_id, msgspec.json.encode(_SavedImport(job, ended)))

    def _restore(self, record: bytes) -> I:
        saved = msgspec.json.decode(record, type=_SavedImport)
        return self._over(after_restart(saved.job, ended=saved.ended), None)
