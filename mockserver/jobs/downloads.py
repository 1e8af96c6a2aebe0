"""Files that clients fetch in two steps: with a token to a signed address, and there without one.

A file is written on first need, in small pieces so that other requests are served in between. Nothing of it survives a
restart.
"""

import asyncio
import hashlib
import hmac
import math
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from mockserver.errors import ApiError, BadRequest, Forbidden, NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.state.org import Org

_EXPIRES = re.compile(r"Expires=([0-9]{1,12})&")


class Gone(ApiError):
    status, code = 410, "gone"


@dataclass(slots=True)
class Download:
    """A file to be fetched. `lines` gives its content, to the end once; `is_available` says whether it is time."""

    id: str
    lines: Callable[[], Iterator[bytes]]
    is_available: Callable[[float], bool]
    written: bool = False
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Downloads:
    def __init__(self, org: Org) -> None:
        self._org = org
        self.reload()

    def reload(self) -> None:
        """As after a restart: nothing is offered, and addresses are signed with another key."""
        self._downloads: dict[str, Download] = {}
        self._key = secrets.token_bytes(32)

    def offer(self, download: Download) -> None:
        self._downloads[download.id] = download

    def __contains__(self, download_id: str) -> bool:
        return download_id in self._downloads

    def withdraw(self, download_id: str) -> None:
        """The file is gone, from the disk as well."""
        if self._downloads.pop(download_id, None):
            self._path(download_id).unlink(missing_ok=True)

    async def download(self, request: web.Request) -> PendingOperation:
        """GET /api/v2/downloads/{id}, with a token: the way to the signed address. Source: SDK downloads_api.py:57."""
        download_id = request.match_info["download_id"]
        redirects = request.query.get("issueRedirect", "true").lower() != "false"
        return PendingOperation(lambda: self._address(download_id, origin(request), redirects=redirects))

    async def file(self, request: web.Request) -> PendingOperation:
        """GET the signed address, which needs no token: the CSV."""
        if self._org.profile.semantics.bearer_at_signed_address == "refuse" and "Authorization" in request.headers:
            # As object stores do with a request that is authorized twice.
            raise BadRequest("Only one way of authorization is allowed; this address is signed.")
        download = self._verified_download(request)
        await self._write(download)
        return PendingOperation(lambda: self._file_answer(download.id))

    def redirect(self, uri: str) -> Response:
        return Response(status=self._org.profile.semantics.redirect_status, headers={"Location": uri})

    def _address(self, download_id: str, origin: str, *, redirects: bool) -> Response:
        now = self._org.clock.now()
        download = self._downloads.get(download_id)
        if download is None or not download.is_available(now):
            raise NotFound("The requested download could not be found.")
        expires = math.ceil(now + self._org.profile.jobs.export_uri_ttl_s)
        url = f"{origin}/downloads/{download_id}?{self._query(download_id, str(expires))}"
        return self.redirect(url) if redirects else json_response({"url": url})

    def _verified_download(self, request: web.Request) -> Download:
        download_id, query = request.match_info["download_id"], request.rel_url.raw_query_string
        expires = _EXPIRES.match(query)
        if expires is None or not hmac.compare_digest(
            query.encode(errors="surrogateescape"), self._query(download_id, expires[1]).encode()
        ):
            raise Forbidden("The signature of this address is not valid.", "access.denied")
        download = self._downloads.get(download_id)
        if download is None or int(expires[1]) < self._org.clock.now():
            raise _expired_error()
        return download

    def _query(self, download_id: str, expires: str) -> str:
        """What the signed address ends in: it is valid as a whole, as it was written, or not at all."""
        return f"Expires={expires}&Signature={signature(self._key, download_id, expires)}"

    async def _write(self, download: Download) -> None:
        """Write the file if it is not there."""
        async with download.writing:
            if download.written:
                return
            handle = os.open(self._path(download.id), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                for lines in download.lines():
                    file.write(lines)
                    file.flush()  # before `lines` goes on, and at its end lets go of what the file is made from
                    await asyncio.sleep(0)
            download.written = True

    def _path(self, download_id: str) -> Path:
        return self._org.spool / f"{download_id}.csv"

    def _file_answer(self, download_id: str) -> Response:
        path = self._path(download_id)
        if not path.exists():  # withdrawn while the request waited
            raise _expired_error()
        headers = {
            "Content-Disposition": f'attachment; filename="{path.name}"',
            "X-Content-Type-Options": "nosniff",
            "Accept-Ranges": "none",
            "Cache-Control": "no-store",
        }
        # Assumption: a client reads the file as text, and finds the names behind the byte order mark in UTF-8 only.
        return Response(content_type="text/csv; charset=utf-8", headers=headers, file=path)


def signature(key: bytes, *parts: str) -> str:
    """What only the holder of `key` can say about `parts`, in hexadecimal digits. No part may hold a line break."""
    return hmac.new(key, "\n".join(parts).encode(errors="surrogateescape"), hashlib.sha256).hexdigest()


def is_signature(given: str, key: bytes, *parts: str) -> bool:
    """Whether it says just that: parts with line breaks could be divided in another way."""
    is_right = hmac.compare_digest(given.encode(errors="surrogateescape"), signature(key, *parts).encode())
    return is_right and not any("\n" in part for part in parts)


def uri_of(download_id: str, origin: str) -> str:
    """Where the two steps begin."""
    return f"{origin}/api/v2/downloads/{download_id}"


def origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


def _expired_error() -> Gone:
    return Gone("This address has expired.")
