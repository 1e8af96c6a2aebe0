"""Bulk removals and updates of contacts as jobs. How far one is follows from the time, as with imports.

Source of the fields: SDK 269.0.0 models/contacts_bulk_operation_job.py. Assumptions: which contacts a job is about is
settled when it is asked for; the backup can be fetched once the job is complete; a job that a restart interrupts fails.
"""

from typing import Any, Literal

import msgspec

from mockserver.exports.downloads import uri_of
from mockserver.http import wire
from mockserver.imports.jobs import completed_records, ends_at, failing, has_ended
from mockserver.model import ImportJob

KEPT = 10  # jobs of a list. Source: SDK 269.0.0 outbound_api.py:4719, the 10 most recent


class BulkJob(msgspec.Struct, frozen=True, kw_only=True):
    progress: ImportJob
    type: Literal["BulkDelete", "BulkEdit"]
    has_backup: bool = False
    ended: bool = False  # as far as the store knows: else a restart has interrupted it

    @property
    def id(self) -> str:
        return self.progress.id


def interrupted(job: BulkJob) -> BulkJob:
    """The job as it is after a restart. Assumption: the code, and that the counters start from nothing."""
    if job.ended:
        return msgspec.structs.replace(job, has_backup=False)
    progress = msgspec.structs.replace(failing(job.progress, "bulk.job.interrupted", 0), started_at=0.0)
    return msgspec.structs.replace(job, progress=progress, has_backup=False, ended=True)


def backup_is_there(job: BulkJob, now: float, ttl_s: float) -> bool:
    return has_ended(job.progress, now) and now < ends_at(job.progress) + ttl_s


def shown(job: BulkJob, now: float, origin: str) -> dict[str, Any]:
    """The JSON object of the job."""
    progress = job.progress
    total, completed, ended = progress.total_records, completed_records(progress, now), has_ended(progress, now)
    list_uri = wire.contact_list_uri(progress.contact_list_id)
    state: dict[str, Any] = {"state": "Complete" if ended else "InProgress"}
    if ended and progress.failure_reason is not None:
        reason = {"message": "The bulk operation did not complete.", "code": progress.failure_reason}
        state = {"state": "Failed", "failureReason": reason}
    elif ended and job.has_backup:
        state["downloadURI"] = uri_of(job.id, origin)
    return {
        "id": job.id,
        "type": job.type,
        "totalRecords": total,
        "completedRecords": completed,
        "percentComplete": 100 * completed // total if total else 100 * ended,
        **state,
        "selfUri": f"{list_uri}/contacts/bulk/jobs/{job.id}",
    }
