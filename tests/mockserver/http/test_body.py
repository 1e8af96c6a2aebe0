"""Bodies that do not come: in virtual time, so that half a minute takes none."""

import asyncio

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol

from harness.simulator import VirtualTimeLoop
from mockserver.errors import ClientTooSlow, Overloaded
from mockserver.http.body import Arrival, HalfSentBodies


class Sent:
    """A request whose body the test sends."""

    def __init__(self):
        loop = asyncio.get_running_loop()
        protocol = BaseProtocol(loop)
        protocol.connection_made(asyncio.Transport())
        self.content = StreamReader(protocol, 1 << 20, loop=loop)


def in_virtual_time(story):
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(story())


async def taken(request):
    """How much of a body came until it ended, or was given up, and after how long."""
    began, size = asyncio.get_running_loop().time(), 0
    try:
        async for chunk in Arrival(request, 300).chunks():
            size += len(chunk)
    except ClientTooSlow:
        return size, round(asyncio.get_running_loop().time() - began)
    return size, "whole"


async def send(request, chunk, every_s, times):
    for _ in range(times):
        request.content.feed_data(chunk)
        await asyncio.sleep(every_s)
    request.content.feed_eof()


@pytest.mark.hardening("mock-22", "mock-17")
@pytest.mark.parametrize(
    ("chunk", "every_s", "times", "outcome"),
    [
        (b"x", 3, 0, (0, "whole")),
        (b"x", 100, 1, (1, 30)),  # silent after a byte
        (b"x", 3.5, 100, (86, 300)),  # dripped
        (b"x" * 65_536, 29, 3, (196_608, "whole")),
    ],
)
def test_a_slow_body(chunk, every_s, times, outcome):
    """A client may be silent for half a minute, and a body may take five, however it is dripped."""

    async def story():
        request = Sent()
        sending = asyncio.create_task(send(request, chunk, every_s, times))
        try:
            return await taken(request)
        finally:
            sending.cancel()

    assert in_virtual_time(story) == outcome


async def hold(bodies, request, size):
    """Reserve room and read."""
    arrival = Arrival(request, 300)
    async with bodies.reserve(arrival, size):
        return [chunk async for chunk in arrival.chunks()]


@pytest.mark.hardening("mock-17")
def test_a_body_that_waits_for_room():
    """The body that has kept the server waiting longest gives way to one that comes later."""

    async def story():
        bodies, stuck, late = HalfSentBodies(100), Sent(), Sent()
        stuck.content.feed_data(b"x" * 60)
        first = asyncio.create_task(hold(bodies, stuck, 80))
        await asyncio.sleep(2)
        second = asyncio.create_task(hold(bodies, late, 80))
        await asyncio.sleep(1)
        late.content.feed_data(b"y")
        late.content.feed_eof()
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = in_virtual_time(story)
    assert (type(first), second) == (ClientTooSlow, [b"y"])


@pytest.mark.hardening("mock-17")
def test_a_body_that_finds_no_room():
    """While all others come fast enough there is none; but one that has come whole needs none."""

    async def story():
        bodies, fast, late, small = HalfSentBodies(100), Sent(), Sent(), Sent()
        tasks = [asyncio.create_task(hold(bodies, fast, 80)), asyncio.create_task(send(fast, b"x" * 65_536, 0.5, 100))]
        await asyncio.sleep(0)
        small.content.feed_data(b"z" * 50)
        small.content.feed_eof()
        assert await hold(bodies, small, 50) == [b"z" * 50]
        with pytest.raises(Overloaded) as error:
            await hold(bodies, late, 80)
        await asyncio.gather(*tasks)
        return error.value

    refused = in_virtual_time(story)
    assert (refused.status, refused.headers) == (503, {"Retry-After": "1"})
