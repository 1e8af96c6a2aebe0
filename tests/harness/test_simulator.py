"""Time that jumps: the same program, the same order of events, no waiting."""

import asyncio
import threading
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from harness.client import httpx_transport
from harness.client.target import Target
from harness.flow import Call
from harness.simulator import DeadlockError, run


@asynccontextmanager
async def slow_server(folder, seconds):
    """A server on a Unix socket that thinks for so long."""

    async def answer(request):
        await asyncio.sleep(seconds)
        return web.json_response(await request.json())

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.UnixSite(runner, str(folder / "socket")).start()
        yield Target.one_host("http://localhost", folder / "socket")
    finally:
        await runner.cleanup()


def post(timeout_s=900.0):
    return Call(op="contacts.add", method="POST", url="/", body=b"[1]", bearer=False, timeout_s=timeout_s)


async def talk(folder, *, calls, timeout_s=900.0):
    """So many calls at once to a server that takes ten minutes: the answers, and when the last one came."""
    async with slow_server(folder, 600) as target, httpx_transport.open_client(target, calls) as client:
        replies = await asyncio.gather(*(httpx_transport.send(client, target, post(timeout_s)) for _ in range(calls)))
    return replies, asyncio.get_running_loop().time()


def test_ten_minutes_pass_at_once(tmp_path):
    """Client and server talk over a real socket; the clock says ten minutes, the wall a moment."""
    began = time.perf_counter()
    replies, ended = run(talk(tmp_path, calls=5))
    assert [reply.body for reply in replies] == [b"[1]"] * 5
    assert ended == pytest.approx(600.0)
    assert time.perf_counter() - began < 10


def test_a_timeout_is_virtual_too(tmp_path):
    """A call that may take a minute is given up after a minute, of a server that takes ten."""
    (reply,), _ = run(talk(tmp_path, calls=1, timeout_s=60.0))
    assert (reply.status, reply.error) == (0, "TimeoutError")


def test_timers_fire_in_their_order():
    """Whatever the order in which they were set; each at its own time."""

    async def main():
        fired = []
        loop = asyncio.get_running_loop()

        async def at(seconds):
            await asyncio.sleep(seconds)
            fired.append((seconds, round(loop.time(), 6)))

        await asyncio.gather(*(at(seconds) for seconds in (86_400, 0.5, 60, 0)))
        return fired

    assert run(main()) == [(0, 0.0), (0.5, 0.5), (60, 60.0), (86_400, 86_400.0)]


def test_executor_work_is_done_inline():
    """In the thread of the loop, in no virtual time; so its end is always at the same moment."""

    async def main():
        loop = asyncio.get_running_loop()
        thread = await loop.run_in_executor(None, threading.get_ident)
        return thread == threading.get_ident(), await asyncio.to_thread(lambda: 7), loop.time()

    assert run(main()) == (True, 7, 0.0)


def test_an_error_of_executor_work_reaches_the_one_who_waits():
    """As it would from a thread."""

    async def main():
        await asyncio.get_running_loop().run_in_executor(None, int, "seven")

    with pytest.raises(ValueError, match="seven"):
        run(main())


def test_waiting_for_nothing_is_an_error():
    """A program that would hang for ever says so."""

    async def main():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(DeadlockError):
        run(main())


def test_every_run_begins_at_zero():
    """A loop's clock is its own."""

    async def main():
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(5)
        return began, asyncio.get_running_loop().time()

    assert run(main()) == run(main()) == (0.0, 5.0)
