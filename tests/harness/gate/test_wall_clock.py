"""When base and head have been raced often enough, and what is said then."""

import random

import pytest

from harness.gate.wall_clock import FEW, LEAST_ROUNDS, MOST_ROUNDS, Race, orders


def raced(turns):
    """A race over these pairs, ended as soon as it is settled."""
    race = Race()
    for base, head in turns:
        race.add(base, head)
        if race.is_settled:
            break
    return race


def busy(rng, slower, noise):
    """Turns of one second on a machine where anything may take up to `noise` times as long."""
    while True:
        yield rng.uniform(1, noise), slower * rng.uniform(1, noise)


@pytest.mark.parametrize(
    ("base", "head", "verdict", "rounds"),
    [
        ([1.0] * 20, [1.0] * 20, "passed", LEAST_ROUNDS),
        ([1.0] * 20, [1.15] * 20, "warned", MOST_ROUNDS),
        ([1.0] * 20, [1.3, *[1.26] * 19], "failed", 5),  # beyond doubt
        ([1.0, 1.3] * 10, [1.5, 1.4] * 10, "failed", MOST_ROUNDS),  # near the line
        ([1.0] * 20, [1.3, 1.3, 1.3, *[1.0] * 17], "passed", 7),  # it was nothing
        ([0.7, *[1.0] * 19], [1.0] * 20, "passed", FEW),  # one lucky turn of base proves nothing
        ([1.0] * 20, [0.9, *[2.0] * 19], "passed", FEW),  # nor is a lucky turn of head the truth: it can be that fast
    ],
)
def test_a_race(base, head, verdict, rounds):
    """Ends when more rounds would say the same; only what both measures say fails."""
    race = raced(zip(base, head, strict=False))
    assert (race.verdict, len(race.base)) == (verdict, rounds)


def test_nothing_fails_on_a_busy_machine():
    """A thousand races of unchanged code, where turns take up to twice their time: none fails."""
    rng = random.Random(1)
    assert not any(raced(busy(rng, 1.0, 2.0)).verdict == "failed" for _ in range(1000))


def test_twice_the_time_is_found_on_a_busy_machine():
    """In all but few of a thousand races."""
    rng = random.Random(1)
    assert sum(raced(busy(rng, 2.0, 2.0)).verdict == "failed" for _ in range(1000)) >= 990


def test_who_goes_first():
    """In turns."""
    assert [order[0] for order in orders(3)] == ["base", "head", "base"]
