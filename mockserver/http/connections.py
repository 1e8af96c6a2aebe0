"""What stands between a socket and the server: not too many connections, and none that only holds its place.

aiohttp has no limit for the time a request's head may take to come, and none for the number of connections.
"""

import asyncio
from collections.abc import Callable

_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_HEAD_ENDS = b"\r\n\r\n"


class ConnectionLimiter:
    """A protocol factory: that of `serve`, for at most `at_most` connections, whose first head comes in `head_s`.

    Later requests on a connection are the affair of its keep-alive time. 0 is no limit.
    """

    def __init__(self, serve: Callable[[], asyncio.Protocol], at_most: int, head_s: float) -> None:
        self._serve = serve
        self.at_most = at_most
        self.head_s = head_s
        self.open = 0

    def __call__(self) -> asyncio.Protocol:
        return _Connection(self, self._serve())


class _Connection(asyncio.Protocol):
    """Passes everything on, and watches the beginning."""

    def __init__(self, gate: ConnectionLimiter, inner: asyncio.Protocol) -> None:
        self._gate = gate
        self._inner = inner
        self._is_in = False
        self._tail: bytes | None = b""  # of the head so far; None: it has come
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        gate = self._gate
        if gate.at_most and gate.open >= gate.at_most:
            if isinstance(transport, asyncio.WriteTransport):
                transport.write(_REFUSAL)
            transport.close()
            return
        gate.open += 1
        self._is_in = True
        if gate.head_s:
            self._timer = asyncio.get_running_loop().call_later(gate.head_s, transport.close)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._is_in:
            return
        if self._tail is not None:
            self._look(data)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._is_in else None

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        if self._is_in:
            self._gate.open -= 1
            self._inner.connection_lost(error)

    def _look(self, data: bytes) -> None:
        """Stop the clock once the head is complete."""
        seen = (self._tail or b"") + data
        if _HEAD_ENDS in seen:
            self._tail = None
            if self._timer:
                self._timer.cancel()
        else:
            self._tail = seen[-3:]
