"""How far an import is at any moment. Pure: nothing runs in the background, everything follows from the time."""

import math

import msgspec

from mockserver.model import ImportJob, ImportStatus
from mockserver.profile import JobSettings

# Assumption: the platform has no public code for an import that was cut short by a restart or by clearing the list.
INTERRUPTED = "IMPORT_INTERRUPTED"
_ROUNDING_S = 1e-6  # what may be lost in seconds since 1970: a step is never announced for just before it comes
OVER_CAPACITY = "EXCEEDED_CONTACT_LIMIT"


def completed_records(job: ImportJob, now: float) -> int:
    """Records of the file that are through."""
    if now < job.started_at:
        return 0
    limit = _target(job) if job.frozen_at is None else min(_target(job), job.frozen_at)
    if job.polls:
        return limit * min(job.polled, job.polls) // job.polls
    if not job.records_per_s:
        return limit
    return min(limit, int((now - job.started_at) * job.records_per_s))


def stored_rows(job: ImportJob, now: float) -> int:
    """Accepted rows that are in the list: all of them once all records are through."""
    return job.accepted * completed_records(job, now) // job.total_records if job.total_records else 0


def at_pace(job: ImportJob, jobs: JobSettings, now: float) -> ImportJob:
    """The job with the progress that the profile asks for."""
    if jobs.progress == "time":
        return job
    polls = jobs.polls if jobs.progress == "polls" else 0
    return msgspec.structs.replace(job, started_at=now, records_per_s=0.0, polls=polls)


def import_job(
    job_id: str, list_id: str, *, records: int, accepted: int, refused: str | None, jobs: JobSettings, now: float
) -> ImportJob:
    """The job of a file that came at `now`; a refused one fails before its first record."""
    job = ImportJob(
        id=job_id,
        contact_list_id=list_id,
        total_records=0 if refused else records,
        accepted=accepted,
        started_at=now + jobs.import_start_delay_s,
        records_per_s=jobs.import_rows_per_s,
        failure_reason=refused,
    )
    return at_pace(job, jobs, now)


def after_poll(job: ImportJob) -> ImportJob:
    """The job once its status has been asked for."""
    return msgspec.structs.replace(job, polled=job.polled + 1)


def after_restart(job: ImportJob, interruption: str | None) -> ImportJob:
    """The job as a restart leaves it: over, and failed with the code of its interruption if it had not ended before."""
    return without_progress(failing(job, interruption, 0) if interruption else job)


def without_progress(job: ImportJob) -> ImportJob:
    """The job without any progress to come: what is completed stays so."""
    return msgspec.structs.replace(job, started_at=0.0, records_per_s=0.0, polls=0)


def has_ended(job: ImportJob, now: float) -> bool:
    return now >= job.started_at and completed_records(job, now) >= _target(job)


def ends_at(job: ImportJob) -> float:
    """When it ends if it is not frozen."""
    return job.started_at + (_target(job) / job.records_per_s if job.records_per_s else 0.0)


def next_step_at(job: ImportJob, now: float) -> float:
    """When the status will show the next percent, or the end; infinite if time alone will not bring it.

    An end that has passed is still due: what is known of a job changes once more when it is settled.
    """
    if now < job.started_at:
        return job.started_at
    if has_ended(job, now):
        return ends_at(job)
    limit = _target(job) if job.frozen_at is None else min(_target(job), job.frozen_at)
    done = completed_records(job, now)
    if job.polls or not job.records_per_s or done >= limit:
        return math.inf
    percent = 100 * done // job.total_records + 1
    due = min(limit, -(-percent * job.total_records // 100))
    return job.started_at + due / job.records_per_s + _ROUNDING_S


def import_status_at(job: ImportJob, now: float, visible_rows: int = 0) -> ImportStatus:
    """What the platform shows. Imports of fewer than `visible_rows` records show nothing, unless they fail.

    Nothing is shown before the start; a finished import has no state, only 100 percent. Source: Terraform provider
    1.84.1, which waits for exactly that. Assumption: the counters stay after the end. Reasons have no `IMPORT_` here,
    unlike in the event log. Source: Terraform provider, PRs 1898 and 2311.
    """
    if now < job.started_at:
        return ImportStatus()
    ended, completed, total = has_ended(job, now), completed_records(job, now), job.total_records
    percent = min(99, 100 * completed // total) if total else 0
    status = ImportStatus(total_records=total, completed_records=completed, percent_complete=percent)
    if ended and job.failure_reason is not None:
        reason = job.failure_reason.removeprefix("IMPORT_") or msgspec.UNSET
        return msgspec.structs.replace(status, state="FAILED", failure_reason=reason)
    if total < visible_rows:
        return ImportStatus()
    return msgspec.structs.replace(status, **({"percent_complete": 100} if ended else {"state": "IN_PROGRESS"}))


def failing(job: ImportJob, reason: str, after_records: int) -> ImportJob:
    return msgspec.structs.replace(job, failure_reason=reason, completed_at_failure=after_records)


def full(job: ImportJob, reason: str, stored: int) -> ImportJob:
    """The job, failing because there is no room for more than the `stored` rows."""
    # Rounded up: as many records as it takes for `stored_rows` to give what is stored.
    return failing(job, reason, -(-stored * job.total_records // max(1, job.accepted)))


def _target(job: ImportJob) -> int:
    return job.total_records if job.failure_reason is None else job.completed_at_failure
