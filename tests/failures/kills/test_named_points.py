"""Killed by itself before or after a step: every kind of request, of stored event and of local work there is."""

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from harness.strategies import MAIN

from .case import Case
from .sizes import MOST_POINTS, POINTS

LEADS, BATCH = 800, 100
DOUBT = {  # a kill that leaves something in doubt: how it is resolved has steps of its own
    "batch-api": ("contacts.add", 3, "after"),
    "batch-api-own-ids": ("contacts.add", 3, "after"),
    "csv-import-export": ("import.upload", 1, "after"),
    "csv-import-own-ids": ("import.upload", 1, "after"),
}
Point = tuple[str, int, str]  # name of the step, which of that name, before or after


@pytest.fixture
def small(case_of, mock) -> Callable[[str, bool], Case]:
    """A function: a case, into an org that is empty; with something in doubt already, or not."""

    def case(strategy: str, doubtful: bool) -> Case:
        mock.reset()
        made: Case = case_of(strategy, LEADS, BATCH)
        if doubtful:
            assert made.saw(made.start(die=DOUBT[strategy]).ended())
        return made

    return case


def points(case: Case) -> Iterator[Point]:
    """The first, second and last step of each name that the run takes to its end, before and after."""
    told = case.folder / "steps.txt"
    ended = case.finished(steps=str(told))
    assert (ended.code, case.amiss()) == (0, []), ended.err
    for name, times in Counter(told.read_text().split()).items():
        for nth in sorted({1, min(2, times), times}):
            yield name, nth, "before"
            yield name, nth, "after"


def drawn(known: list[Point], seed: str) -> list[Point]:
    """The share of the points that is played now."""
    count = min(MOST_POINTS, max(1, round(POINTS * len(known))))
    return known if POINTS == 1 else random.Random(seed).sample(known, count)


@pytest.mark.sized
@pytest.mark.parametrize("doubtful", [False, True], ids=["new", "in doubt"])
@pytest.mark.parametrize("strategy", MAIN)
def test_killed_at_a_named_point(small, tally, strategy, doubtful):
    """The process is killed at each named point; the same command finishes with a correct result."""
    wrong = {}
    for point in drawn(list(points(small(strategy, doubtful))), f"{strategy} {doubtful}"):
        case = small(strategy, doubtful)
        tally.add(f"{strategy}: named points")
        tally.add(f"{strategy}: named points come to", case.saw(case.start(die=point).ended()))
        ended = case.finished()
        if (ended.code, amiss := case.amiss()) != (0, []):
            wrong[point] = ended.err, amiss
    assert wrong == {}
