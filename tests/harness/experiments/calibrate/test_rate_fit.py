"""The rate limit, from the headers of answers that the mock's own limiter gave."""

import random
from dataclasses import replace

import pytest

from harness.experiments.calibrate.observations import RequestObservation
from harness.experiments.calibrate.rate_fit import fit
from mockserver.pacing import Limiter
from mockserver.profile import RateSettings


def told(rate, gap_s, count, op="contacts.add"):
    """Answers to a request every `gap_s`; one that is refused waits as long as it is told to."""
    limiter, at = Limiter(), 3.7
    for _ in range(count):
        said = limiter.admit("", op, rate, at)
        yield RequestObservation(
            phase="p", op=op, status=200 if said.admitted else 429, sent=at, done=at + 0.1,
            allowed=said.allowed, used=said.used, reset=said.reset_s,
        )  # fmt: skip
        at += gap_s if said.admitted else said.retry_after_s


def rate(**settings):
    known = {"requests_per_window": 50, "window_s": 60.0, "window": "fixed", "per_op": {}}
    return RateSettings(**(known | settings), scope="token", counts_uploads=False)


@pytest.mark.parametrize("window", ["fixed", "sliding"])
@pytest.mark.parametrize("window_s", [60.0, 47.3, 10.0])
def test_window(window, window_s):
    """Its kind, and its length to a tenth of a second though headers tell whole seconds."""
    found = fit(list(told(rate(window=window, window_s=window_s), 0.37, 300)))
    assert (found.window, found.requests_per_window) == (window, 50)
    assert found.window_s == pytest.approx(window_s, abs=0.1)


def test_a_lower_limit_of_one_operation():
    """Its answers tell of its own limit, those of others of the common one."""
    own = rate(per_op={"contacts.add": 20})
    found = fit([*told(own, 0.5, 60), *told(own, 0.5, 60, "lists.list")])
    assert (found.per_op, found.requests_per_window) == ({"contacts.add": 20}, 50)


def test_refusals_are_counted():
    """They came when the headers' limit was used up: nothing is hidden."""
    found = fit(list(told(rate(), 0.1, 120)))
    assert (found.refused > 0, found.hidden) == (True, False)


def hidden(limit, gap_s, count, ops, **settings):
    """Answers whose headers tell of a limit of 300 a minute while a lower one refuses."""
    limiter, told_of, at = Limiter(), Limiter(), 3.7
    lower, high = rate(requests_per_window=limit, **settings), rate(requests_per_window=300, **settings)
    for number in range(count):
        op = ops[number % len(ops)]
        refused = not limiter.admit("", "", lower, at).admitted if op == ops[0] else False
        said = told_of.admit("", op, high, at)
        yield RequestObservation(
            phase="p", op=op, status=429 if refused else 200, sent=at, done=at + 0.1,
            allowed=said.allowed, used=said.used, reset=said.reset_s,
        )  # fmt: skip
        at += 5.0 if refused else gap_s


@pytest.mark.parametrize("window", ["fixed", "sliding"])
@pytest.mark.parametrize(
    ("ops", "setting"),
    [
        (["contacts.add"], "rate.per_op.contacts.add"),
        (["contacts.add", "lists.list"], "rate.per_op.contacts.add"),
    ],
)
def test_a_limit_that_no_header_tells(window, ops, setting):
    """Refusals that come too early by the headers give it away, to the request."""
    found = fit(list(hidden(40, 0.3, 900, ops, window=window)))
    assert (found.hidden, found.explains, found.requests_per_window) == (True, setting, 300)
    assert found.per_op["contacts.add"] == pytest.approx(40, abs=1)


def test_a_lower_limit_of_all():
    """Where every operation is refused too early, it is the common limit that is lower."""
    seen = list(hidden(40, 0.3, 900, ["contacts.add"]))
    mixed = [replace(one, op=("contacts.add", "lists.list")[number % 2]) for number, one in enumerate(seen)]
    found = fit(mixed)
    assert (found.explains, found.per_op) == ("rate.requests_per_window", {})
    assert found.requests_per_window == pytest.approx(40, abs=1)


def test_refusals_by_chance_are_no_limit():
    """They follow no count: that refusals came early is said, and no limit is made up."""
    rng = random.Random(1)
    seen = [replace(one, status=429) if rng.random() < 0.02 else one for one in told(rate(), 1.5, 600)]
    found = fit(seen)
    assert (found.hidden, found.explains, found.requests_per_window) == (True, "", 50)


def test_no_limit():
    """Answers without headers tell of none."""
    assert fit([RequestObservation(phase="p", op="lists.list", status=200, sent=1.0, done=1.1)]) is None
