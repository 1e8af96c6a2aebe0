import random

import msgspec
import pytest

from mockserver.loaded_profile import load
from mockserver.pacing import FixedWindow, Limiter, SlidingWindow, decide

RATE = msgspec.structs.replace(load("default").profile.rate, requests_per_window=3)
SLIDING = msgspec.structs.replace(RATE, window="sliding")
START = 1_767_225_600.25


def admitted(limiter, rate, moments, op="contacts.add"):
    return [limiter.admit("bucket", op, rate, START + moment).admitted for moment in moments]


@pytest.mark.parametrize(
    ("rate", "moments", "expected"),
    [
        (RATE, [0, 50, 59.9, 59.95], [True, True, True, False]),
        (RATE, [0, 59, 59, 60, 60, 60, 60], [True, True, True, True, True, True, False]),  # all are forgotten at once
        (RATE, [0, 1, 2, 200], [True, True, True, True]),
        (SLIDING, [0, 59, 59, 60, 60], [True, True, True, True, False]),  # only the first is forgotten
        (SLIDING, [0, 1, 2, 3, 62], [True, True, True, False, True]),
    ],
)
def test_windows(rate, moments, expected):
    """A fixed window starts at its first request; a sliding one forgets each request after its own minute."""
    assert expected == admitted(Limiter(), rate, moments)


@pytest.mark.parametrize("window_type", [FixedWindow, SlidingWindow])
def test_retry_after_is_enough_and_not_too_much(window_type):
    """Retry-After is the remaining time in whole seconds, rounded up: a client that waits it is always admitted."""
    rng = random.Random(2)
    for _ in range(2_000):
        window, now = window_type(60.0), START + rng.random() * 1e6
        window.count(now)
        later = now + rng.choice([rng.random() * 60, float(rng.randrange(60))])
        wait = decide(window, 1, later).retry_after_s
        assert decide(window, 1, later + wait).admitted
        assert wait - 1.001 <= now + 60 - later


def test_the_first_answer_says_61():
    """The headers count this request, and the time to the reset begins above the window's length."""
    decision = Limiter().admit("bucket", "contacts.add", RATE, START)
    assert decision.headers == {
        "inin-ratelimit-count": "1",
        "inin-ratelimit-allowed": "3",
        "inin-ratelimit-reset": "61",
    }


def test_buckets_are_apart():
    """One bucket's requests do not count in another."""
    limiter = Limiter()
    assert admitted(limiter, RATE, [0, 0, 0]) == [True] * 3
    assert limiter.admit("other", "contacts.add", RATE, START).admitted


def test_a_lower_limit_of_one_operation():
    """An operation with a limit of its own is refused earlier, the others go on, and a refusal counts nowhere."""
    limiter, rate = Limiter(), msgspec.structs.replace(RATE, per_op={"contacts.search": 1})
    assert admitted(limiter, rate, [0, 0, 0], "contacts.search") == [True, False, False]
    assert admitted(limiter, rate, [0, 0, 0], "contacts.add") == [True, True, False]


def test_no_limit():
    """A limit of 0 is none, and there is nothing to tell about it."""
    assert Limiter().admit("b", "contacts.add", msgspec.structs.replace(RATE, requests_per_window=0), START) is None


def test_windows_without_requests_are_let_go():
    """Every login has a bucket of its own: those of tokens that are gone must not add up."""
    limiter = Limiter()
    for minutes in range(100):
        limiter.admit(f"token {minutes}", "contacts.add", RATE, START + 61 * minutes)
    assert len(limiter._windows) == 1
