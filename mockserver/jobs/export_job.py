"""When exports are ready, and the signed addresses of their files. Pure."""

import hashlib
import hmac
import math
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from mockserver.model import ExportJob
from mockserver.profile import JobSettings


def export_job(
    job_id: str, list_id: str, rows: int, now: float, jobs: JobSettings, running: Sequence[ExportJob]
) -> ExportJob:
    """The job asked for at `now`. Assumption: it waits until fewer than `exports_at_once` others are being made."""
    busy_until = sorted(other.ready_at for other in running)
    starts_at = busy_until[-jobs.exports_at_once] if len(busy_until) >= jobs.exports_at_once else now
    takes_s = rows / jobs.export_rows_per_s if jobs.export_rows_per_s else 0.0
    ready_at = max(now, starts_at) + jobs.export_start_delay_s + takes_s
    if jobs.progress != "time":
        ready_at = now if jobs.progress == "immediate" or not jobs.polls else math.inf
    return ExportJob(
        id=job_id,
        contact_list_id=list_id,
        requested_at=now,
        ready_at=ready_at,
        expires_at=ready_at + jobs.export_uri_ttl_s,
        polls=jobs.polls if jobs.progress == "polls" else 0,
    )


def after_poll(job: ExportJob, now: float, ttl_s: float) -> ExportJob:
    """The job after somebody has asked whether it is ready."""
    if job.polled >= job.polls:
        return job
    job = msgspec.structs.replace(job, polled=job.polled + 1)
    return msgspec.structs.replace(job, ready_at=now, expires_at=now + ttl_s) if job.polled == job.polls else job


def is_available(job: ExportJob, now: float) -> bool:
    return job.ready_at <= now < job.expires_at


def timestamp(seconds: float) -> str:
    """ISO 8601 with milliseconds and Z, as the platform writes moments."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def signature(key: bytes, job_id: str, expires: int) -> str:
    return hmac.new(key, f"{job_id}\n{expires}".encode(), hashlib.sha256).hexdigest()


def is_signed(key: bytes, job_id: str, expires: str, given: str) -> bool:
    return (
        expires.isascii()
        and expires.isdigit()
        and hmac.compare_digest(signature(key, job_id, int(expires[:15])).encode(), given.encode())
    )
