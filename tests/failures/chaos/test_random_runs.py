"""Whatever a seed thinks of: no run calls a wrong mapping verified, and a run is lost only to an org that lies."""

import os

import pytest

from harness.strategies import STRATEGIES

from .torture import torture

SEEDS = int(os.environ.get("CONTACTBENCH_CHAOS_SEEDS", "3"))
PARTS, LEADS = (4, 240) if SEEDS >= 4 else (1, 240)


def said_by(*arguments, **options):
    """The document, and the lines that tell of violations."""
    told = []
    document = torture(*arguments, told.append, **options)
    return document, [line for line in told if " runs, " not in line]


@pytest.mark.hardening("harness-19")
@pytest.mark.sized
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_random_runs(strategy, part):
    """Each violation is reported with the command that reproduces it."""
    seeds = range(1 + part * SEEDS // PARTS, 1 + (part + 1) * SEEDS // PARTS)
    document, told = said_by(seeds, [strategy], LEADS)
    assert (document["violations"], told) == (0, [])
    assert document["finished"] >= document["runs"] - 3  # an org that lies may stop a run, not most of them


@pytest.mark.sized
def test_the_same_seeds_are_the_same_runs():
    """To the number of requests and the virtual second, in one process or in two; only what it took here differs."""
    once, again = (
        said_by(range(max(1, SEEDS // 4)), ["batch-api", "csv-import-search"], 60, jobs=jobs)[0] for jobs in (1, 2)
    )
    assert {**once, "wall_s": 0} == {**again, "wall_s": 0}
