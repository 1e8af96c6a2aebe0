"""Exports of lists: asked for, polled, downloaded in two steps. A room says which list, and what its file holds.

Nothing of them survives a restart: a list then has no export until the next one is asked for (assumption).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from aiohttp import web

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.ids import new_download_id
from mockserver.jobs.downloads import Download, Downloads, origin, uri_of
from mockserver.model import ExportJob
from mockserver.profile import JobSettings
from mockserver.state.org import Org

_KEPT_A_LIST = 8  # exports of one list, expired or not

C = TypeVar("C")


@dataclass(slots=True)
class ListExport(Generic[C]):
    job: ExportJob
    content: C  # until the file is written


class ListExports(ABC, Generic[C]):
    id_name: str  # the path parameter
    list_name: str  # in messages

    def __init__(self, org: Org, downloads: Downloads) -> None:
        self._org, self._downloads = org, downloads
        self.reload()

    def reload(self) -> None:
        """As after a restart: without any export."""
        self._exports: dict[str, ListExport[C]] = {}  # by the download's id, in the order they were asked for

    @property
    @abstractmethod
    def _keeps_previous(self) -> bool:
        """Whether a list's former export stays available when another is asked for."""

    @abstractmethod
    def _check_exists(self, list_id: str) -> None:
        """Raise NotFound if there is no such list."""

    @abstractmethod
    def _lines(self, export: ListExport[C]) -> Iterator[bytes]:
        """The file's content; lets go of what the export holds."""

    async def get(self, request: web.Request) -> PendingOperation:
        """GET .../export: where the newest file is, as JSON or as a redirect."""
        list_id = request.match_info[self.id_name]
        redirects = request.query.get("download", "false").lower() == "true"
        return PendingOperation(lambda: self._get(list_id, origin(request), redirects=redirects))

    def _start(self, list_id: str, list_uri: str, content: C, rows: int) -> Response:
        """Begin an export of `rows` rows; earlier ones give way as the profile says."""
        org, now = self._org, self._org.clock.now()
        self._forget_old(list_id, now)
        running = [export.job for export in self._exports.values() if now < export.job.ready_at < math.inf]
        job = export_job(new_download_id(org.rng), list_id, rows, now, org.profile.jobs, running)
        self._exports[job.id] = export = ListExport(job, content)
        self._downloads.offer(
            Download(job.id, lambda: self._lines(export), lambda moment: is_available(export.job, moment))
        )
        return json_response({"id": job.id, "selfUri": f"{list_uri}/export"})

    def _get(self, list_id: str, origin: str, *, redirects: bool) -> Response:
        self._check_exists(list_id)
        now = self._org.clock.now()
        for export in self._of_list(list_id):
            export.job = after_poll(export.job, now, self._org.profile.jobs.export_uri_ttl_s)
        available = [export.job for export in self._of_list(list_id) if is_available(export.job, now)]
        if not available:
            message = f"There is no available download URI for {self.list_name} at this time."
            raise NotFound(message, "no.available.list.export.uri")
        job = max(available, key=lambda each: each.ready_at)
        uri = uri_of(job.id, origin)
        if redirects:
            return self._downloads.redirect(uri)
        return json_response({"uri": uri, "exportTimestamp": wire.timestamp(job.ready_at)})

    def _of_list(self, list_id: str) -> list[ListExport[C]]:
        return [export for export in self._exports.values() if export.job.contact_list_id == list_id]

    def _forget_old(self, list_id: str, now: float) -> None:
        """Forget expired exports, and the list's earlier ones if the profile says that a new request ends them."""
        kept = _KEPT_A_LIST - 1 if self._keeps_previous else 0
        of_list = self._of_list(list_id)
        replaced = of_list[: max(0, len(of_list) - kept)]
        self._forget([*replaced, *(each for each in self._exports.values() if each.job.expires_at <= now)])

    def _forget(self, exports: list[ListExport[C]]) -> None:
        for export in exports:
            self._exports.pop(export.job.id, None)
            self._downloads.withdraw(export.job.id)


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
