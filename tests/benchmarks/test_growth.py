"""Uploads that grow: their memory may not grow with the leads, nor their seconds faster than the leads."""

import json
import os
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pytest

from .growth import Grown, draw, grown, sizes_asked_for, table

SIZES = sizes_asked_for("15000,60000")
STRATEGIES = os.environ.get("CONTACTBENCH_BENCH_STRATEGIES", "batch-api-own-ids,csv-import-own-ids").split(",")
CHART = os.environ.get("CONTACTBENCH_BENCH_CHART", "")
MONTH = 1_500_000
MOST_MB = 512
MOST_GROWTH = 1.2  # of the memory, from a month's leads to any more of them
SLOWER = 1.5  # at most so many times the seconds a lead, from one size to the next

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]


@pytest.fixture(scope="module")
def sizes(leads_file, tmp_path_factory, tell) -> list[Grown]:
    """Every strategy at every size, once; printed, and drawn if a chart is asked for."""
    found = [
        grown(strategy, leads, leads_file(leads), tmp_path_factory.mktemp(f"{strategy}-{leads}"))
        for leads in SIZES
        for strategy in STRATEGIES
    ]
    tell(table(found))
    if CHART:
        draw(found, Path(CHART))
        Path(CHART).with_suffix(".json").write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_memory_stays(sizes, strategy):
    """A month's leads fit half a gigabyte, and more of them need hardly more."""
    mb = {one.leads: one.mb for one in sizes if one.strategy == strategy}
    assert max(size for leads, size in mb.items() if leads <= MONTH) <= MOST_MB
    if MONTH in mb:
        assert max(mb.values()) <= MOST_GROWTH * mb[MONTH]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_seconds_grow_with_the_leads_and_no_faster(sizes, strategy):
    """A lead costs what it costs, also as one of many."""
    costs = [one.cpu_s / one.leads for one in sizes if one.strategy == strategy]
    assert all(later <= SLOWER * former for former, later in pairwise(costs))
