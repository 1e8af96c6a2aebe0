"""Times in which the process did not run are noticed."""

import asyncio
from types import SimpleNamespace

import pytest

from harness.client.asyncio_driver import SUSPENDED_S, TICK_S, watch_for_suspension
from harness.simulator import VirtualTimeLoop


@pytest.mark.parametrize(
    ("seconds", "worked_s", "noticed"),
    [(1200.0, 0.0, True), (1200.0, 3.0, True), (SUSPENDED_S - TICK_S, 0.0, False), (8.0, 7.5, False)],
)
def test_a_pause(seconds, worked_s, noticed):
    """A long pause is reported once, with its length; a loop that was busy with work is not."""
    told, worked = [], [0.0]

    async def main():
        driver = SimpleNamespace(context=SimpleNamespace(record_suspension=told.append))
        assert watch_for_suspension(driver, lambda: worked[0]) is driver
        await asyncio.sleep(10)
        worked[0] = worked_s
        asyncio.get_running_loop().suspend(seconds)
        await asyncio.sleep(10)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(main())
    assert told == ([pytest.approx(seconds, abs=TICK_S)] if noticed else [])
