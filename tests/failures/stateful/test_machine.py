"""Random stories of uploads: as many as CONTACTBENCH_EXAMPLES says, from CONTACTBENCH_SEED (tox -e model)."""

import logging
import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from harness.strategies import MAIN, STRATEGIES

from .machine import RULES, Uploads
from .mutants import MUTANTS
from .troubles import kinds

ENOUGH = 150  # for every rule and every fault to occur
EXAMPLES = int(os.environ.get("CONTACTBENCH_EXAMPLES", "15"))
SEED = int(os.environ.get("CONTACTBENCH_SEED", "1"))
SHRINK = (Phase.shrink,) if "CONTACTBENCH_SHRINK" in os.environ else ()  # takes long; the story is told either way
STEPS, PART = 30, 6
QUICKLY_FOUND = {"sent again on a guess", "the intent comes after the request"}
log = logging.getLogger(__name__)
SHARES = dict.fromkeys(STRATEGIES, 2) | {"csv-import-search": 1}


def play(strategy, examples):
    """What was counted while so many stories of this strategy were played.

    In parts with seeds of their own: the stories of one part resemble each other, since Hypothesis varies them.
    """
    machine = type("Uploads", (Uploads,), {"strategy": strategy, "counts": Counter()})
    for first in range(0, examples, PART):
        about = settings(
            max_examples=min(PART, examples - first),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=(Phase.generate, *SHRINK),
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(seed(SEED * 1_000_000 + first)(machine), settings=about)
    return machine.counts


@pytest.mark.sized
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", STRATEGIES)
def test_any_story_ends_well(name):
    """Whatever happens in whatever order: nothing is lost, doubled or sent on a guess, and every exit code is true."""
    counts = play(STRATEGIES[name], EXAMPLES * SHARES[name] // sum(SHARES.values()))
    log.info("%s: %s", name, dict(sorted(counts.items())))  # --log-cli-level=INFO shows it
    least = dict.fromkeys(RULES, 3) | {f"drawn: {kind}": 5 for kind in kinds(name)}
    least |= {f"struck: {kind}": 1 for kind in kinds(name)}
    rare = {what: counts[what] for what in least if counts[what] < least[what]}
    assert not rare or name not in MAIN or EXAMPLES < ENOUGH, f"the stories do not tell enough of {rare}"


@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    ("mutant", "told"),
    [
        pytest.param(*mutant, id=name, marks=[] if name in QUICKLY_FOUND else pytest.mark.slow)
        for name, mutant in MUTANTS.items()
    ],
)
def test_a_broken_promise_is_found(mutant, told):
    """Each mutant is found within the stories of one strategy, for what it does."""
    with pytest.raises(AssertionError, match=told):
        play(mutant, ENOUGH * 2 // sum(SHARES.values()))
