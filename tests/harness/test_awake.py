"""Times in which the process did not run are noticed."""

import asyncio
from types import SimpleNamespace

import pytest

from harness.awake import SUSPENDED_S, TICK_S, awake
from harness.twin.virtual_time import VirtualTimeLoop


@pytest.mark.parametrize("seconds", [1200.0, SUSPENDED_S - TICK_S])
def test_a_pause(seconds):
    """One that is long enough is told, once, with its length; a loop that was merely busy is not."""
    told = []

    async def main():
        shell = SimpleNamespace(books=SimpleNamespace(suspended=told.append))
        assert awake(shell) is shell
        await asyncio.sleep(10)
        asyncio.get_running_loop().suspend(seconds)
        await asyncio.sleep(10)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(main())
    assert told == ([pytest.approx(seconds, abs=TICK_S)] if seconds > SUSPENDED_S else [])
