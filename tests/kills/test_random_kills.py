"""Killed at random moments, once, twice or three times, an upload is finished by the same command and all is well."""

import random

import pytest

from harness.strategies import MAIN

from .case import Case
from .processes import Child
from .sizes import FULL, KILLS

STALL_S = 0.1
MOMENTS = ("before_parse", "before_commit", "after_commit", "mid_response")
REQUESTS = {"batch-api": 26, "batch-api-own-ids": 26, "csv-import-export": 12, "csv-import-own-ids": 8}  # at least
IN_A_ROW = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3)


def die_at_any_time(case: Case, rng: random.Random, span_s: float, **how) -> bool:
    """Start it and kill it at any time of the span; whether it was still there to be killed."""
    child = case.start(**how)
    child.ends_within(rng.uniform(0, span_s))
    return case.killed(child)


def die_at_any_request(case: Case, rng: random.Random, requests: int, **how) -> bool:
    """Start it and kill it while one of its requests is under way, or shortly after."""
    rule = {"op": "*", "nth": rng.randint(1, requests), "when": rng.choice(MOMENTS), "action": {"stall_s": STALL_S}}
    case.mock.faults(rule)
    child = case.start(**how)
    if struck(case, child):
        child.ends_within(rng.uniform(0, STALL_S))
    died = case.killed(child)
    case.mock.faults()
    return died


def struck(case: Case, child: Child) -> bool:
    """Wait for the fault rule to strike; False if the upload has ended before."""
    while case.mock.unfired():
        if child.ends_within(0.005):
            return False
    return True


def die(case: Case, rng: random.Random, span_s: float, **how) -> bool:
    """Be killed as the generator has it."""
    if rng.random() < 0.5:
        return die_at_any_time(case, rng, span_s, **how)
    return die_at_any_request(case, rng, REQUESTS[case.strategy], **how)


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


@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("strategy", MAIN)
def test_killed_at_random(case_of, mock, unbroken_run, tally, strategy, seed):
    """Nothing lost, doubled or orphaned; the mapping is what the org dictates; little is sent twice."""
    rng = random.Random(f"{strategy} {seed}")
    span_s, mapping = unbroken_run(strategy)
    lists = rng.choice([1, 1, 2, 4])
    case = case_of(strategy, lists=lists)
    while not die(case, rng, span_s):  # too late: it had ended
        mock.reset()
        case = case_of(strategy, lists=lists)
    for _ in range(rng.choice(IN_A_ROW) - 1):
        if not die(case, rng, span_s):
            break
    tally.add(f"{strategy}: kills at random", case.kills)
    tally.worst(f"{strategy}: sent again, by kill", case.sent_again() / case.kills)
    ended = case.finished()
    assert (ended.code, case.amiss()) == (0, []), ended.err
    assert lists > 1 or "own-ids" not in strategy or case.mapping() == mapping
    tally.add(f"{strategy}: runs finished by one more start")
    tally.add("CPU seconds of uploads, killed and finished", case.cpu_s)


@pytest.mark.parametrize("seeds", [range(50) if FULL else range(3)])
def test_blind_to_doubt(case_of, mock, tally, seeds):
    """An upload that sends again whatever has no acknowledgement is killed alike: that is seen to double leads."""
    doubled = 0
    for seed in seeds:
        case = case_of("batch-api")
        rng = random.Random(f"blind {seed}")
        while not die_at_any_request(case, rng, REQUESTS["batch-api"], blind=True):
            mock.reset()
            case = case_of("batch-api")
        assert case.finished(blind=True).code == 0
        doubled += any(complaint.startswith("C3") for complaint in case.amiss())
        mock.reset()
    tally.add("blind: runs with a kill", len(seeds))
    tally.add("blind: runs that doubled leads", doubled)
    assert doubled
