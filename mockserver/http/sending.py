"""Getting an answer onto the connection: at once, from a file, half of it, or a cut instead."""

import io
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from aiohttp import web

from mockserver.clock import Clock
from mockserver.faults import Action
from mockserver.handling import Response

_BLOCK_BYTES = 256 * 1024


class Framing(NamedTuple):
    """What the headers announce of a body, and what of it goes out."""

    announced: int | None  # None: no length is given, and the body comes in chunks
    sent: int
    pause_at: int | None = None  # where a fault stalls or cuts

    @property
    def is_honest(self) -> bool:
        return self.announced in (None, self.sent)


def framing(size: int, fault: Action | None, *, announces: bool = True) -> Framing:
    """How a body of `size` bytes is sent. Pure."""
    fault = fault or Action()
    sent = size if fault.truncate_at is None else min(size, fault.truncate_at)
    announced = max(0, sent + (fault.content_length_delta or 0)) if announces else None
    return Framing(announced, sent, size // 2 if fault.stall_s or fault.reset else None)


async def send(
    request: web.Request,
    answer: Response,
    headers: dict[str, str],
    fault: Action | None,
    clock: Clock,
    *,
    announces: bool = True,
) -> web.StreamResponse:
    """The response, sent already if it comes from a file, is to break in the middle, or does not tell its length."""
    if answer.file is None and fault is None and announces:
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    with answer.file.open("rb") if answer.file else io.BytesIO(answer.body) as source:
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        plan = framing(size, fault, announces=announces)
        return await _stream(request, answer.status, headers, source, plan, fault or Action(), clock)


async def _stream(
    request: web.Request,
    status: int,
    headers: dict[str, str],
    source: io.BufferedIOBase,
    plan: Framing,
    fault: Action,
    clock: Clock,
) -> web.StreamResponse:
    length = {} if plan.announced is None else {"Content-Length": str(plan.announced)}
    response = web.StreamResponse(status=status, headers=headers | length)
    await response.prepare(request)
    first = plan.sent if plan.pause_at is None else plan.pause_at
    await _write(response, source, first if plan.announced is None else min(first, plan.announced))
    if plan.pause_at is not None:
        await clock.sleep(fault.stall_s)
        if fault.reset:
            end(request)
        await _write(response, source, plan.sent - first)
    if not plan.is_honest:
        if request.transport is not None:  # what is more than was announced, the response would not let through
            request.transport.write(source.read(max(0, plan.sent - (plan.announced or 0))))
        end(request)
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, source: io.BufferedIOBase, size: int) -> None:
    # Blocks are read in the loop's own thread: from the page cache that is quick, and a loop with virtual time cannot
    # wait for another thread.
    for block in _blocks(source, size):
        await response.write(block)


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
