"""POST of 1,000 contacts while more and more are stored: no pause, no slope, and little memory a contact.

A request costs what its server's process has used of the CPU until the answer is there, so a neighbour of the machine
is no pause; a garbage collection or an index that is built anew is one.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import pytest

from .references.served import Served, mock_org
from .references.work import BATCH, batch, batches
from .side_by_side import SLACK

LEADS = int(os.environ.get("CONTACTBENCH_BENCH_LEADS", "20000"))
SIZES = (100_000,) if LEADS < 1_500_000 else (1_500_000, 5_000_000)
FIRST = 50  # requests until the process has the memory it works with
LAST = 500  # requests with (nearly) everything stored
PAUSE_S = 0.1
BYTES = 700  # of memory a contact

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]


@dataclass(frozen=True)
class Filling:
    """Seconds of CPU of each request until the store was full, and what the process then held."""

    title: str
    costs: Sequence[float]
    bytes_a_contact: float

    @property
    def p50(self) -> float:
        return median(self.costs[-LAST:])

    @property
    def p99(self) -> float:
        return quantiles(self.costs[-LAST:], n=100, method="inclusive")[-1]

    def info(self) -> dict[str, Any]:
        first = median(self.costs[: min(LAST, len(self.costs) // 3)])
        seconds = {"first_p50": first, "p50": self.p50, "p99": self.p99, "most": max(self.costs)}
        return {f"{name}_ms": round(1_000 * value, 3) for name, value in seconds.items()} | {
            "bytes_a_contact": round(self.bytes_a_contact)
        }

    def lines(self) -> list[str]:
        return [f"{self.title}: " + ", ".join(f"{name} {value:,}" for name, value in self.info().items())]


@pytest.mark.benchmark(group="mock: a store that fills")
@pytest.mark.parametrize("own_ids", [False, True], ids=["ids drawn", "own ids"])
@pytest.mark.parametrize("contacts", SIZES)
def test_a_full_store_answers_as_quickly(benchmark, tell, tmp_path, contacts, own_ids):
    """No request waits for the collector, the slowest hundredth takes three times the usual at most."""
    with mock_org(tmp_path) as served:
        filled(served, range(FIRST), own_ids)
        before = served.rss()
        requests = range(FIRST, contacts // BATCH)
        costs = benchmark.pedantic(filled, args=(served, requests, own_ids), rounds=1)
        filling = Filling(
            f"mock: {contacts:,} contacts stored, {'own ids' if own_ids else 'ids drawn'}, CPU of a request",
            costs,
            (served.rss() - before) / (len(requests) * BATCH),
        )
        assert served.size() == contacts
    tell(filling.lines())
    benchmark.extra_info.update(filling.info())
    assert filling.p99 * SLACK <= 3 * filling.p50, filling.info()
    assert max(costs) * SLACK <= PAUSE_S, filling.info()
    assert filling.bytes_a_contact <= BYTES, filling.info()


def filled(served: Served, requests: Iterable[int], own_ids: bool) -> list[float]:
    """What each request has cost."""
    body, costs = batches(), []
    for number in requests:
        sent = batch(number * BATCH, own_ids=True) if own_ids else body(number)
        before = served.cpu_s()
        served.post(sent)
        costs.append(served.cpu_s() - before)
    return costs
