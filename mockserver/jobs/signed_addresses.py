"""Files behind signed addresses: fetched with GET, put with PUT, without a token.

A file to be fetched is asked for in two steps: with a token for its address, and there without one. It is written on
first need, in small pieces so that other requests are served in between. Nothing of it survives a restart.
"""

import asyncio
import hashlib
import hmac
import math
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec
from aiohttp import web

from mockserver.errors import ApiError, BadRequest, Forbidden, NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.body import arriving
from mockserver.ids import SECURE, new_id
from mockserver.state import Org

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


# Addresses that files are put to without a token, as object stores hand them out.
#
# Source of the answer: SDK 269.0.0 models/upload_url_response.py. Assumptions: the store behind it is S3, and so are
# its refusals; an address may be used again until it expires, and each time the file is read. Addresses live in memory:
# those of a former run are signed with another key.


FileReader = Callable[
    [Path], Awaitable[PendingOperation]
]  # reads a file that came; the commit starts what is to be done with it

_PATH = "/presigned/"
_QUERY = ["X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature", "X-Amz-SignedHeaders"]
_DATE = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class _Address:
    expires_at: datetime
    read: FileReader


class PresignedUploads:
    """The addresses of one org: `issue` makes one, `put` serves it."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.reload()

    def reload(self) -> None:
        """As after a restart: no address is in force, and new ones are signed with another key."""
        self._key = secrets.token_bytes(32)
        self._addresses: dict[str, _Address] = {}  # by upload key

    def issue(self, origin: str, folder: str, content_type: str, timeout_s: int, read: FileReader) -> Response:
        """Answer 200 with an address for one file; `read` gets the file. To be called in a commit."""
        now = datetime.fromtimestamp(self._org.clock.now(), UTC)
        self._forget_expired(now)
        key = f"{folder}/{new_id(SECURE)}.{_suffix(content_type)}"
        self._addresses[key] = _Address(now + timedelta(seconds=timeout_s), read)
        headers = {"Content-Type": content_type, "x-amz-meta-organizationid": self._org.id}
        date, names = now.strftime(_DATE), ";".join(name.lower() for name in headers)
        signed = signature(self._key, key, date, str(timeout_s), names, *headers.values())
        query = (
            f"X-Amz-Date={date}&X-Amz-Expires={timeout_s}&X-Amz-SignedHeaders={quote(names)}&X-Amz-Signature={signed}"
        )
        return Response(
            body=msgspec.json.encode(
                {"url": f"{origin}{_PATH}{quote(key)}?{query}", "uploadKey": key, "headers": headers}
            )
        )

    async def put(self, request: web.Request) -> PendingOperation:
        """PUT the address: 200 without a body; else XML, and nothing has happened."""
        try:
            address = self._address(request)
            prepared = await self._receive_file(request, address)
        except _RefusedError as error:
            refusal = error.answer(request.path)
            return PendingOperation(lambda: refusal)

        def commit() -> Response:
            prepared.commit()
            return Response(content_type="application/xml")

        return PendingOperation(commit, contacts=prepared.contacts, list_id=prepared.list_id)

    def _address(self, request: web.Request) -> _Address:
        if "Authorization" in request.headers:
            raise _RefusedError(400, "InvalidArgument", "Only one auth mechanism is allowed; this address is signed.")
        key, query = request.match_info["upload_key"], request.query
        date, expires = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
        names = query.get("X-Amz-SignedHeaders", "")
        if "X-Amz-Signature" not in query:
            raise _RefusedError(403, "AccessDenied", "Access Denied")
        sent = [request.headers.get(name, "") for name in names.split(";")]
        if sorted(query) != _QUERY or not is_signature(
            query["X-Amz-Signature"], self._key, key, date, expires, names, *sent
        ):
            raise _RefusedError(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        _refuse_unsigned(request.headers, names)
        address = self._addresses.get(key)
        if address is None or address.expires_at < datetime.fromtimestamp(self._org.clock.now(), UTC):
            raise _RefusedError(403, "AccessDenied", "Request has expired")
        return address

    async def _receive_file(self, request: web.Request, address: _Address) -> PendingOperation:
        path = self._org.spool / new_id(self._org.rng_for("spool"))
        try:
            await _receive(request, path, self._org.profile.limits.upload_bytes)
            return await address.read(path)
        finally:
            path.unlink(missing_ok=True)

    def _forget_expired(self, now: datetime) -> None:
        for key in [key for key, address in self._addresses.items() if address.expires_at < now]:
            del self._addresses[key]


class _RefusedError(Exception):
    """What the object store says no with. Source of codes: the S3 API reference, error responses."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self._status, self._code = status, code

    def answer(self, path: str) -> Response:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self._code}</Code><Message>{escape(str(self))}</Message>"
            f"<Resource>{escape(path)}</Resource></Error>"
        )
        return Response(status=self._status, body=body.encode(), content_type="application/xml")


def _refuse_unsigned(headers: Mapping[str, str], names: str) -> None:
    signed = names.split(";")
    if any(name.lower().startswith("x-amz-") and name.lower() not in signed for name in headers):
        raise _RefusedError(403, "AccessDenied", "There were headers present in the request which were not signed")


async def _receive(request: web.Request, path: Path, limit: int) -> None:
    """The body into a file. A body of unknown length is refused, as S3 does."""
    if request.content_length is None:
        raise _RefusedError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if request.content_length > limit:
        raise _RefusedError(
            400, "EntityTooLarge", f"Your proposed upload exceeds the maximum allowed size of {limit} bytes."
        )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        async for data in arriving(request):
            file.write(data)


def _suffix(content_type: str) -> str:
    """What the file's name ends in; nothing depends on it."""
    return {"text/csv": "csv", "application/vnd.ms-excel": "xls"}.get(content_type, "xlsx")
