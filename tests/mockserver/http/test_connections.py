import asyncio

import pytest
from aiohttp import web

from mockserver.errors import ClientTooSlow
from mockserver.http.body import arriving
from mockserver.http.connections import ConnectionLimiter

pytestmark = pytest.mark.anyio


async def welcome(request):
    return web.Response(text="in")


@pytest.fixture
async def knock(anyio_backend):
    """A function that opens a connection to a server behind a gate made with its arguments."""
    opened, runners, writers = [], [], []

    async def one(**gate):
        if not opened:
            app = web.Application()
            app.router.add_get("/", welcome)
            runners.append(web.AppRunner(app, access_log=None, shutdown_timeout=0.1))
            await runners[0].setup()
            server = await asyncio.get_running_loop().create_server(
                ConnectionLimiter(runners[0].server, **gate), "127.0.0.1", 0
            )
            opened.append(server)
        reader, writer = await asyncio.open_connection(*opened[0].sockets[0].getsockname())
        writers.append(writer)
        return reader, writer

    yield one
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    opened[0].close()
    await runners[0].cleanup()


async def answer(reader):
    return await asyncio.wait_for(reader.read(200), 5)


REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def test_one_connection_too_many(knock):
    """It is told so; once another one has gone there is room again."""
    first = await knock(at_most=1, head_s=0)
    first[1].write(REQUEST)
    assert b"200 OK" in await answer(first[0])
    second = await knock()
    assert (await answer(second[0])).startswith(b"HTTP/1.1 503")
    first[1].close()
    await first[1].wait_closed()
    third = await knock()
    third[1].write(REQUEST)
    assert b"200 OK" in await answer(third[0])


async def test_a_head_that_never_ends(knock):
    """A connection that does not say what it wants is closed, one that does stays."""
    slow, quick = await knock(at_most=0, head_s=0.05), await knock()
    slow[1].write(b"GET / HTTP/1.1\r\nX-Slow: 1\r\n")
    quick[1].write(REQUEST[:-3])
    quick[1].write(REQUEST[-3:])
    assert b"200 OK" in await answer(quick[0])
    assert await answer(slow[0]) == b""
    quick[1].write(REQUEST)
    assert b"200 OK" in await answer(quick[0])


async def test_a_body_that_never_comes():
    """A client that falls silent in the middle of a body is told 408."""

    class Silent:
        class content:  # noqa: N801 the name is aiohttp's
            @staticmethod
            async def readany():
                raise TimeoutError

    with pytest.raises(ClientTooSlow) as error:
        [chunk async for chunk in arriving(Silent)]
    assert (error.value.status, error.value.code) == (408, "client.timeout")
