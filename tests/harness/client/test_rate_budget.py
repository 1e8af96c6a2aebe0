"""How many requests may still go: learned from answers, shared by all."""

import math
import random

import pytest

from harness.client.rate_budget import RateBudget


def headers(count, reset, allowed=300):
    values = {"count": count, "allowed": allowed, "reset": reset}
    return {f"inin-ratelimit-{key}": str(value) for key, value in values.items()}


def sent(budget, *, at, done, count, reset, allowed=300):
    budget.take()
    budget.record_reply(at, done, headers(count, reset, allowed))


def test_nothing_is_known_at_first():
    """Until an answer tells the limit, requests go at once."""
    budget = RateBudget()
    for _ in range(5):
        assert budget.wait_s(0.0) == 0.0
        budget.take()


def test_the_allowance_is_used_up_and_no_more():
    """The request after the last allowed one waits for the window's end."""
    budget = RateBudget()
    sent(budget, at=0.0, done=1.0, count=298, reset=50)
    for _ in range(2):
        assert budget.wait_s(2.0) == 0.0
        budget.take()
    assert budget.wait_s(2.0) == pytest.approx(49.0)


def test_the_next_window_begins_anew():
    """At its end the count is forgotten; the limit is not."""
    budget = RateBudget()
    sent(budget, at=0.0, done=1.0, count=300, reset=50)
    assert budget.wait_s(50.0) > 0
    assert budget.wait_s(51.0) == 0.0
    sent(budget, at=51.0, done=52.0, count=300, reset=59)
    assert budget.wait_s(52.0) == pytest.approx(59.0)


def test_a_window_nothing_was_heard_of_yet():
    """At its beginning, too, no more requests are under way than the limit allows."""
    budget = RateBudget()
    sent(budget, at=0.0, done=1.0, count=2, reset=50, allowed=2)
    for _ in range(2):
        assert budget.wait_s(51.0) == 0.0
        budget.take()
    assert 0 < budget.wait_s(51.0) < 1


@pytest.mark.parametrize("answers", [[(10, 49), (11, 47)], [(11, 47), (10, 49)]])
def test_answers_in_any_order(answers):
    """The largest count and the earliest end are the ones that hold."""
    budget = RateBudget()
    for count, reset in answers:
        sent(budget, at=0.0, done=3.0, count=count, reset=reset)
    assert (budget.used, budget.window_ends) == (11, 50.0)


def test_a_late_answer_of_an_earlier_window():
    """It says nothing about the window now: neither its count nor its end."""
    budget = RateBudget()
    sent(budget, at=0.0, done=1.0, count=1, reset=9)
    budget.take()  # sent at 9, in the first window
    assert budget.wait_s(10.0) == 0.0
    sent(budget, at=10.0, done=10.5, count=1, reset=60)
    budget.record_reply(9.0, 11.0, headers(299, 0))
    assert (budget.used, budget.window_ends, budget.in_flight) == (1, 70.5, 0)


def test_a_refusal_blocks_every_worker():
    """Nobody sends for as long as anybody was told to wait; the longest wait counts."""
    budget = RateBudget()
    budget.block(10.0, 7.0)
    budget.block(11.0, 2.0)
    assert budget.wait_s(11.0) == pytest.approx(6.0)
    assert budget.wait_s(17.0) == 0.0


def test_a_limit_that_changes():
    """The newest answer's limit is the one in force."""
    budget = RateBudget()
    sent(budget, at=0.0, done=1.0, count=1, reset=50, allowed=300)
    sent(budget, at=1.0, done=2.0, count=2, reset=49, allowed=2)
    assert budget.wait_s(2.0) > 0


@pytest.mark.parametrize("odd", [{}, headers("", ""), headers("-1", "x"), headers("1.5", "٣"), headers(5, "soon")])
def test_headers_that_say_nothing(odd):
    """They change nothing, and the request is no longer in flight."""
    budget = RateBudget()
    sent(budget, at=0.0, done=1.0, count=7, reset=50)
    budget.take()
    budget.record_reply(2.0, 3.0, odd)
    assert (budget.used, budget.window_ends, budget.in_flight) == (7, 51.0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_server_is_never_sent_more_than_it_allows(seed):
    """Eight workers against fixed windows of a minute, with latencies of up to three seconds: no window overflows."""
    rng, budget, now = random.Random(seed), RateBudget(), 0.0
    windows, flying = [0] * 20, []
    for _ in range(400):
        while len(flying) == 8 or budget.wait_s(now) > 0:
            now, answered = _next_moment(flying, now, budget)
            for at, told in answered:
                budget.record_reply(at, now, told)
        window = int(now // 60)
        windows[window] += 1
        budget.take()
        done = now + rng.uniform(0.1, 3.0)
        reset = math.ceil(max(0.0, 60 * (window + 1) - done))
        flying.append((done, now, headers(windows[window], reset, allowed=30)))
    assert max(windows) <= 30
    assert sum(windows) == 400


def _next_moment(flying, now, budget):
    """The next answer, or the end of the wait, whichever is first; and the answers of that moment."""
    moments = [done for done, _, _ in flying]
    if len(flying) < 8:
        moments.append(now + budget.wait_s(now))
    then = min(moments)
    answered = [(at, told) for done, at, told in flying if done <= then]
    flying[:] = [entry for entry in flying if entry[0] > then]
    return then, answered


def test_no_pause_is_too_short_to_pass():
    """A loop takes a timer that is all but due for due: on virtual time the moment would never come."""
    budget = RateBudget(allowed=1, window_ends=10.0, used=1)
    budget.block(9.0, 0.5)
    assert budget.wait_s(math.nextafter(10.0, 0.0)) >= 1e-6
    assert budget.wait_s(math.nextafter(9.5, 0.0)) >= 1e-6
