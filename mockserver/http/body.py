"""Request bodies: read with a limit, and parsed strictly."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from mockserver.errors import ApiError, BadRequest, ClientTooSlow, TooLarge, Unsupported
from mockserver.operations.bodies import read_as

T = TypeVar("T")

BODY = web.RequestKey("body", bytes)

_MAX_DEPTH = 20
_SILENCE_S = 30.0
_CHECKED_FOR_DUPLICATES_BYTES = 64 * 1024  # larger bodies are contacts, where a repeated key harms nobody


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body; bytes that arrive are counted, not those announced. Raises TooLarge, Unsupported. Repeatable."""
    if BODY in request:
        return request[BODY]
    refuse_encoded(request)
    if (request.content_length or 0) > limit:
        raise too_large(request.content_length or 0, limit)
    chunks, size = [], 0
    async for chunk in arriving(request):
        size += len(chunk)
        if size > limit:
            raise too_large(size, limit)
        chunks.append(chunk)
    request[BODY] = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return request[BODY]


async def arriving(request: web.Request) -> AsyncIterator[bytes]:
    """The body bit by bit. Raises ClientTooSlow if the client falls silent in the middle."""
    while True:
        try:
            async with asyncio.timeout(_SILENCE_S):
                chunk = await request.content.readany()
        except TimeoutError as error:
            raise ClientTooSlow from error
        if not chunk:
            return
        yield chunk


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
