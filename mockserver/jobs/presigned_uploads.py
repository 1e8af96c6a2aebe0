"""Signed addresses that files are put to without a token, as object stores hand them out.

Source of the answer: SDK 269.0.0 models/upload_url_response.py. Assumptions: the store behind it is S3, and so are its
refusals; an address may be used again until it expires, and each time the file is read. Addresses live in memory:
those of a former run are signed with another key.
"""

import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec
from aiohttp import web

from mockserver.handling import PendingOperation, Response
from mockserver.http.body import arriving
from mockserver.ids import SECURE, new_id
from mockserver.jobs.downloads import is_signature, signature
from mockserver.state.org import Org

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
