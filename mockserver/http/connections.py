"""Connections: how many there may be, how long each may keep the server waiting, and which gives way to another.

aiohttp has no limit for the number of connections, for the time a head may take to come, nor for that in which an
answer is read. What it cannot read it answers in its own words, with the line that was sent, and logs that as well.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

from aiohttp import web

from mockserver.http.access import TOKEN
from mockserver.http.logs import AccessLog, log_failure
from mockserver.http.responses import own_headers, plain_refusal

_LEAST_WAIT_S = 0.25  # who has waited less may have sent something that is on its way
_PROGRESS_BYTES = 1024  # of a body at once; less does not make the waiting begin anew
_HEAD_ENDS = b"\r\n\r\n"
_BUFFER_BYTES = 128 * 1024  # of a body that nobody reads yet, twice that is taken from the socket


class Patience(NamedTuple):
    """Seconds that a client may keep the server waiting. 0: for ever."""

    head_s: float = 10.0  # from a connection's beginning, or the first byte of a later request, to the end of its head
    idle_s: float = 75.0  # between requests. Assumption: load balancers wait 60 s and more
    answer_s: float = 60.0  # while nothing of an answer is taken


PATIENCE = Patience()


class ConnectionLimiter:
    """A protocol factory: connections of an application, at most `at_most` at once. 0 is no limit.

    One more takes the place of the connection that has waited longest for its client; those whose last request brought
    no token give way first. If none waits, it is answered 503.
    """

    def __init__(
        self,
        server: web.Server,
        at_most: int,
        patience: Patience = PATIENCE,
        access_log: logging.Logger | None = None,
    ) -> None:
        self.server, self.at_most, self.patience = server, at_most, patience
        self.open = 0
        self.waiting: dict[Connection, float] = {}  # for their clients, since when; the longest first
        self._options: dict[str, Any] = {
            "keepalive_timeout": patience.idle_s,
            "read_bufsize": _BUFFER_BYTES,
            "lingering_time": 0,  # the rest of a body that nobody wants is `send_before_the_rest`'s affair
            # Compressed bodies are refused; what cannot be decompressed must not end the connection that says so.
            "auto_decompress": False,
            "access_log": access_log,
            "access_log_class": AccessLog,
        }
        server.request_factory = _beginning(server.request_factory)

    def __call__(self) -> asyncio.Protocol:
        return Connection(self, self.server, loop=asyncio.get_running_loop(), **self._options)

    def admit(self) -> bool:
        """Whether there is room for one more, which somebody else's going may have made."""
        if self.at_most and self.open >= self.at_most:
            earliest = asyncio.get_running_loop().time() - _LEAST_WAIT_S
            idle = [each for each, since in self.waiting.items() if since <= earliest]
            if not idle:
                return False
            next((each for each in idle if not each.is_known), idle[0]).give_way()
        self.open += 1
        return True


def _beginning(make: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """The request factory of a server, which tells the connection that a request begins."""

    def begin(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        request = make(message, payload, protocol, writer, task)
        protocol.begin(request, payload)
        return request

    return begin


class Connection(web.RequestHandler):
    """aiohttp's, which tells the limiter when it waits, and speaks for itself."""

    __slots__ = ("_gate", "_has_spoken", "_is_in", "_request", "_timer", "_was_known")

    def __init__(self, gate: ConnectionLimiter, server: web.Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._gate = gate
        self._is_in = False
        self._has_spoken = False  # since the last request
        self._request: web.BaseRequest | None = None  # being served
        self._was_known = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_known(self) -> bool:
        """Whether the request, or else the last one, brought a token in force."""
        return self._was_known if self._request is None else TOKEN in self._request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._is_in = self._gate.admit()
        if self._is_in:
            super().connection_made(transport)
            self._wait_for_client(self._gate.patience.head_s)
        elif isinstance(transport, asyncio.WriteTransport):
            transport.write(_refusal())
            transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._is_in:
            return
        if self._request is None:
            if data and not self._has_spoken:
                self._has_spoken = True
                is_whole = _HEAD_ENDS in data  # as most are, and then no timer is needed
                self._wait_for_client(0 if is_whole or self._timer else self._gate.patience.head_s)
        elif len(data) >= _PROGRESS_BYTES and self in self._gate.waiting:
            self._wait_for_client()
        super().data_received(data)

    def begin(self, request: web.BaseRequest, payload: Any) -> None:
        """The head of a request has come; it is the server's turn as soon as the body has."""
        self._request = request
        self._go_on()
        if not payload.is_eof():
            self._wait_for_client()
            payload.on_eof(self._go_on)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        finished = await super().finish_response(request, resp, start_time)
        self._request, self._was_known, self._has_spoken = None, TOKEN in request, False
        if self._is_in:
            self._wait_for_client()
        return finished

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_client(self._gate.patience.answer_s)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._go_on()

    def connection_lost(self, error: BaseException | None) -> None:
        self._leave()
        super().connection_lost(error)

    def give_way(self) -> None:
        """Make room for another connection."""
        self._leave()
        self._abort()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what could not be read, or served, with the platform's body; nothing of it is repeated or logged."""
        del message  # it quotes what was sent
        if isinstance(exc, ConnectionError):
            raise exc  # nobody is left to be answered
        correlation_id = str(uuid4())  # the org, whose generators draw the others, has not seen the request
        log_failure(correlation_id, status, exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of an answer is sent already")
        answer = plain_refusal(status, correlation_id)
        response = web.Response(status=status, body=answer.body, headers=own_headers(answer, correlation_id))
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        del args
        log_failure("", 500, kw.get("exc_info"))

    def _wait_for_client(self, at_most_s: float = 0) -> None:
        """The connection waits, from now on, and is closed once it has for `at_most_s`."""
        loop = asyncio.get_running_loop()
        if at_most_s:
            self._go_on()
            self._timer = loop.call_later(at_most_s, self._abort)
        self._gate.waiting.pop(self, None)
        self._gate.waiting[self] = loop.time()

    def _go_on(self) -> None:
        """The client has done its part."""
        self._gate.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave(self) -> None:
        self._go_on()
        self._gate.open -= self._is_in
        self._is_in = False

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def _refusal() -> bytes:
    """The whole answer to a connection that finds no room."""
    correlation_id = str(uuid4())
    answer = plain_refusal(503, correlation_id)
    headers = own_headers(answer, correlation_id) | {"Content-Length": str(len(answer.body)), "Connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n".encode() + answer.body
