"""An open model: requests are due at a rate of their own, and what is late or never sent is counted."""

from heapq import heapify, heappop, heappush

import pytest

from harness.errors import UsageError
from harness.load.arrivals import Arrivals, Burst, Constant, per_second

USERS = 8
PER_S = 5.0


def played(rate, users, seconds, answer_s):
    """Users who take slots for so long; `answer_s` says how long a request sent at a moment takes."""
    arrivals = Arrivals(rate.per_s)
    free_at = [0.0] * users
    heapify(free_at)
    while (now := heappop(free_at)) < seconds:
        planned = arrivals.claim(now)
        sent = max(now, planned)
        done = sent + answer_s(sent)
        arrivals.record(planned, sent, done)
        heappush(free_at, done)
    return arrivals.facts()


def test_a_server_that_keeps_up_drops_nothing():
    """Every slot is sent at its moment, so latency is what an answer takes."""
    facts = played(Constant(PER_S), USERS, 120.0, lambda sent: 0.2)
    assert (facts["dropped"], facts["late"], facts["latency_p99_s"]) == (0, 0, pytest.approx(0.2))
    assert facts["sent"] == pytest.approx(PER_S * 120, abs=USERS)


def test_a_stall_of_30_s_is_in_p99_and_in_the_count_of_dropped_slots():
    """The server stalls once in ten minutes: a closed model would have seen eight slow requests in 2,850."""
    facts = played(Constant(PER_S), USERS, 600.0, lambda sent: max(0.2, 330.0 - sent if 300 <= sent < 330 else 0.0))
    assert facts["latency_p99_s"] > 23.0
    assert facts["latency_max_s"] == pytest.approx(30.0, abs=0.3)
    assert facts["dropped"] == pytest.approx(PER_S * 30 - USERS, abs=3)


def test_too_few_users_are_told():
    """One user and answers of a second make one request a second; the other four slots are dropped, not forgotten."""
    facts = played(Constant(PER_S), 1, 100.0, lambda sent: 1.0)
    assert facts["dropped"] == pytest.approx(4 * facts["sent"], rel=0.05)
    assert facts["slots"] == pytest.approx(PER_S * 100, abs=10)


def test_a_slot_taken_after_its_moment_is_late():
    """Its latency counts from the plan."""
    arrivals = Arrivals(Constant(1.0).per_s)
    first, second = arrivals.claim(0.0), arrivals.claim(1.9)
    arrivals.record(second, 1.9, 2.0)
    assert (first, second, arrivals.late, arrivals.dropped) == (0.0, 1.0, 1, 0)
    assert arrivals.facts()["latency_max_s"] == pytest.approx(1.0)


def test_a_burst_begins_the_month():
    """Ten times the rate for six seconds, then the rate."""
    arrivals, moments = Arrivals(Burst(1.0, factor=10.0, seconds=6.0).per_s), []
    while not moments or moments[-1] < 20:
        moments.append(arrivals.claim(moments[-1] if moments else 0.0))
    assert sum(moment < 6 for moment in moments) == pytest.approx(60, abs=1)
    assert sum(6 <= moment < 16 for moment in moments) == pytest.approx(10, abs=1)


@pytest.mark.parametrize(("text", "rate"), [("300/min", 5.0), ("300", 5.0), ("5/s", 5.0), ("90 / h", 0.025)])
def test_a_rate_is_read(text, rate):
    assert per_second(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "0", "-1/s", "fast", "3/day"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(UsageError, match="BAD_OPTION"):
        per_second(text)
