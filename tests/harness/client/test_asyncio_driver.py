"""The asyncio driver: the budget before the wire, the journal before the next step."""

import asyncio
from contextlib import asynccontextmanager, closing

import pytest
from aiohttp import web

from harness import events, simulator
from harness.client.asyncio_driver import open_driver
from harness.client.target import Target
from harness.domain import Shard
from harness.errors import GaveUp
from harness.flow import Call, Save, Wait, Work, adrive
from harness.journal.sqlite_journal import SqliteJournal

CALL = Call(op="lists.get", method="GET", url="/")


@asynccontextmanager
async def limited_server(folder, allowed, seconds):
    """An API on a Unix socket that allows so many calls in a window of so many seconds, and says so."""
    arrivals = []

    async def answer(request):
        now = asyncio.get_running_loop().time()
        arrivals.append(now)
        window = now // seconds
        count = sum(arrival // seconds == window for arrival in arrivals)
        left = {"count": count, "allowed": allowed, "reset": int((window + 1) * seconds - now) + 1}
        headers = {f"inin-ratelimit-{key}": str(value) for key, value in left.items()}
        return web.Response(status=200 if count <= allowed else 429, headers=headers)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.UnixSite(runner, str(folder / "socket")).start()
        yield Target.one_host("http://localhost", folder / "socket"), arrivals
    finally:
        await runner.cleanup()


@asynccontextmanager
async def driver_of(folder, target, deadline_s=3600.0):
    with closing(SqliteJournal(folder / "journal.sqlite")) as journal:
        journal.plan({}, [Shard(number=0, first=0, count=1, list_name="leads")], "run")
        async with open_driver(target, journal, folder / "requests.csv", 4, deadline_s) as driver:
            yield driver


def test_no_more_is_sent_than_is_allowed(tmp_path):
    """Fifty calls by four workers against ten a minute: five minutes, and never refused."""

    async def main():
        async with limited_server(tmp_path, 10, 60) as (target, arrivals), driver_of(tmp_path, target) as driver:
            todo = iter(range(50))

            async def work():
                for _ in todo:
                    await driver.send(CALL)

            await driver.send(CALL)  # the limit is learned from an answer
            await asyncio.gather(*(work() for _ in range(4)))
            return arrivals, driver.context.samples.status_429

    arrivals, refused = simulator.run(main())
    assert (len(arrivals), refused) == (51, 0)
    assert 300 <= arrivals[-1] < 310


def test_the_wait_for_the_budget_is_seen_in_the_samples(tmp_path):
    """The time between a request's planned start and its sending is kept apart from the server's time."""

    async def main():
        async with limited_server(tmp_path, 1, 60) as (target, _), driver_of(tmp_path, target) as driver:
            await driver.send(CALL)
            await driver.send(CALL)
            return driver.context.samples.operations()["lists.get"], driver.context.samples.throttled_s

    times, throttled_s = simulator.run(main())
    assert times["max_s"] < 1
    assert throttled_s == pytest.approx(60, abs=1)


def test_the_deadline_holds_for_the_budget_too(tmp_path):
    """A wait that would go past it is not begun."""

    async def main():
        async with limited_server(tmp_path, 1, 60) as (target, _), driver_of(tmp_path, target, 30.0) as driver:
            await driver.send(CALL)
            with pytest.raises(GaveUp, match="DEADLINE"):
                await driver.send(CALL)
            return asyncio.get_running_loop().time()

    assert simulator.run(main()) < 1


def test_every_other_step(tmp_path):
    """Events are in the journal when the flow goes on; waits take time, work does not."""

    async def main():
        async with driver_of(tmp_path, Target.one_host("http://localhost")) as driver:

            def flow():
                yield Wait(9.0)
                yield Save(events.ListCreated(0, "list-1"))
                stored = driver.context.journal.shards()[0].contact_list_id
                return stored, (yield Work(lambda: 7))

            return await adrive(flow(), driver), asyncio.get_running_loop().time()

    assert simulator.run(main()) == (("list-1", 7), 9.0)
