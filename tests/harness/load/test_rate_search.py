"""The search for the highest rate, against limits whose headers are not read."""

import math
import random
from heapq import heappop, heappush
from itertools import count

import pytest

from harness.load.arrivals import Arrivals, RateSearch
from mockserver.pacing import Limiter
from mockserver.profile import RateSettings

OP = "contacts.add"
LONGEST_S = 14_400.0


def limited(allowed, window_s, kind, per_op):
    return RateSettings(
        requests_per_window=allowed, window_s=window_s, window=kind, per_op=per_op, scope="token", counts_uploads=True
    )


def searched(limit, window_s, users=40, answer_s=0.05, start_per_min=60.0, seed=1):
    """The search played against the mock's own limiter; who is refused comes back as Retry-After says."""
    limiter, rng, order = Limiter(), random.Random(seed), count()
    search = RateSearch(start_per_min / 60, window_s=window_s)
    arrivals, line_free_at = Arrivals(search.per_s), 0.0
    events = [(0.0, next(order), "free") for _ in range(users)]
    while not search.ended and events[0][0] < LONGEST_S:
        now, _, what = heappop(events)
        if what == "free":  # users take their slots one after the other
            if now >= line_free_at:
                line_free_at = max(now, arrivals.claim(now))
                what = "send"
            heappush(events, (line_free_at, next(order), what))
            continue
        decision = limiter.admit("token", OP, limit, now)
        refused = decision is not None and not decision.admitted
        if search.saw(now + answer_s, refused=refused):
            arrivals.rebase()
        back = decision.retry_after_s + rng.uniform(0.0, 0.1) if refused else 0.0
        heappush(events, (now + answer_s + back, next(order), "send" if refused else "free"))
    return search


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
@pytest.mark.parametrize(
    ("allowed", "window_s", "per_op", "assumed_s"),
    [
        (300, 60.0, {}, 60.0),
        (1500, 60.0, {}, 60.0),
        (300, 60.0, {OP: 90}, 60.0),  # the endpoint's own limit is lower than what the headers speak of
        (100, 7.0, {}, 60.0),
        (20, 10.0, {}, 60.0),
        (45, 30.0, {}, 60.0),
        (30, 1.5, {}, 2.0),
    ],
)
def test_a_hidden_limit_is_found_within_5_percent(kind, allowed, window_s, per_op, assumed_s):
    """Whatever window the limit has, as long as it is not longer than was assumed."""
    limit = limited(allowed, window_s, kind, per_op)
    search = searched(limit, assumed_s)
    truth = per_op.get(OP, allowed) / window_s
    assert search.ended
    assert search.accepted == pytest.approx(truth, rel=0.05), search.facts()


def test_no_limit_is_said_to_be_none():
    """Answers take a second each: with 40 users 40 requests a second are tried, and no more."""
    search = searched(limited(0, 60.0, "fixed", {}), 60.0, answer_s=1.0, start_per_min=1200)
    assert (search.ended, search.facts()["limited"]) == (True, False)
    assert search.refused == math.inf
