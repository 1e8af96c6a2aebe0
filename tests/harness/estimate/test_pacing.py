"""Limits and budgets for many rows, held against the ones they imitate."""

import random

import numpy as np
import pytest

from harness.client.rate_budget import RateBudget
from harness.estimate.server_model import Budgets, Windows
from mockserver.pacing import Limiter
from mockserver.profile import RateSettings


def moments(seed, count=400):
    """Times that only grow, some of them equal."""
    rng, now = random.Random(seed), 0.0
    for _ in range(count):
        now += rng.choice([0.0, rng.random(), rng.random() * 6])
        yield now


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
@pytest.mark.parametrize("allowed", [1, 4, 30])
def test_windows(kind, allowed):
    """A row decides as the mock's limiter does, request by request."""
    rate = RateSettings(
        requests_per_window=allowed, window_s=10.0, window=kind, scope="token", counts_uploads=False, per_op={}
    )
    limiter, rows = Limiter(), np.asarray([1])
    windows = Windows(np.asarray([9, allowed]), np.asarray([60.0, 10.0]), np.asarray([False, kind == "sliding"]))
    for now in moments(allowed):
        said, wanted = windows.admit(rows, np.asarray([now])), limiter.admit("t", "op", rate, now)
        assert (said.admitted[0], said.used[0], said.reset_s[0]) == (wanted.admitted, wanted.used, wanted.reset_s)
        assert wanted.admitted or said.retry_after_s[0] == wanted.retry_after_s


def test_budgets():
    """A row waits as the client's budget does, whatever it is told and when."""
    budget, budgets, rows = RateBudget(), Budgets(2), np.asarray([1])
    rng, under_way = random.Random(3), []
    for now in moments(5, 2000):
        at, wait = np.asarray([now]), budget.wait_s(now)
        assert budgets.wait_s(rows, at)[0] == wait
        if not wait:
            budget.take()
            budgets.take(rows)
            under_way.append(now)
        if under_way and rng.random() < 0.6:
            sent, used, reset = under_way.pop(0), rng.randint(1, 5), rng.randint(1, 12)
            told = {"inin-ratelimit-count": used, "inin-ratelimit-allowed": 5, "inin-ratelimit-reset": reset}
            budget.record_reply(sent, now, {name: str(value) for name, value in told.items()})
            budgets.release(rows)
            budgets.learn(rows, np.asarray([sent]), at, np.asarray([5]), np.asarray([used]), np.asarray([reset]))
        if rng.random() < 0.05:
            budget.block(now, 4.0)
            budgets.block(rows, at + 4.0)


def test_a_new_token_has_a_window_of_its_own():
    """What the former one used is forgotten, in its row alone."""
    windows = Windows(np.asarray([1, 1]), np.asarray([60.0, 60.0]), np.asarray([False, True]))
    rows, now = np.asarray([0, 1]), np.asarray([1.0, 1.0])
    windows.admit(rows, now)
    windows.forget(np.asarray([1]))
    assert list(windows.admit(rows, now + 1).admitted) == [False, True]
