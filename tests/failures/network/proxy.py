"""A TCP proxy in front of a server, which spoils requests and answers at a byte of choice.

Which one and which byte is a `Strike`: the n-th request whose head fits, counted over all connections, and so many
bytes from the start of the request or of its answer. HTTP is understood as far as that needs: a client that has one
request at a time on a connection begins another with the first bytes it sends after an answer's.
"""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from fcntl import ioctl
from typing import Any
from urllib.parse import urlsplit

from harness.client.target import Target

from .strikes import CHUNK, Deed, Exchange, Message, Pace, Side, Strike

REQUEST = re.compile(rb"[A-Z]+ /\S* HTTP/1\.1\r\n")
SIOCOUTQNSD = 0x894B  # bytes that the kernel has not sent yet. Source: man 7 tcp, linux/sockios.h
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Proxy:
    """Listens on a port of this machine. Nobody listens while `most` connections are open, each `drop_every`-th one is
    reset as soon as it is there, and one that is silent for `idle_s` after an answer is closed."""

    server: Target
    port: int
    most: int | None = None
    drop_every: int = 0
    idle_s: float | None = None
    strikes: list[Strike] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    accepted: int = 0
    open: int = 0
    peak: int = 0  # connections at a time
    full: int = 0  # times that nobody listened any more
    dropped: int = 0
    idled: int = 0
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    def strike(self, line: str, do: Deed, **how: Any) -> Strike:
        """Have this befall a message from now on, and nothing else."""
        self.strikes = [Strike(line, do, **how)]
        return self.strikes[0]

    def begun(self, line: str) -> Exchange:
        """A request that has begun, and what is to befall it."""
        met = [strike for strike in self.strikes if strike.meets(line)]
        self.exchanges.append(Exchange(line, met[0] if met else None))
        return self.exchanges[-1]

    async def run(self, listener: socket.socket) -> None:
        """Serve until cancelled; the connections end with it."""
        try:
            async with asyncio.TaskGroup() as links:
                while True:
                    connection = await self._accepted(listener)
                    links.create_task(self._serve(connection, drop=self._drops()))
                    if self.open == self.most:
                        listener.close()
                        listener = await self._room_again()
        finally:
            listener.close()

    async def _accepted(self, listener: socket.socket) -> socket.socket:
        connection, _ = await asyncio.get_running_loop().sock_accept(listener)
        self.accepted, self.open = self.accepted + 1, self.open + 1
        self.peak = max(self.peak, self.open)
        return connection

    async def _room_again(self) -> socket.socket:
        """Another listener, once a connection has ended."""
        self.full += 1
        self._room.clear()
        await self._room.wait()
        return listening(self.port)

    def _drops(self) -> bool:
        """Whether the connection accepted last is one of those."""
        return self.drop_every > 0 and self.accepted % self.drop_every == 0

    async def _serve(self, connection: socket.socket, *, drop: bool) -> None:
        client = await asyncio.open_connection(sock=connection)
        try:
            if drop:
                self.dropped += 1
                reset(client[1])
            else:
                await Link(self, client, await connected(self.server)).run()
        except OSError:  # there is no server
            reset(client[1])
        finally:
            self.open -= 1
            self._room.set()


class Link:
    """One connection of a client, and the one to the server that goes with it."""

    def __init__(self, proxy: Proxy, client: Ends, server: Ends) -> None:
        self._proxy = proxy
        self._from: dict[Side, asyncio.StreamReader] = {"request": client[0], "answer": server[0]}
        self._to: dict[Side, asyncio.StreamWriter] = {"request": server[1], "answer": client[1]}
        self._exchange = Exchange("", None)
        self._answered = True  # so that the next bytes of the client begin a request
        self._lost: set[Side] = set()  # directions whose bytes go nowhere
        self._hole = False

    async def run(self) -> None:
        """Both directions to their end."""
        for writer in self._to.values():
            writer.transport.set_write_buffer_limits(0)  # so that `drain` means: given to the kernel
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump("request"))
                tasks.create_task(self._pump("answer"))
        finally:
            for writer in self._to.values():
                writer.transport.abort()

    async def _pump(self, side: Side) -> None:
        with suppress(ConnectionError):
            while data := await self._read(side):
                if side not in self._lost:
                    await self._spoil(side, data)
        if self._hole:
            await asyncio.Event().wait()  # the other side never hears of it
        self._finish()

    async def _read(self, side: Side) -> bytes:
        while True:
            try:
                async with asyncio.timeout(self._proxy.idle_s if side == "answer" else None):
                    return await self._from[side].read(CHUNK)
            except TimeoutError:
                if self._answered and not self._hole:
                    self._proxy.idled += 1
                    return b""

    async def _spoil(self, side: Side, data: bytes) -> None:
        """Pass bytes on up to where the message is struck, and strike."""
        exchange, message = self._message(side, data)
        strike = exchange.strike if exchange.strike and exchange.strike.side == side else None
        if strike is None or exchange.struck or message.passed + len(data) < strike.at:
            await self._pass(side, message, data, strike.pace if strike and exchange.struck else Pace())
            return
        exchange.struck, due = True, strike.at - message.passed
        await self._pass(side, message, data[:due], Pace())
        strike.fired += 1
        await self._struck(side, message, strike, data[due:])

    def _message(self, side: Side, data: bytes) -> tuple[Exchange, Message]:
        if side == "answer":
            self._answered = True
        elif self._answered and (line := REQUEST.match(data)):
            self._exchange, self._answered = self._proxy.begun(line[0].decode().strip()), False
        message: Message = getattr(self._exchange, side)
        if not message.passed:
            head, end, _ = data.partition(b"\r\n\r\n")
            message.head = len(head) + len(end)
        return self._exchange, message

    async def _struck(self, side: Side, message: Message, strike: Strike, rest: bytes) -> None:
        match strike.do:
            case "slow":
                await asyncio.sleep(strike.pace.latency_s)
                await self._pass(side, message, rest, strike.pace)
            case "corrupt":
                await self._pass(side, message, bytes([rest[0] ^ 1]) + rest[1:] if rest else b"", Pace())
            case "half_close":
                self._lost.add(side)
                self._end(side)
            case "hole":
                self._lost, self._hole = {"request", "answer"}, True
            case "fin":
                self._finish()
            case "reset":
                self._lost = {"request", "answer"}
                while unsent(self._to["answer"]):  # noqa: ASYNC110 the kernel tells nobody
                    await asyncio.sleep(0.001)
                reset(self._to["answer"])
                self._to["request"].close()

    async def _pass(self, side: Side, message: Message, data: bytes, pace: Pace) -> None:
        for start in range(0, len(data), pace.piece):
            if gone := self._from["request"].exception():  # a reset of the client's overtakes what is on its way
                raise gone
            if side in self._lost:
                return
            piece = data[start : start + pace.piece]
            self._to[side].write(piece)
            await self._to[side].drain()
            message.passed += len(piece)
            if pace.pause_s:
                await asyncio.sleep(pace.pause_s)

    def _finish(self) -> None:
        """The server loses the connection, and the client reads its end; what it still sends is swallowed."""
        self._lost = {"request", "answer"}
        self._to["request"].close()
        self._end("answer")

    def _end(self, side: Side) -> None:
        """No more bytes in this direction."""
        with suppress(OSError):
            if not self._to[side].is_closing():
                self._to[side].write_eof()


async def connected(server: Target) -> Ends:
    if server.socket is not None:
        return await asyncio.open_unix_connection(server.socket)
    address = urlsplit(server.api)
    return await asyncio.open_connection(address.hostname, address.port)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST instead of a FIN, unless it is closed."""
    if writer.get_extra_info("socket").fileno() < 0:
        return
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def unsent(writer: asyncio.StreamWriter) -> int:
    """Bytes that wait for the receiver to read: a reset would discard them. 0 for a connection that is closed."""
    descriptor = writer.get_extra_info("socket").fileno()
    if descriptor < 0:
        return 0
    (size,) = struct.unpack("i", ioctl(descriptor, SIOCOUTQNSD, bytes(4)))
    return int(size)


def listening(port: int = 0) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    return listener


@asynccontextmanager
async def proxied(server: Target, **manners: Any) -> AsyncIterator[tuple[Target, Proxy]]:
    """A proxy in front of `server`, and where it is reached."""
    listener = listening()
    proxy = Proxy(server, listener.getsockname()[1], **manners)
    serving = asyncio.create_task(proxy.run(listener))
    try:
        yield Target.one_host(f"http://127.0.0.1:{proxy.port}"), proxy
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
