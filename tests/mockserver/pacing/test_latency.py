import math
import random
import statistics

import msgspec
import pytest

from mockserver.loaded_profile import load
from mockserver.pacing import latency_of, seconds
from mockserver.profile import Latency


def draw(model, rng=None, contacts=0, kib=0.0, in_flight=1):
    return seconds(model, contacts=contacts, kib=kib, in_flight=in_flight, rng=rng or random.Random(1))


@pytest.mark.parametrize(
    ("model", "load", "expected"),
    [
        (Latency(), {}, 0.0),
        (Latency(base_s=0.15, per_contact_s=0.001), {"contacts": 1000}, 1.15),
        (Latency(base_s=1, per_kib_s=0.5), {"kib": 4.0}, 3.0),
        (Latency(base_s=2, concurrency_penalty=0.25), {"in_flight": 3}, 3.0),
        (Latency(base_s=2, tail_probability=1.0, tail_factor=4), {}, 8.0),
    ],
)
def test_without_jitter(model, load, expected):
    """Each setting adds what its name says."""
    assert expected == pytest.approx(draw(model, **load))


def test_jitter_has_median_1_and_the_sigma_asked_for():
    """The logarithm of the jitter is normal around 0."""
    model, rng = Latency(base_s=2.0, sigma=0.5), random.Random(3)
    draws = [draw(model, rng) for _ in range(4_000)]
    assert pytest.approx(statistics.median(draws), rel=0.05) == 2.0
    assert pytest.approx(statistics.stdev(map(math.log, draws)), rel=0.05) == 0.5


def test_settings_do_not_shift_the_draws():
    """Other settings leave the luck of the following requests as it was."""
    plain, jittered = random.Random(4), random.Random(4)
    draw(Latency(base_s=1), plain)
    draw(Latency(base_s=1, sigma=1, tail_probability=0.5, tail_factor=9), jittered)
    assert plain.random() == jittered.random()


def test_latency_of():
    """An operation without a model of its own has that of all others; without any there is none."""
    profile = load("default").profile
    assert profile.latency["contacts.add"] == latency_of(profile, "contacts.add")
    assert profile.latency["*"] == latency_of(profile, "contacts.get")
    assert Latency() == latency_of(msgspec.structs.replace(profile, latency={}), "contacts.get")
