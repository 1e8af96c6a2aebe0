"""How fast the harness loads, maps and proves leads when the org costs nothing, beside clients that do much less.

A turn of the harness is a whole upload: input checked, intents and answers kept on the disk, mapping written, and
proved by an export. A turn of the others is the sending alone. By CPU of the client: the clock also knows how busy the
machine's disk and its other core are, and stands beside it in the table.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from harness.client.oauth import MOCK_CREDENTIALS
from harness.runs.prepare import UploadOrder, upload
from harness.strategies.job import Settings

from .references.clients import with_aiohttp, with_httpx, with_the_sdk
from .side_by_side import Contestant

LEADS = int(os.environ.get("CONTACTBENCH_BENCH_LEADS", "50000"))
ROUNDS = 5
FEW = 2_000  # for the slow
# An org without delays has no slow jobs: polling it in seconds would measure the polling.
SETTINGS = Settings(poll_initial_s=0.02, poll_cap_s=0.2, consistency_wait_s=0.05, in_flight_grace_s=2.0)
BATCHES, FILES = ("batch-api", "batch-api-own-ids"), ("csv-import-export", "csv-import-own-ids")
NUMBERS = count(1)

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


@pytest.fixture
def uploading(mock, leads_file, tmp_path) -> Callable[[str], Contestant]:
    """A function: the contestant that loads LEADS leads by a strategy."""

    def work(strategy: str) -> dict[str, Any]:
        order = _order(strategy, leads_file(LEADS), mock.url, tmp_path / str(next(NUMBERS)))
        (entry,) = upload(order, lambda line: None)["strategies"]
        return entry

    def done(entry: dict[str, Any]) -> int:
        assert (entry["rejected"], entry["verified"]) == (0, True)
        assert sum(contact_list["size"] for contact_list in mock.get("/state")["lists"]) == LEADS
        return entry["mapped"]

    return lambda strategy: Contestant(name=strategy, work=lambda _: work(strategy), done=done, prepare=mock.reset)


def other(name: str, load: Callable[[str, Path], dict[str, str]], mock: Any, leads: Path, units: int) -> Contestant:
    """A client that is given so many leads; all contacts it tells of are to be there."""

    def done(mapping: dict[str, str]) -> int:
        assert len(set(mapping.values())) == mock.get("/state")["lists"][0]["size"]
        return len(mapping)

    return Contestant(name=name, work=lambda _: load(mock.url, leads), done=done, prepare=mock.reset, units=units)


@pytest.mark.benchmark(group="harness: uploads")
@pytest.mark.parametrize("strategy", BATCHES)
def test_batches_beside_clients_that_promise_nothing(race, uploading, mock, leads_file, strategy):
    """What journal, limits and proof cost: three tenths of what the fastest prototype does are left."""
    leads = leads_file(LEADS)
    others = [("aiohttp, sending only", with_aiohttp), ("httpx, sending only", with_httpx)]
    table = race(
        uploading(strategy),
        *(other(name, load, mock, leads, LEADS) for name, load in others),
        title=f"{strategy}: {LEADS:,} leads loaded, mapped and proved",
        unit="leads",
        units=LEADS,
        rounds=ROUNDS,
        by="cpu",
    )
    table.hold("aiohttp, sending only", 0.3)


@pytest.mark.benchmark(group="harness: uploads")
@pytest.mark.parametrize("strategy", BATCHES)
def test_batches_beside_the_official_sdk(race, uploading, mock, leads_file, strategy):
    """Eight times as fast, though the SDK keeps and proves nothing; twelve were aimed at (docs/performance.md)."""
    if find_spec("PureCloudPlatformClientV2") is None:
        pytest.skip("the official SDK is not installed (PureCloudPlatformClientV2)")
    table = race(
        uploading(strategy),
        other("official SDK, sending only", with_the_sdk, mock, leads_file(FEW), FEW),
        title=f"{strategy}: {LEADS:,} leads loaded, mapped and proved; the SDK, {FEW:,} sent",
        unit="leads",
        units=LEADS,
        rounds=ROUNDS,
        by="cpu",
    )
    table.hold("official SDK, sending only", 8.0)


@pytest.mark.benchmark(group="harness: uploads")
@pytest.mark.parametrize("strategy", FILES)
def test_files_beside_batches(race, uploading, strategy):
    """One file a list costs the client less than a thousand requests."""
    table = race(
        uploading(strategy),
        uploading("batch-api"),
        title=f"{strategy}: {LEADS:,} leads loaded, mapped and proved",
        unit="leads",
        units=LEADS,
        rounds=ROUNDS,
        by="cpu",
    )
    table.hold("batch-api", 1.0)


def _order(strategy: str, leads: Path, url: str, folder: Path) -> UploadOrder:
    return UploadOrder(
        strategy=strategy,
        leads=leads,
        lead_id="Lead ID",
        phone="Phone",
        target=url,
        credentials=MOCK_CREDENTIALS,
        run_id=f"bench-{strategy}",
        folder=folder,
        settings=SETTINGS,
    )
