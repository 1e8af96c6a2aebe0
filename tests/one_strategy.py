"""Of a case that is played for each strategy, `make test` plays one; `tox -e failures` plays the others.

Only where a case is a whole upload: `FOLDERS`.
"""

import zlib
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from harness.strategies import STRATEGIES

ELSEWHERE = ("slow", "sized", "full", "smoke")  # played by another environment already
FOLDERS = {Path(__file__).parent / name for name in ("end_to_end", "failures", "outside")}


def thin_out(items):
    """Mark all strategies of a case but one `slow`; which one is left changes from case to case."""
    cases, seen = defaultdict(lambda: defaultdict(list)), Counter()
    for item in items:
        apart = FOLDERS.isdisjoint(item.path.parents) or any(map(item.get_closest_marker, ELSEWHERE))
        if not apart and (strategy := _strategy(item)):
            case = _parameters_beside_the_strategy(item)
            seen[item.path, item.originalname, case, strategy] += 1
            row = seen[item.path, item.originalname, case, strategy]  # one strategy twice in a table: two cases
            cases[item.path.name, item.originalname][case, row].append(item)
    for (_, test), of_test in cases.items():
        for number, played in enumerate(of_test.values(), zlib.crc32(test.encode())):
            left = number % len(played)
            for item in played[:left] + played[left + 1 :]:
                item.add_marker(pytest.mark.slow)


def _strategy(item):
    """The strategy that the test is played for, "" if it is not a matter of one."""
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return next(filter(_is_strategy, values), "")


def _is_strategy(value):
    return isinstance(value, str) and value in STRATEGIES


def _parameters_beside_the_strategy(item):
    """Without those that stand in one row with the strategy: what is expected of it."""
    values, beside = item.callspec.params, dict(item.callspec.params)
    for mark in item.iter_markers("parametrize"):
        names = mark.args[0].split(",") if isinstance(mark.args[0], str) else mark.args[0]
        columns = [name.strip() for name in names]
        if any(_is_strategy(values.get(column)) for column in columns):
            for column in columns:
                beside.pop(column, None)
    return repr(beside)
