"""Exports of contact lists: asked for, polled, downloaded in two steps.

Nothing of them survives a restart: a list then has no export until the next one is asked for (assumption).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from aiohttp import web

from mockserver.contacts import selection as contact_selection
from mockserver.contacts.selection import Selection, check_named, selected_ids
from mockserver.errors import NotFound
from mockserver.exports.rows import export_header, export_lines
from mockserver.handling import PendingOperation, Response
from mockserver.http.body import malformed_body, read_json
from mockserver.ids import new_id
from mockserver.jobs.downloads import Download, Downloads, origin, uri_of
from mockserver.jobs.export_job import after_poll, export_job, is_available, timestamp
from mockserver.model import ContactList, ExportJob
from mockserver.state.org import Org
from mockserver.storage.store import ContactSnapshot

_KEPT_A_LIST = 8  # exports of one list, expired or not
_NOTHING = ContactSnapshot((), ())


@dataclass(slots=True)
class _Export:
    job: ExportJob
    contact_list: ContactList
    contacts: ContactSnapshot  # until the file is written


class Exports:
    def __init__(self, org: Org, downloads: Downloads) -> None:
        self._org, self._downloads = org, downloads
        self.reload()

    def reload(self) -> None:
        """As after a restart: without any export."""
        self._exports: dict[str, _Export] = {}  # by the download's id, in the order they were asked for

    async def create(self, request: web.Request) -> PendingOperation:
        """POST .../export: of all contacts, or of those that the body names."""
        list_id = request.match_info["contact_list_id"]
        sent = await read_json(request, self._org.profile.limits.request_body_bytes, optional=True)
        try:
            wanted = msgspec.convert({} if sent is None else sent, Selection)
        except msgspec.ValidationError as error:
            raise malformed_body() from error
        check_named(wanted, ("contactListFilterId", "criteria", "contactIds"), required=False)
        return PendingOperation(lambda: self._create(list_id, wanted))

    async def get(self, request: web.Request) -> PendingOperation:
        """GET .../export: where the newest file is, as JSON or as a redirect."""
        list_id = request.match_info["contact_list_id"]
        redirect = request.query.get("download", "false").lower() == "true"
        return PendingOperation(lambda: self._get(list_id, origin(request), redirect))

    # What fault rules may do to the newest export of a list.

    def freeze(self, list_id: str) -> None:
        """It never becomes ready."""
        export = self._of_list(list_id)[-1]
        export.job = msgspec.structs.replace(export.job, ready_at=math.inf, expires_at=math.inf, polls=0)

    def lose_rows(self, list_id: str, count: int) -> None:
        """The last `count` contacts are not in the file."""
        export = self._of_list(list_id)[-1]
        ids, rows, attributes, _ = export.contacts
        kept = max(0, len(ids) - count)
        export.contacts = ContactSnapshot(ids[:kept], rows[:kept], attributes)

    def _create(self, list_id: str, wanted: Selection) -> Response:
        org, now = self._org, self._org.clock.now()
        contact_list, contacts = org.store.contact_list(list_id), self._contacts(list_id, wanted, now)
        self._forget_old(list_id, now)
        running = [export.job for export in self._exports.values() if now < export.job.ready_at < math.inf]
        job = export_job(new_id(org.rng), list_id, len(contacts.ids), now, org.profile.jobs, running)
        self._exports[job.id] = export = _Export(job, contact_list, contacts)
        self._downloads.offer(
            Download(job.id, lambda: self._lines(export), lambda moment: is_available(export.job, moment))
        )
        uri = f"/api/v2/outbound/contactlists/{list_id}/export"
        return Response(body=msgspec.json.encode({"id": job.id, "selfUri": uri}))

    def _contacts(self, list_id: str, wanted: Selection, now: float) -> ContactSnapshot:
        store = self._org.store
        if not wanted.ways:
            return store.snapshot(list_id)
        return contact_selection.snapshot(store, list_id, selected_ids(store, store.contact_list(list_id), wanted, now))

    def _get(self, list_id: str, origin: str, redirect: bool) -> Response:
        self._org.store.contact_list(list_id)
        now = self._org.clock.now()
        for export in self._of_list(list_id):
            export.job = after_poll(export.job, now, self._org.profile.jobs.export_uri_ttl_s)
        available = [export.job for export in self._of_list(list_id) if is_available(export.job, now)]
        if not available:
            message = "There is no available download URI for contact list at this time."
            raise NotFound(message, "no.available.list.export.uri")
        job = max(available, key=lambda each: each.ready_at)
        uri = uri_of(job.id, origin)
        if redirect:
            return self._downloads.redirect(uri)
        return _json({"uri": uri, "exportTimestamp": timestamp(job.ready_at)})

    def _lines(self, export: _Export) -> Iterator[bytes]:
        """The file's content; lets go of the contacts."""
        ids, rows, attributes, _ = export.contacts
        export.contacts = _NOTHING
        yield export_header(export.contact_list)
        yield from export_lines(export.contact_list, ids, rows, self._org.profile.semantics, attributes)

    def forget(self, list_id: str) -> None:
        """As if there never had been an export of the list."""
        for export in self._of_list(list_id):
            del self._exports[export.job.id]
            self._downloads.withdraw(export.job.id)

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


def _json(value: dict[str, str]) -> Response:
    return Response(body=msgspec.json.encode(value))
