"""Exports of DNC lists: asked for, polled, downloaded as those of contact lists are.

The file: column 0 holds the entry, column 2 its expiration (Terraform provider 1.84.1, dnclist proxy). Assumptions: the
names of the columns, the kind of the entry in column 1, byte order mark and quotes as in exports of contact lists.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import msgspec
from aiohttp import web

from mockserver.dnc.book import DncBook
from mockserver.dnc.imports import DncImports
from mockserver.dnc.model import EntryKind, uri
from mockserver.dnc.rules import check_internal, minute_text
from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response
from mockserver.ids import new_id
from mockserver.jobs.downloads import Download, Downloads, origin, uri_of
from mockserver.jobs.export_job import after_poll, export_job, is_available, timestamp
from mockserver.model import ExportJob
from mockserver.state.org import Org

HEADER = b'\xef\xbb\xbf"entry","type","expirationDateTime"\n'
_CHUNK_ROWS = 5_000
_KEPT_A_LIST = 8  # exports of one list, expired or not

Entries = Mapping[EntryKind, Mapping[str, int]]


@dataclass(slots=True)
class _Export:
    job: ExportJob
    entries: Entries  # until the file is written


class DncExports:
    def __init__(self, org: Org, downloads: Downloads, book: DncBook, imports: DncImports) -> None:
        self._org, self._downloads, self._book, self._imports = org, downloads, book, imports
        self.reload()

    def reload(self) -> None:
        """As after a restart: without any export."""
        self._exports: dict[str, _Export] = {}  # by the download's id, in the order they were asked for

    async def create(self, request: web.Request) -> PendingOperation:
        """POST .../export. The body is not looked at: SDKs send `null` or nothing."""
        list_id = request.match_info["dnc_list_id"]
        return PendingOperation(lambda: self._create(list_id))

    async def get(self, request: web.Request) -> PendingOperation:
        """GET .../export: where the newest file is, as JSON or as a redirect."""
        list_id = request.match_info["dnc_list_id"]
        redirects = request.query.get("download", "false").lower() == "true"
        return PendingOperation(lambda: self._get(list_id, origin(request), redirects=redirects))

    def _create(self, list_id: str) -> Response:
        org, now = self._org, self._org.clock.now()
        check_internal(self._book.dnc_list(list_id))
        self._imports.advance_to_now()
        self._forget_old(list_id, now)
        entries = self._book.entries(list_id)
        running = [export.job for export in self._exports.values() if now < export.job.ready_at < math.inf]
        job = export_job(new_id(org.rng), list_id, len(entries), now, org.profile.jobs, running)
        self._exports[job.id] = export = _Export(job, entries.snapshot())
        self._downloads.offer(Download(job.id, lambda: _lines(export), lambda moment: is_available(export.job, moment)))
        return Response(body=msgspec.json.encode({"id": job.id, "selfUri": f"{uri(list_id)}/export"}))

    def _get(self, list_id: str, origin: str, *, redirects: bool) -> Response:
        self._book.dnc_list(list_id)
        now = self._org.clock.now()
        for export in self._of_list(list_id):
            export.job = after_poll(export.job, now, self._org.profile.jobs.export_uri_ttl_s)
        available = [export.job for export in self._of_list(list_id) if is_available(export.job, now)]
        if not available:
            message = "There is no available download URI for the dnc list at this time."
            raise NotFound(message, "no.available.list.export.uri")
        job = max(available, key=lambda each: each.ready_at)
        where = uri_of(job.id, origin)
        if redirects:
            return self._downloads.redirect(where)
        return Response(body=msgspec.json.encode({"uri": where, "exportTimestamp": timestamp(job.ready_at)}))

    def _of_list(self, list_id: str) -> list[_Export]:
        return [export for export in self._exports.values() if export.job.contact_list_id == list_id]

    def _forget_old(self, list_id: str, now: float) -> None:
        """Expired exports, and the list's earlier ones if the profile says that a new request ends them."""
        kept = _KEPT_A_LIST - 1 if self._org.profile.jobs.export_keeps_previous else 0
        of_list = self._of_list(list_id)
        replaced = of_list[: max(0, len(of_list) - kept)]
        for export in [*replaced, *(each for each in self._exports.values() if each.job.expires_at <= now)]:
            self._exports.pop(export.job.id, None)
            self._downloads.withdraw(export.job.id)


def lines(entries: Entries) -> Iterator[bytes]:
    """The file's content, some 5,000 entries at a time."""
    yield HEADER
    for kind, of_kind in entries.items():
        rows = (f'"{_escape(value)}","{kind}","{minute_text(minute)}"\n' for value, minute in of_kind.items())
        while chunk := "".join(islice(rows, _CHUNK_ROWS)):
            yield chunk.encode()


def _lines(export: _Export) -> Iterator[bytes]:
    entries, export.entries = export.entries, {}
    return lines(entries)


def _escape(value: str) -> str:
    return value.replace('"', '""')
