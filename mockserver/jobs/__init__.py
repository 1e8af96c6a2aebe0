"""Jobs that take time: begun, advanced to now, polled, saved. A room says what their work is.

Nothing runs in the background: `advance_to_now` does what has become due since the last request.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Generic, TypeVar

import msgspec

from mockserver.errors import NotFound, StoreFull, TooManyRequests
from mockserver.jobs.import_progress import (
    INTERRUPTED,
    after_poll,
    after_restart,
    completed_records,
    ends_at,
    failing,
    has_ended,
    import_status_at,
    next_step_at,
    without_progress,
)
from mockserver.model import ImportJob, ImportStatus
from mockserver.state import Org

_MOST_ON_THEIR_WAY = 10_000  # jobs of one kind: each holds what it is to bring
_COME_BACK_S = 60


class QueuedJob(msgspec.Struct, eq=False, kw_only=True):
    """What is known of a job, also after a restart. The names of its fields are in stores: they never change."""

    progress: ImportJob = msgspec.field(name="job")
    ended: bool = False

    @property
    def owner_id(self) -> str:
        """The list or template it belongs to."""
        return self.progress.contact_list_id

    @property
    def key(self) -> str:
        """What it is remembered by: a later job with the same key takes its place."""
        return self.progress.contact_list_id


TellEnd = Callable[[str, str, ImportStatus], None]  # takes the owner's id, the job's, and the last status of that

J = TypeVar("J", bound=QueuedJob)
W = TypeVar("W")  # what a job works on until it ends


class JobQueues(ABC, Generic[J, W]):
    """The jobs of one kind, by owner. `tell_end` is called at each end, before another job takes the place of that."""

    kind: ClassVar[str]  # of the documents that keep them
    one_at_a_time: ClassVar[bool] = True  # the jobs of an owner wait for each other
    interrupted: ClassVar[str] = INTERRUPTED  # why a job fails that a restart has cut short
    job_type: type[J]

    def __init__(self, org: Org) -> None:
        self._org = org
        self.tell_end: TellEnd = lambda owner_id, job_id, status: None
        self.reload()

    def reload(self) -> None:
        """As after a restart: what is remembered, nothing on its way."""
        self._queues: dict[str, list[tuple[J, W]]] = {}
        self._remembered = {key: self._restore(raw) for key, raw in self._records().items()}

    @abstractmethod
    def _work_until(self, now: float, job: J, work: W) -> None:
        """Do what is due by now. Raises NotFound if the owner is gone."""

    @abstractmethod
    def _record_end(self, job: J, work: W) -> None:
        """Tell how the job has ended. Raises NotFound if the owner is gone."""

    def advance_to_now(self) -> None:
        """Do what is due. Costs next to nothing while no job is on its way."""
        now = self._org.clock.now()
        for owner_id in list(self._queues):
            try:
                self._advance(owner_id, now)
            except NotFound:
                self.drop(owner_id)
            except StoreFull:
                self._give_up(owner_id, now)

    def poll(self, owner_id: str) -> None:
        """Count a request for the status: jobs whose progress follows the polls move on."""
        self._poll(self._active_jobs(owner_id))

    def drop(self, owner_id: str) -> None:
        """Forget the work that is still to be done for an owner."""
        self._queues.pop(owner_id, None)

    def is_running(self, owner_id: str) -> bool:
        return owner_id in self._queues

    def status_of(self, owner_id: str) -> ImportStatus:
        """The status of the job that is active, or else of the last one, or an empty one."""
        job = self._shown_job(owner_id)
        return self._status(job) if job else ImportStatus()

    def shown_id(self, owner_id: str) -> str:
        """The id of the job whose status that is, or ""."""
        job = self._shown_job(owner_id)
        return job.progress.id if job else ""

    def next_step_at(self, owner_id: str) -> float:
        """When time alone will bring another status; infinite if it will not."""
        now = self._org.clock.now()
        return min((next_step_at(job.progress, now) for job in self._active_jobs(owner_id)), default=math.inf)

    def _active_jobs(self, owner_id: str) -> list[J]:
        jobs = [job for job, _ in self._queues.get(owner_id, ())]
        return jobs[:1] if self.one_at_a_time else jobs

    def _shown_job(self, owner_id: str) -> J | None:
        return self._remembered.get(owner_id)

    def _status(self, job: J) -> ImportStatus:
        return import_status_at(job.progress, self._org.clock.now(), self._org.profile.jobs.import_status_visible_rows)

    def _begin(self, job: J, work: W) -> None:
        if sum(map(len, self._queues.values())) >= _MOST_ON_THEIR_WAY:
            raise TooManyRequests(_COME_BACK_S)
        if not (self.one_at_a_time and self._queues.get(job.owner_id)):
            self._remember(job)
        self._queues.setdefault(job.owner_id, []).append((job, work))

    def _poll(self, jobs: Iterable[J]) -> None:
        for job in jobs:
            if job.progress.polls:
                job.progress = after_poll(job.progress)
        self.advance_to_now()

    def _give_up(self, owner_id: str, now: float) -> None:
        """Let the owner's jobs fail where nothing can be written: in memory, as their unfinished records will later."""
        for job, _ in self._queues.pop(owner_id):
            job.progress = without_progress(
                failing(job.progress, self.interrupted, completed_records(job.progress, now))
            )
            job.ended = True
            self._remembered[job.key] = job

    def _advance(self, owner_id: str, now: float) -> None:
        queue = self._queues[owner_id]
        for job, work in list(queue):
            self._work_until(now, job, work)
            if has_ended(job.progress, now):
                queue.remove((job, work))
                self._end(job, work)
                if self.one_at_a_time and queue:
                    self._activate(queue[0][0], ends_at(job.progress))
            elif self.one_at_a_time:
                return
        if not queue:
            del self._queues[owner_id]

    def _end(self, job: J, work: W) -> None:
        job.ended = True
        self._remember(job)
        self._record_end(job, work)
        self.tell_end(job.owner_id, job.progress.id, self._status(job))

    def _activate(self, job: J, free_at: float) -> None:
        """Begin a job that has waited until `free_at`."""
        job.progress = msgspec.structs.replace(job.progress, started_at=max(job.progress.started_at, free_at))
        self._remember(job)

    def _remember(self, job: J) -> None:
        self._save_record(job.key, msgspec.json.encode(job))
        self._remembered[job.key] = job

    def _restore(self, record: bytes) -> J:
        job = msgspec.json.decode(record, type=self.job_type)
        job.progress = after_restart(job.progress, None if job.ended else self.interrupted)
        job.ended = True
        return job

    def _records(self) -> Mapping[str, bytes]:
        """What `_save_record` has kept, by key."""
        return self._org.store.documents(self.kind)

    def _save_record(self, key: str, record: bytes) -> None:
        self._org.store.save_document(self.kind, key, record)
