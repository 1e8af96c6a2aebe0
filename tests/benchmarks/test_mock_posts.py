"""POST of 1,000 contacts with ten columns: the mock, which checks, limits and writes its ledger, beside others.

By CPU of the server's process: one of them on one core is what a mock is, and whoever asks needs a core as well.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from .references.served import Served, mock_org, reference
from .references.work import BATCH, batches
from .side_by_side import Contestant

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

REQUESTS = 100
FEW = 20  # for the slow
BODIES = batches()


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def mock_in_memory(stack, tmp_path_factory) -> Served:
    return stack.enter_context(mock_org(tmp_path_factory.mktemp("memory")))


@pytest.fixture(scope="module")
def durable_mock(stack, tmp_path_factory) -> Served:
    folder = tmp_path_factory.mktemp("durable")
    return stack.enter_context(mock_org(folder, "--store", str(folder / "org.sqlite")))


def contestant(name: str, served: Served, requests: int = REQUESTS) -> Contestant:
    """So many requests, one after the other, into an empty list. All contacts are to be stored, under fresh ids."""
    numbers = count()

    def work(_: None) -> bytes:
        return [served.post(BODIES(next(numbers))) for _ in range(requests)][-1]

    def done(last: bytes) -> int:
        assert len({contact["id"] for contact in json.loads(last)}) == BATCH
        return served.size()

    return Contestant(name=name, work=work, done=done, prepare=served.clear, units=requests * BATCH, cpu=served.cpu_s)


@pytest.mark.benchmark(group="mock: POST of 1,000 contacts")
def test_beside_flask_and_the_least_there_can_be(race, mock_in_memory, stack):
    """Four times a Flask app that checks nothing, and more than half of a server that does nothing else."""
    pytest.importorskip("flask", reason="flask is not installed")
    flask, least = (stack.enter_context(reference(name)) for name in ("flask_app", "aiohttp_app"))
    table = race(
        contestant("mock", mock_in_memory),
        contestant("flask", flask, FEW),
        contestant("bare aiohttp", least),
        title="mock: POST of 1,000 contacts, CPU of the server",
        unit="contacts",
        units=REQUESTS * BATCH,
        by="cpu",
    )
    table.hold("flask", 4.0)
    table.hold("bare aiohttp", 0.6)


@pytest.mark.benchmark(group="mock: POST of 1,000 contacts, kept on the disk")
def test_a_kept_store_takes_at_most_twice_the_time(race, mock_in_memory, durable_mock):
    """Each request is on the disk before its answer goes out."""
    table = race(
        contestant("mock, kept", durable_mock),
        contestant("mock in memory", mock_in_memory),
        title="mock: POST of 1,000 contacts, on the disk before the answer, wall",
        unit="contacts",
        units=REQUESTS * BATCH,
        by="wall",
    )
    table.hold("mock in memory", 0.5)
