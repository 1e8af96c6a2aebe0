"""Getting an answer onto the connection: at once, from a file, half of it, or a cut instead."""

import io
import socket
import struct
from collections.abc import Iterator
from typing import NoReturn

from aiohttp import web

from .clock import Clock
from .faults import Action
from .handling import Answer

_BLOCK_BYTES = 256 * 1024


async def send(
    request: web.Request, answer: Answer, headers: dict[str, str], fault: Action | None, clock: Clock
) -> web.StreamResponse:
    """The response, sent already if it comes from a file or is to break in the middle."""
    if answer.file is None and fault is None:
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    with answer.file.open("rb") if answer.file else io.BytesIO(answer.body) as source:
        return await _stream(request, answer.status, headers, source, fault, clock)


async def _stream(
    request: web.Request,
    status: int,
    headers: dict[str, str],
    source: io.BufferedIOBase,
    fault: Action | None,
    clock: Clock,
) -> web.StreamResponse:
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    response = web.StreamResponse(status=status, headers=headers | {"Content-Length": str(size)})
    await response.prepare(request)
    if fault:
        for block in _blocks(source, size // 2):
            await response.write(block)
        await clock.sleep(fault.stall_s)
        if fault.reset:
            end(request)
    # Blocks are read in the loop's own thread: from the page cache that is quick, and a loop with virtual time cannot
    # wait for another thread.
    for block in _blocks(source, size):
        await response.write(block)
    await response.write_eof()
    return response


def _blocks(source: io.BufferedIOBase, size: int) -> Iterator[bytes]:
    """The next `size` bytes, or as many as there are."""
    while size > 0 and (block := source.read(min(size, _BLOCK_BYTES))):
        size -= len(block)
        yield block


def cut(request: web.Request) -> NoReturn:
    """Reset the connection; nothing more of it arrives. On TCP the peer sees RST, not a polite end."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family != socket.AF_UNIX:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    raise ConnectionResetError("cut by a fault rule")


def end(request: web.Request) -> NoReturn:
    """Close the connection after what was written has gone out."""
    if request.transport is not None:
        request.transport.close()
    raise ConnectionResetError("ended by a fault rule")
