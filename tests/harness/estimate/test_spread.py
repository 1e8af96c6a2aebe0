"""The ends of an interval: what they are made to hold, they hold."""

import numpy as np
import pytest

from harness.estimate.summary import (
    CONFIDENCE,
    HOLDS,
    RUNS,
    interval_entry,
    outward,
    percentiles,
    rank_of_an_end,
    sureness,
)


@pytest.mark.parametrize("replicates", [60, 205, 1000])
def test_the_ends_hold_as_often_as_they_are_said_to(replicates):
    """Of many estimates, each with fifty runs of its own, nearly all hold eight of ten; further in they would not."""
    rng, times = np.random.default_rng(1), 4000
    inside = []
    for _ in range(times):
        found, runs = percentiles(rng.standard_exponential(replicates)), rng.standard_exponential(RUNS)
        inside.append(np.mean((runs >= found["p10"]) & (runs <= found["p90"])) >= HOLDS)
    assert np.mean(inside) == pytest.approx(sureness(replicates, rank_of_an_end(replicates)), abs=0.006)
    assert sureness(replicates, rank_of_an_end(replicates) + 1) < CONFIDENCE


def test_percentiles_ten_and_ninety_would_not_hold():
    """They fail more than one time in three: that is why the ends lie further out."""
    assert sureness(1000, 100) < 2 / 3


@pytest.mark.parametrize("replicates", [1, 2, 20])
def test_too_few_replicates_are_not_sure(replicates):
    """The first and the last are the ends, and how sure that is stands beside them."""
    assert rank_of_an_end(replicates) == 1
    assert interval_entry(replicates)["confidence"] < CONFIDENCE


def test_values_that_are_not_known_count_for_nothing():
    """Nothing known is nothing said."""
    assert percentiles(np.array([np.nan, 3.0, np.nan])) == {"p10": 3.0, "p50": 3.0, "p90": 3.0}
    assert percentiles(np.array([np.nan])) == {"p10": 0.0, "p50": 0.0, "p90": 0.0}


def test_ends_are_rounded_outward():
    """To three digits, away from the middle."""
    assert outward({"p10": 1234.9, "p50": 1300.123, "p90": 1401.1}) == {"p10": 1230.0, "p50": 1300.123, "p90": 1410.0}
