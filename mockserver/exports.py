"""Exports of contact lists: asked for, polled, downloaded in two steps.

The file is written on first need, in small pieces so that other requests are served in between. Nothing of it survives
a restart: a list then has no export until the next one is asked for (assumption).
"""

import asyncio
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from .body import read_json
from .errors import ApiError, BadRequest, Forbidden, NotFound
from .export_jobs import export_job, is_available, is_signed, signature, timestamp
from .export_rows import export_header, export_lines
from .handling import Answer, Prepared
from .ids import new_id
from .model import ContactList, ExportJob
from .org import Org
from .store import Snapshot

_REQUEST_BYTES = 64 * 1024
_KEPT_A_LIST = 8  # exports of one list, expired or not
_NOTHING = Snapshot((), ())


class Gone(ApiError):
    status, code = 410, "gone"


@dataclass(slots=True)
class _Export:
    job: ExportJob
    contact_list: ContactList
    contacts: Snapshot  # until the file is written
    path: Path
    written: bool = False
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Exports:
    def __init__(self, org: Org) -> None:
        self._org = org
        self._exports: dict[str, _Export] = {}  # by the download's id, in the order they were asked for
        self._key = org.rng_for("downloads").randbytes(32)

    async def create(self, request: web.Request) -> Prepared:
        """POST .../export. Assumption: filters and single contacts, which the body may name, are not supported."""
        list_id = request.match_info["contact_list_id"]
        wanted = await read_json(request, _REQUEST_BYTES, optional=True)
        if wanted is not None and (not isinstance(wanted, dict) or wanted):
            raise BadRequest("This mock exports whole lists only: the body must be empty, null or {}.")
        return Prepared(lambda: self._create(list_id))

    async def get(self, request: web.Request) -> Prepared:
        """GET .../export: where the newest file is, as JSON or as a redirect."""
        list_id = request.match_info["contact_list_id"]
        redirect = request.query.get("download", "false").lower() == "true"
        return Prepared(lambda: self._get(list_id, _origin(request), redirect))

    async def download(self, request: web.Request) -> Prepared:
        """GET /api/v2/downloads/{id}, with a token: the way to the signed address. Source: SDK downloads_api.py:57."""
        download_id = request.match_info["download_id"]
        redirect = request.query.get("issueRedirect", "true").lower() != "false"
        return Prepared(lambda: self._download(download_id, _origin(request), redirect))

    async def file(self, request: web.Request) -> Prepared:
        """GET the signed address, which needs no token: the CSV."""
        if self._org.profile.semantics.bearer_at_signed_address == "refuse" and "Authorization" in request.headers:
            # As object stores do with a request that is authorized twice.
            raise BadRequest("Only one way of authorization is allowed; this address is signed.")
        export = self._signed(request)
        await self._write(export)
        return Prepared(lambda: _file_answer(export))

    # What fault rules may do to the newest export of a list.

    def freeze(self, list_id: str) -> None:
        """It never becomes ready."""
        export = self._of_list(list_id)[-1]
        export.job = msgspec.structs.replace(export.job, ready_at=math.inf, expires_at=math.inf)

    def lose_rows(self, list_id: str, count: int) -> None:
        """The last `count` contacts are not in the file."""
        export = self._of_list(list_id)[-1]
        ids, rows, attributes, _ = export.contacts
        kept = max(0, len(ids) - count)
        export.contacts = Snapshot(ids[:kept], rows[:kept], attributes)

    def _create(self, list_id: str) -> Answer:
        org = self._org
        contact_list, contacts = org.store.contact_list(list_id), org.store.snapshot(list_id)
        now = org.clock.now()
        self._forget_old(list_id, now)
        running = [export.job for export in self._exports.values() if now < export.job.ready_at < math.inf]
        job = export_job(new_id(org.rng), list_id, len(contacts.ids), now, org.profile.jobs, running)
        self._exports[job.id] = _Export(job, contact_list, contacts, org.spool / f"{job.id}.csv")
        uri = f"/api/v2/outbound/contactlists/{list_id}/export"
        return Answer(body=msgspec.json.encode({"id": job.id, "selfUri": uri}))

    def _get(self, list_id: str, origin: str, redirect: bool) -> Answer:
        self._org.store.contact_list(list_id)
        now = self._org.clock.now()
        available = [export.job for export in self._of_list(list_id) if is_available(export.job, now)]
        if not available:
            message = "There is no available download URI for contact list at this time."
            raise NotFound(message, "no.available.list.export.uri")
        job = max(available, key=lambda each: each.ready_at)
        uri = f"{origin}/api/v2/downloads/{job.id}"
        if redirect:
            return self._redirect(uri)
        return _json({"uri": uri, "exportTimestamp": timestamp(job.ready_at)})

    def _download(self, download_id: str, origin: str, redirect: bool) -> Answer:
        now = self._org.clock.now()
        export = self._exports.get(download_id)
        if export is None or not is_available(export.job, now):
            raise NotFound("The requested download could not be found.")
        expires = math.ceil(now + self._org.profile.jobs.export_uri_ttl_s)
        query = f"Expires={expires}&Signature={signature(self._key, download_id, expires)}"
        url = f"{origin}/downloads/{download_id}?{query}"
        return self._redirect(url) if redirect else _json({"url": url})

    def _signed(self, request: web.Request) -> _Export:
        download_id, expires = request.match_info["download_id"], request.query.get("Expires", "")
        if not is_signed(self._key, download_id, expires, request.query.get("Signature", "")):
            raise Forbidden("The signature of this address is not valid.", "access.denied")
        export = self._exports.get(download_id)
        if export is None or int(expires) < self._org.clock.now():
            raise _gone()
        return export

    async def _write(self, export: _Export) -> None:
        """Write the file if it is not there, and let go of the contacts."""
        async with export.writing:
            if export.written:
                return
            ids, rows, attributes, _ = export.contacts
            with os.fdopen(os.open(export.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(export_header(export.contact_list))
                for lines in export_lines(export.contact_list, ids, rows, self._org.profile.semantics, attributes):
                    file.write(lines)
                    await asyncio.sleep(0)
            export.written, export.contacts = True, _NOTHING

    def _of_list(self, list_id: str) -> list[_Export]:
        return [export for export in self._exports.values() if export.job.contact_list_id == list_id]

    def _forget_old(self, list_id: str, now: float) -> None:
        """Expired exports, and the list's earlier ones if the profile says that a new request ends them."""
        kept = _KEPT_A_LIST - 1 if self._org.profile.jobs.export_keeps_previous else 0
        of_list = self._of_list(list_id)
        replaced = of_list[: max(0, len(of_list) - kept)]
        for export in [*replaced, *(each for each in self._exports.values() if each.job.expires_at <= now)]:
            self._exports.pop(export.job.id, None)
            export.path.unlink(missing_ok=True)

    def _redirect(self, uri: str) -> Answer:
        return Answer(status=self._org.profile.semantics.redirect_status, headers={"Location": uri})


def _file_answer(export: _Export) -> Answer:
    if not export.path.exists():  # forgotten while the request waited
        raise _gone()
    headers = {
        "Content-Disposition": f'attachment; filename="{export.job.id}.csv"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Answer(content_type="text/csv", headers=headers, file=export.path)


def _gone() -> Gone:
    return Gone("This address has expired.")


def _origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


def _json(value: dict[str, str]) -> Answer:
    return Answer(body=msgspec.json.encode(value))
