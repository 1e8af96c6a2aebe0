"""Latencies that were drawn from the mock's own model give back the model."""

import random

import numpy as np
import pytest

from harness.experiments.calibrate.latency_fit import Observed, drawn_again, fit, r_squared
from mockserver.pacing import seconds
from mockserver.profile import Latency

MODEL = Latency(
    base_s=0.2, per_contact_s=0.002, per_kib_s=0.001, sigma=0.3, tail_probability=0.03, tail_factor=6.0,
    concurrency_penalty=0.1,
)  # fmt: skip
SIZES = [(1, 0.3, 1), (1, 0.3, 8), (100, 30.0, 8), (100, 300.0, 1), (1000, 300.0, 8)]


def samples(model, repeats, seed=1):
    rng = random.Random(seed)
    rows = [
        (seconds(model, contacts=n, kib=kib, in_flight=crowd, rng=rng), n, kib, crowd)
        for n, kib, crowd in SIZES
        for _ in range(repeats)
    ]
    return Observed(*np.array(rows).T)


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("base_s", 0.05),
        ("per_contact_s", 0.1),
        ("per_kib_s", 0.1),
        ("concurrency_penalty", 0.2),
        ("sigma", 0.1),
        ("tail_probability", 0.3),
        ("tail_factor", 0.15),
    ],
)
def test_every_parameter_is_found(name, within):
    """From two hundred requests of each of five kinds, tail and all."""
    found = fit(samples(MODEL, 200, seed=0))
    assert getattr(found, name) == pytest.approx(getattr(MODEL, name), rel=within)


def test_without_luck_the_model_is_exact():
    """Nothing random: four parameters from few samples, no tail, everything explained."""
    plain = Latency(base_s=0.2, per_contact_s=0.002, per_kib_s=0.001, concurrency_penalty=0.1)
    seen = samples(plain, 3)
    found = fit(seen)
    assert (found.base_s, found.per_contact_s) == pytest.approx((0.2, 0.002), rel=1e-3)
    assert (found.tail_probability, r_squared(found, seen)) == pytest.approx((0.0, 1.0), abs=1e-3)


def test_a_term_that_is_not_asked_for_is_none():
    """What does not vary is left out, and its share is the base's."""
    found = fit(samples(MODEL, 50), ["base_s"], tail=False)
    assert (found.per_contact_s, found.tail_factor) == (0.0, 1.0)


def test_another_day_is_another_fit_not_far_away():
    """Replicates scatter around the fit that they are drawn from."""
    seen = samples(MODEL, 100)
    found, rng = fit(seen), np.random.default_rng(1)
    again = [fit(drawn_again(found, seen, rng)).per_contact_s for _ in range(20)]
    assert np.mean(again) == pytest.approx(found.per_contact_s, rel=0.05)
    assert 0 < np.std(again) < 0.1 * found.per_contact_s
