"""Killed at random moments, once, twice or three times, an upload is finished by the same command and all is well."""

import random

import pytest

from harness.strategies import MAIN

from .moments import at_any_request, at_random
from .sizes import FULL, KILLS

IN_A_ROW = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)


@pytest.fixture(scope="session")
def unbroken():
    """By strategy: how long a run takes that nobody kills, and its mapping."""
    return {}


@pytest.fixture
def unbroken_run(unbroken, case_of, mock):
    """A function: the duration and the mapping of the unbroken run."""

    def of(strategy):
        if strategy not in unbroken:
            case = case_of(strategy)
            ended = case.finished()
            assert (ended.code, case.amiss()) == (0, []), ended.err
            unbroken[strategy] = ended.wall_s, case.mapping()
            mock.reset()
        return unbroken[strategy]

    return of


@pytest.mark.sized
@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("strategy", MAIN)
def test_killed_at_random(case_of, mock, unbroken_run, tally, strategy, seed):
    """No lead is lost, duplicated or orphaned; the mapping agrees with the org; little is sent twice."""
    rng = random.Random(f"{strategy} {seed}")
    span_s, mapping = unbroken_run(strategy)
    lists = rng.choice([1, 1, 2, 4])
    case = case_of(strategy, lists=lists)
    while not case.killed(at_random(case, rng, span_s)):  # too late: it had ended
        mock.reset()
        case = case_of(strategy, lists=lists)
    for _ in range(rng.choice(IN_A_ROW) - 1):
        if not case.killed(at_random(case, rng, span_s)):
            break
    tally.add(f"{strategy}: kills at random", case.kills)
    tally.worst(f"{strategy}: sent again, by kill", case.sent_again() / case.kills)
    ended = case.finished()
    assert (ended.code, case.amiss()) == (0, []), ended.err
    assert lists > 1 or "own-ids" not in strategy or case.mapping() == mapping
    tally.add(f"{strategy}: runs finished by one more start")
    tally.add("CPU seconds of uploads, killed and finished", case.cpu_s)


@pytest.mark.parametrize("seeds", [range(50) if FULL else range(2)])
def test_blind_to_doubt(case_of, mock, tally, seeds):
    """An upload that sends unacknowledged batches again without a look is seen to duplicate leads."""
    doubled = 0
    for seed in seeds:
        case = case_of("batch-api")
        rng = random.Random(f"blind {seed}")
        while not case.killed(at_any_request(case, rng, blind=True)):
            mock.reset()
            case = case_of("batch-api")
        assert case.finished(blind=True).code == 0
        doubled += any(complaint.startswith("C3") for complaint in case.amiss())
        mock.reset()
    tally.add("blind: runs with a kill", len(seeds))
    tally.add("blind: runs that doubled leads", doubled)
    assert doubled
