"""What the proxy does, seen over raw sockets from both of its sides."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from harness.client.target import Target
from harness.simulator import run

from .proxy import proxied
from .strikes import Message, Pace, Strike, bandwidth

REQUEST = b"POST /x HTTP/1.1\r\nHost: here\r\n\r\n" + b"0123456789" * 10 + b"."
ANSWER = b"HTTP/1.1 200 OK\r\n\r\n" + b"abcdefghij" * 10
SILENCE_S = 1000.0


@dataclass
class Server:
    """Answers a request that ends with a full stop; keeps what it read, and how it ended."""

    answer: bytes = ANSWER
    got: bytes = b""
    ended: str = "open"
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader, writer):
        self.connections.append(writer)
        try:
            while data := await reader.read(65_536):
                self.got += data
                if data.endswith(b"."):
                    writer.write(self.answer)
            self.ended = "fin"
        except ConnectionError:
            self.ended = "reset"
        writer.close()


@asynccontextmanager
async def between(server, *strikes, **manners):
    """A function that opens a connection to `server` through a proxy, and the proxy."""
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    writers = server.connections

    async def opened():
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writers.append(writer)
        return reader, writer

    async with proxied(Target.one_host(f"http://{host}:{port}"), strikes=list(strikes), **manners) as (_, proxy):
        yield opened, proxy
        for writer in writers:
            writer.close()
        await asyncio.sleep(1)
    listener.close()


async def read_on(reader):
    """All that comes, and how it ended."""
    got = b""
    try:
        async with asyncio.timeout(SILENCE_S):
            while data := await reader.read(65_536):
                got += data
        return got, "fin"
    except ConnectionError:
        return got, "reset"
    except TimeoutError:
        return got, "silence"


def one_request(server, *strikes, run=run):
    """What the client of a request got, and how that ended."""

    async def sent():
        async with between(server, *strikes) as (opened, _):
            reader, writer = await opened()
            writer.write(REQUEST)
            got = await read_on(reader)
            writer.close()
            await asyncio.sleep(1)
            return got

    return run(sent())


@pytest.mark.parametrize("at", [0, 1, 33, 34, len(REQUEST) - 1])
@pytest.mark.parametrize(("do", "ended"), [("reset", "reset"), ("fin", "fin"), ("hole", "silence")])
def test_a_request_is_cut_at_its_byte(do, ended, at):
    """The server has got the bytes before, no more, and the client no answer."""
    server = Server()
    strike = Strike("POST /x", do, at=at)
    assert one_request(server, strike) == (b"", ended)
    assert (server.got, strike.fired) == (REQUEST[:at], 1)


@pytest.mark.parametrize("at", [0, 1, 19, len(ANSWER) - 1, len(ANSWER)])
@pytest.mark.parametrize(("do", "ended"), [("reset", "reset"), ("fin", "fin"), ("hole", "silence")])
def test_an_answer_is_cut_at_its_byte(do, ended, at):
    """The server has got all of the request, the client the bytes of the answer before it."""
    server = Server()
    strike = Strike("POST /x", do, side="answer", at=at)
    assert one_request(server, strike) == (ANSWER[:at], ended)
    assert (server.got, strike.fired) == (REQUEST, 1)


def test_a_strike_beyond_the_message_is_not_counted():
    """Nothing was struck, and the count says so."""
    strike = Strike("POST /x", "reset", at=len(REQUEST) + 1)
    assert one_request(Server(), strike)[0] == ANSWER
    assert strike.fired == 0


@pytest.mark.parametrize(("do", "server_ended"), [("reset", "fin"), ("fin", "fin"), ("hole", "open")])
def test_what_the_server_hears(do, server_ended):
    """That the connection has ended; of a hole nothing, even when the client has left."""

    async def heard():
        server = Server()
        async with between(server, Strike("POST", do, at=50)) as (opened, _):
            reader, writer = await opened()
            writer.write(REQUEST)
            await read_on(reader)
            writer.close()
            await asyncio.sleep(1)
            return server.ended

    assert run(heard()) == server_ended


@pytest.mark.parametrize(("side", "got"), [("request", b""), ("answer", ANSWER[:20])])
def test_half_of_a_connection_is_closed(side, got):
    """The struck direction has its end; in the other one bytes still go."""

    async def seen():
        server = Server()
        async with between(server, Strike("POST", "half_close", side=side, at=20)) as (opened, _):
            reader, writer = await opened()
            writer.write(REQUEST)
            answer = await read_on(reader)
            writer.write(b"more")
            await asyncio.sleep(1)
            return answer, server.got, server.ended

    heard = (REQUEST[:20], "fin") if side == "request" else (REQUEST + b"more", "open")
    assert run(seen()) == ((got, "fin"), *heard)


@pytest.mark.parametrize("at", [0, 40, len(REQUEST) - 2])
def test_a_byte_is_corrupted(at):
    """That one, and no other."""
    server = Server()
    one_request(server, Strike("POST", "corrupt", at=at))
    assert [n for n, (sent, got) in enumerate(zip(REQUEST, server.got, strict=True)) if sent != got] == [at]


@pytest.mark.parametrize(
    ("pace", "took"),
    [
        (Pace(latency_s=7), 7),
        (Pace(piece=10, pause_s=1), len(ANSWER[20:]) // 10 + 1),
        (bandwidth(1), len(ANSWER) - 20),
        (bandwidth(100), 1),
    ],
    ids=["late", "in pieces", "a byte a second", "100 bytes a second"],
)
def test_bytes_come_slowly(pace, took):
    """From the byte on that was struck, all of them."""

    async def timed():
        async with between(Server(), Strike("POST", "slow", side="answer", at=20, pace=pace)) as (opened, _):
            reader, writer = await opened()
            began = asyncio.get_running_loop().time()
            writer.write(REQUEST)
            got = await reader.readexactly(len(ANSWER))
            return got, asyncio.get_running_loop().time() - began

    assert run(timed()) == (ANSWER, pytest.approx(took, abs=1))


def test_a_reset_waits_for_a_slow_reader():
    """Megabytes that fill every buffer between: what was let through arrives before the reset does. In real time, in
    which the kernel empties them."""
    answer = ANSWER + bytes(20_000_000)
    strike = Strike("POST", "reset", side="answer", at=18_000_001)
    assert one_request(Server(answer), strike, run=asyncio.run) == (answer[:18_000_001], "reset")


def test_requests_are_told_apart():
    """On one connection and over all of them, by their heads; not by what bodies look like."""

    async def asked():
        server = Server()
        strikes = [Strike("GET /", "hole"), Strike("POST /x", "slow", nth=2, every=2)]
        async with between(server, *strikes) as (opened, proxy):
            for _ in range(3):
                reader, writer = await opened()
                for _ in range(2):
                    writer.write(b"POST /x HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
                    await asyncio.sleep(1)
                    writer.write(b"GET / HTTP/1.1\r\n\r\n.")
                    await reader.readexactly(len(ANSWER))
                writer.close()
            return [exchange.line for exchange in proxy.exchanges], strikes[0].seen, strikes[1].fired

    assert run(asked()) == (["POST /x HTTP/1.1"] * 6, 0, 3)


# --- what befalls connections -----------------------------------------------------------------------------------------


def test_every_second_connection_is_dropped():
    """As soon as it is there."""

    async def dropped():
        async with between(Server(), drop_every=2) as (opened, proxy):
            ends = []
            for _ in range(4):
                reader, writer = await opened()
                writer.write(REQUEST)
                ends.append((await read_on(reader))[1])
                writer.close()
            return ends, proxy.dropped

    assert run(dropped()) == (["silence", "reset", "silence", "reset"], 2)


def test_nobody_listens_while_it_is_full():
    """The third of two connections is refused, until one of them has ended."""

    async def asked():
        async with between(Server(), most=2) as (opened, proxy):
            first, _ = await opened(), await opened()
            await asyncio.sleep(1)
            with pytest.raises(ConnectionRefusedError):
                await opened()
            first[1].close()
            await asyncio.sleep(1)
            reader, writer = await opened()
            writer.write(REQUEST)
            return await reader.readexactly(len(ANSWER)), proxy.peak

    assert run(asked()) == (ANSWER, 2)


def test_a_silent_connection_is_closed():
    """Some time after an answer, not while one is awaited."""

    async def timed():
        waiting = Strike("POST", "slow", pace=Pace(latency_s=60))
        async with between(Server(), waiting, idle_s=5) as (opened, proxy):
            reader, writer = await opened()
            writer.write(REQUEST)
            got, ended = await read_on(reader)
            return got, ended, proxy.idled, asyncio.get_running_loop().time()

    assert run(timed()) == (ANSWER, "fin", 1, pytest.approx(65, abs=1))


@pytest.mark.parametrize(("passed", "head"), [(31_872, 378), (58_292, 446)])
def test_sixty_places_to_cut_a_message(passed, head):
    """Each once, its ends and the end of its head among them, none beyond it."""
    offsets = Message(passed, head).offsets()
    assert (len(set(offsets)), min(offsets), max(offsets)) == (60, 0, passed)
    assert {1, head - 1, head, head + 1, passed - 1} <= set(offsets)
