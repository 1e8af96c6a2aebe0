import asyncio

import pytest
from aiohttp import web

from mockserver.http.access import TOKEN
from mockserver.http.connections import ConnectionLimiter, Patience
from mockserver.state.auth import Token

pytestmark = pytest.mark.anyio

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
WITH_TOKEN = REQUEST.replace(b"/ ", b"/known ")
HALF_SENT = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"
UNREAD_BYTES = 16 << 20  # more than the buffers of two sockets hold


async def welcome(request):
    if request.path == "/known":
        request[TOKEN] = Token("hash", "client", 0)
    await request.read()
    return web.Response(text="in" if request.path != "/large" else "x" * UNREAD_BYTES)


@pytest.fixture
async def knock(anyio_backend):
    """A function that opens a connection to a server behind a limiter made with its arguments."""
    opened, runners, writers = [], [], []

    async def one(at_most=0, **patience):
        if not opened:
            app = web.Application()
            app.router.add_route("*", "/{name:.*}", welcome)
            runners.append(web.AppRunner(app, access_log=None, shutdown_timeout=0.1))
            await runners[0].setup()
            limiter = ConnectionLimiter(runners[0].server, at_most, Patience(**patience))
            opened.append(await asyncio.get_running_loop().create_server(limiter, "127.0.0.1", 0))
        reader, writer = await asyncio.open_connection(*opened[0].sockets[0].getsockname())
        writers.append(writer)
        return reader, writer

    yield one
    for writer in writers:
        writer.transport.abort()
    opened[0].close()
    await runners[0].cleanup()


async def answer(reader):
    try:
        return await asyncio.wait_for(reader.read(2000), 5)
    except ConnectionError:
        return b""


async def ask(connection, request=REQUEST):
    connection[1].write(request)
    return await answer(connection[0])


@pytest.mark.hardening("mock-23", "mock-5")
async def test_one_connection_too_many(knock):
    """It is told so, as a mock; once another one has gone there is room again."""
    first = await knock(at_most=1)
    assert b"200 OK" in await ask(first)
    second = await answer((await knock())[0])
    assert second.startswith(b"HTTP/1.1 503")
    assert b"X-Mock: contactbench/" in second
    first[1].close()
    await first[1].wait_closed()
    assert b"200 OK" in await ask(await knock())


@pytest.mark.hardening("mock-22", "mock-23")
@pytest.mark.parametrize("idle", [b"", REQUEST, REQUEST[:-1], HALF_SENT])
async def test_one_that_waits_gives_way(knock, idle):
    """Who has sent nothing, half a head, half a body, or wants nothing more, makes room for a newcomer."""
    first = await knock(at_most=1)
    first[1].write(idle)
    await asyncio.sleep(0.3)
    assert b"200 OK" in await ask(await knock())
    await answer(first[0])
    assert await answer(first[0]) == b""


@pytest.mark.hardening("mock-22", "mock-23")
async def test_strangers_give_way_first(knock):
    """Whose last request brought a token stays, though it has waited longest."""
    known, stranger = await knock(at_most=2), await knock()
    assert b"200 OK" in await ask(known, WITH_TOKEN)
    assert b"200 OK" in await ask(stranger)
    await asyncio.sleep(0.3)
    assert b"200 OK" in await ask(await knock())
    assert (b"200 OK" in await ask(known, WITH_TOKEN), await ask(stranger)) == (True, b"")


@pytest.mark.hardening("mock-22")
async def test_a_head_that_never_ends(knock):
    """A connection that does not say what it wants is closed, be it its first request or a later one."""
    slow, quick = await knock(head_s=0.05), await knock()
    slow[1].write(b"GET / HTTP/1.1\r\nX-Slow: 1\r\n")
    assert b"200 OK" in await ask(quick)
    assert await answer(slow[0]) == b""
    assert b"200 OK" in await ask(quick)
    assert await ask(quick, REQUEST[:-1]) == b""


@pytest.mark.hardening("mock-22")
async def test_an_answer_that_nobody_reads(knock):
    """It does not hold its connection for ever."""
    reader, writer = await knock(answer_s=0.05)
    writer.write(REQUEST.replace(b"/ ", b"/large "))
    await asyncio.sleep(0.2)
    taken = 0
    while chunk := await answer(reader):
        taken += len(chunk)
    assert taken < UNREAD_BYTES
