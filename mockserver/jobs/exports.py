"""Exports of lists: asked for, polled, downloaded in two steps. A room says which list, and what its file holds.

Nothing of them survives a restart: a list then has no export until the next one is asked for (assumption).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from aiohttp import web

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response
from mockserver.ids import new_id
from mockserver.jobs.downloads import Download, Downloads, origin, uri_of
from mockserver.jobs.export_job import after_poll, export_job, is_available, timestamp
from mockserver.model import ExportJob
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
        job = export_job(new_id(org.rng), list_id, rows, now, org.profile.jobs, running)
        self._exports[job.id] = export = ListExport(job, content)
        self._downloads.offer(
            Download(job.id, lambda: self._lines(export), lambda moment: is_available(export.job, moment))
        )
        return _json({"id": job.id, "selfUri": f"{list_uri}/export"})

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
        return _json({"uri": uri, "exportTimestamp": timestamp(job.ready_at)})

    def _of_list(self, list_id: str) -> list[ListExport[C]]:
        return [export for export in self._exports.values() if export.job.contact_list_id == list_id]

    def _forget_old(self, list_id: str, now: float) -> None:
        """Forget expired exports, and the list's earlier ones if the profile says that a new request ends them."""
        kept = _KEPT_A_LIST - 1 if self._org.profile.jobs.export_keeps_previous else 0
        of_list = self._of_list(list_id)
        replaced = of_list[: max(0, len(of_list) - kept)]
        self._forget([*replaced, *(each for each in self._exports.values() if each.job.expires_at <= now)])

    def _forget(self, exports: list[ListExport[C]]) -> None:
        for export in exports:
            self._exports.pop(export.job.id, None)
            self._downloads.withdraw(export.job.id)


def _json(value: dict[str, str]) -> Response:
    return Response(body=msgspec.json.encode(value))
