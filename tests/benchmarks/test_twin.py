"""What the twin costs: a loop whose time is virtual beside asyncio's own, and a thousand months foretold."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from harness import simulator
from harness.estimate import EstimateOrder, estimate
from harness.strategies import MAIN

from .side_by_side import SLACK, Contestant

TURNS = 20_000
WORKERS = 8
LEADS = 1_500_000
REPLICATES = int(os.environ.get("CONTACTBENCH_BENCH_REPLICATES", "200"))
MOST_S = 10.0  # of CPU, for 1,000 replicates

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]


async def _wait_often(pause_s: float) -> int:
    """So many waits, some at a time, as the flows of a run wait for answers and limits."""
    waits = 0

    async def work() -> None:
        nonlocal waits
        for _ in range(TURNS // WORKERS):
            await asyncio.sleep(pause_s)
            waits += 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(WORKERS):
            tasks.create_task(work())
    return waits


def loop(name: str, run: Callable[[Coroutine[Any, Any, int]], int], pause_s: float) -> Contestant:
    return Contestant(name=name, work=lambda _: run(_wait_often(pause_s)), done=int)


@pytest.mark.benchmark(group="twin")
def test_virtual_time(race):
    """A wait of an hour costs little more than a wait of nothing on asyncio's own loop."""
    table = race(
        loop("virtual loop, waits of an hour", simulator.run, 3600.0),
        loop("asyncio, waits of a microsecond", asyncio.run, 1e-6),
        title=f"{TURNS:,} waits",
        unit="waits",
        units=TURNS,
        by="cpu",
    )
    table.hold("asyncio, waits of a microsecond", 0.9)


@pytest.mark.benchmark(group="twin")
def test_estimate(benchmark):
    """1,000 replicates of 1.5 million leads by four strategies take ten seconds."""
    order = EstimateOrder(leads=LEADS, strategies=MAIN, profile="default", replicates=REPLICATES)
    began = time.process_time()
    document = benchmark.pedantic(estimate, args=(order, lambda line: None), rounds=1)
    used_s = time.process_time() - began
    assert [entry["strategy"] for entry in document["strategies"]] == list(MAIN)
    benchmark.extra_info.update(replicates=REPLICATES, cpu_s=round(used_s, 3))
    assert used_s <= MOST_S / SLACK
