"""Whatever a seed thinks of: no run calls a wrong mapping verified, and a run is lost only to an org that lies."""

import pytest

from harness.strategies import STRATEGIES
from harness.twin.torture import torture

SEEDS, PARTS, LEADS = 30, 5, 240


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_tortured_runs(strategy, part):
    """Each violation is told with the command that plays it again."""
    told = []
    seeds = range(1 + part * SEEDS // PARTS, 1 + (part + 1) * SEEDS // PARTS)
    document = torture(seeds, strategy, LEADS, told.append)
    assert (document["violations"], told) == (0, [])
    assert document["finished"] >= document["seeds"] - 3  # an org that lies may stop a run, not most of them


def test_the_same_seed_is_the_same_run():
    """To the number of requests and the virtual second; only what it took here differs."""
    once, again = (torture([7], None, None, print) for _ in range(2))
    assert {**once, "wall_s": 0} == {**again, "wall_s": 0}
