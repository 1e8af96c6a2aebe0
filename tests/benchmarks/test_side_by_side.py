"""The way in which contestants are compared, held on contestants whose times are known."""

from collections.abc import Callable
from typing import Any

import pytest

from .side_by_side import Contestant, side_by_side


class Pedantic:
    """Stands for pytest-benchmark's fixture: rounds without the timing."""

    def __init__(self) -> None:
        self.extra_info: dict[str, Any] = {}

    def pedantic(
        self, target: Callable[..., Any], *, setup: Any, teardown: Any, rounds: int, warmup_rounds: int
    ) -> None:
        for _ in range(rounds + warmup_rounds):
            args, _ = setup()
            target(*args)
            teardown(*args)


def contestant(name: str, seconds: list[float], done: float = 100, **more: Any) -> Contestant:
    """One that uses so much CPU in its turns, the last one again and again."""
    used = [0.0]

    def work(_: Any) -> float:
        used[0] += seconds.pop(0) if len(seconds) > 1 else seconds[0]
        return done

    return Contestant(name=name, work=work, done=lambda result: result, cpu=lambda: used[0], **more)


def compared(*contestants: Contestant):
    return side_by_side(contestants, Pedantic(), title="test", unit="leads", units=100, rounds=3, by="cpu")


def test_a_ratio_is_taken_within_a_round_and_its_median_is_held():
    """The first round of all warms up; then both slow down together, and the ratio stays."""
    table = compared(contestant("ours", [9.0, 1.0, 2.0, 4.0]), contestant("theirs", [1.0, 3.0, 6.0, 16.0]))
    ratio = table.ratio("theirs")
    assert (ratio.median, ratio.least, ratio.most) == (3.0, 3.0, 4.0)


def test_a_contestant_with_less_work_is_compared_by_the_unit():
    """A tenth of the leads in the same time is a tenth of the speed."""
    slow = contestant("theirs", [1.0], done=10, units=10)
    assert compared(contestant("ours", [1.0]), slow).ratio("theirs").median == pytest.approx(10.0)


@pytest.mark.parametrize("idle", [0, 1])
def test_who_leaves_work_undone_is_out(idle):
    """No time is published for work that was not done, whoever left it."""
    both = [contestant(str(number), [1.0], done=99 if number == idle else 100) for number in range(2)]
    with pytest.raises(AssertionError, match="has done 99 of 100 leads"):
        compared(*both)


def test_a_ratio_that_is_missed_fails():
    """Beyond what machines differ by."""
    table = compared(contestant("ours", [1.0]), contestant("theirs", [2.0]))
    table.hold("theirs", 2.0)
    with pytest.raises(AssertionError, match=r"2\.00 times theirs, to reach are 3\.0"):
        table.hold("theirs", 3.0)


def test_the_table_names_everybody():
    """A line each, and the ratio beside the others."""
    lines = compared(contestant("ours", [1.0]), contestant("theirs", [2.0])).lines()
    assert [line.split()[0] for line in lines[2:]] == ["ours", "theirs"]
    assert lines[3].endswith("2.00x (2.00..2.00)")
