"""Request bodies: read within limits of size, time and memory, and parsed strictly."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from mockserver.errors import ApiError, BadRequest, ClientTooSlow, Overloaded, TooLarge, Unsupported
from mockserver.operations.bodies import read_as

T = TypeVar("T")

BODY = web.RequestKey("body", bytes)

_MAX_DEPTH = 20
_SILENCE_S, _BODY_S, _FILE_S = 30.0, 300.0, 7_200.0
_BYTES_PER_S = 16 * 1024
_HALF_SENT_BYTES = 24 << 20
_SLOW_S = 1.0  # who has kept the server waiting that long gives way if others need the room
_LOOK_AGAIN_S = 0.05
_UNWANTED_BYTES, _UNWANTED_S = 8 << 20, 10.0  # read behind a refusal, so that the client comes to read it
_CHECKED_FOR_DUPLICATES_BYTES = 64 * 1024  # larger bodies are contacts, where a repeated key harms nobody


class Arrival:
    """A body on its way. It may take `at_most_s`, and its client may be silent for 30 s."""

    def __init__(self, request: web.Request, at_most_s: float) -> None:
        self.content = request.content
        self._on_time = asyncio.get_running_loop().time()  # at 16 KiB/s, what has come would have come by then
        self._ends_at = self._on_time + at_most_s

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body bit by bit. Raises ClientTooSlow."""
        now = asyncio.get_running_loop().time
        while True:
            try:
                async with asyncio.timeout_at(min(now() + _SILENCE_S, self._ends_at)):
                    chunk = await self.content.readany()
            except TimeoutError as error:
                raise ClientTooSlow from error
            except RuntimeError as error:  # so aiohttp says that the connection has gone
                raise ConnectionResetError from error
            if not chunk:
                return
            self._on_time = min(self._on_time + len(chunk) / _BYTES_PER_S, now())
            yield chunk

    def has_kept_waiting_s(self) -> float:
        """How far the client is behind one that sends 16 KiB/s: to drip is to be silent."""
        return asyncio.get_running_loop().time() - self._on_time

    def give_up(self) -> None:
        """Have the client told that it is too slow."""
        self.content.set_exception(ClientTooSlow())


class HalfSentBodies:
    """Room in memory for bodies that have not come whole, so that many of them do not take all of it.

    Room is reserved for a whole body before it is read: whoever has it needs no more, so nobody waits in a circle.
    """

    def __init__(self, at_most: int = _HALF_SENT_BYTES) -> None:
        self._at_most = self._free = at_most
        self._reserved: dict[Arrival, int] = {}

    @asynccontextmanager
    async def reserve(self, arrival: Arrival, size: int) -> AsyncIterator[None]:
        """Wait until there is room, or the body has come whole after all. Raises Overloaded after 30 s."""
        size = min(size, self._at_most)
        for _ in range(int(_SILENCE_S / _LOOK_AGAIN_S)):
            if size <= self._free or arrival.content.is_eof():
                break
            slowest = max(self._reserved, key=Arrival.has_kept_waiting_s, default=arrival)
            if slowest.has_kept_waiting_s() > _SLOW_S:
                slowest.give_up()
            await asyncio.sleep(_LOOK_AGAIN_S)
        else:
            raise Overloaded
        self._reserved[arrival] = size
        self._free -= size
        try:
            yield
        finally:
            self._free += self._reserved.pop(arrival)


HALF_SENT = web.AppKey("half_sent", HalfSentBodies)


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body; bytes that arrive are counted, not those announced. Repeatable.

    Raises TooLarge, Unsupported, ClientTooSlow, Overloaded.
    """
    if BODY not in request:
        refuse_encoded(request)
        if (request.content_length or 0) > limit:
            raise too_large(request.content_length or 0, limit)
        arrival = Arrival(request, _BODY_S)
        if request.content.is_eof():
            request[BODY] = await _whole(arrival, limit)
        else:
            async with request.app[HALF_SENT].reserve(arrival, request.content_length or limit):
                request[BODY] = await _whole(arrival, limit)
    return request[BODY]


async def _whole(arrival: Arrival, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in arrival.chunks():
        size += len(chunk)
        if size > limit:
            raise too_large(size, limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def arriving(request: web.Request) -> AsyncIterator[bytes]:
    """A file bit by bit, for who does not keep it in memory. Raises ClientTooSlow."""
    return Arrival(request, _FILE_S).chunks()


async def send_before_the_rest(request: web.Request, response: web.StreamResponse) -> None:
    """Send the answer to a body that nobody wants to the end, and take the rest of it: clients send, then read.

    Past 8 MiB or 10 s of it the connection is closed.
    """
    left = _UNWANTED_BYTES
    with suppress(TimeoutError, ConnectionError, RuntimeError, web.RequestPayloadError, ClientTooSlow):
        await response.prepare(request)
        await response.write_eof()
        async with asyncio.timeout(_UNWANTED_S):
            while left > 0 and not request.content.at_eof():
                left -= len(await request.content.readany())
    if not request.content.is_eof() and request.transport is not None:
        request.transport.close()


async def read_json_bytes(request: web.Request, limit: int) -> bytes:
    """The whole body of a request that says it is JSON, unparsed: for handlers with a typed decoder of their own."""
    raw = await read_body(request, limit)
    if raw and not _says_json(request):
        raise Unsupported(
            "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value"
            " in the header."
        )
    return raw


async def read_json(request: web.Request, limit: int, *, optional: bool = False) -> Any:
    """The JSON value of the body. With `optional`, nothing and `null` are None; else they are a BadRequest.

    SDKs send `null` (Python) or nothing (JavaScript) where there is no body. Source: measured on both.
    """
    raw = await read_json_bytes(request, limit)
    if raw.strip() in (b"", b"null"):
        if optional:
            return None
        raise malformed_body()
    return parse_json(raw)


def parse_json(raw: bytes) -> Any:
    """The value, without NaN, deep nesting or (in small bodies) repeated keys: each is a BadRequest."""
    try:
        value = msgspec.json.decode(raw)
        if len(raw) <= _CHECKED_FOR_DUPLICATES_BYTES:
            json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise malformed_body() from error
    if _deeper_than(value, _MAX_DEPTH):
        raise malformed_body()
    return value


def parse_as(sent: Any, kind: type[T]) -> T:
    """The parsed body as its type, read as the platform does. Raises BadRequest."""
    try:
        return read_as(sent, kind)
    except msgspec.ValidationError as error:
        raise malformed_body() from error


def malformed_body() -> BadRequest:
    return BadRequest("The request could not be understood by the server due to malformed syntax.")


def too_large(size: int, limit: int) -> ApiError:
    """Source: developer forum, announcement 14177, effective 2022-04-05."""
    return TooLarge(f"The request is over the size limit. Content-Length: {size}, Maximum bytes: {limit}")


def refuse_encoded(request: web.Request) -> None:
    """Compressed bodies are refused. Assumption; it keeps a small request from becoming a huge one."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unsupported("Unsupported Media Type - Content-Encoding is not supported on requests.")


def _says_json(request: web.Request) -> bool:
    return "Content-Type" in request.headers and request.content_type == "application/json"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is repeated")
    return value


def _deeper_than(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_deeper_than(child, depth - 1) for child in children)
