"""How a request is served: a handler reads and checks it, and returns what is left to do.

The pipeline in `mockserver.pipeline` calls the handler, waits as long as the profile says the operation takes, and
then calls `PendingOperation.commit`, in one synchronous step. Faults before and after the commit, late commits and
time-outs are decided there, once, for every operation. So handlers hold no waiting, no faults and no limits.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from mockserver.operations.operation import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None  # sent instead of `body`, streamed
    upgrade: "Upgrade | None" = None  # takes the connection over instead


def json_response(value: object) -> Response:
    return Response(body=msgspec.json.encode(value))


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """`commit` changes the store and answers; it may raise an ApiError, in which case it has changed nothing."""

    commit: Callable[[], Response]
    contacts: int = 0  # how many contacts the operation handles: the latency model asks
    first: Callable[[int], Response] | None = None  # commits the first so many contacts only: a fault rule asks
    list_id: str = ""  # the list it is about, where the path does not say


Upgrade = Callable[[web.Request], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[PendingOperation]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation and what serves it."""

    operation: Operation
    handler: Handler
