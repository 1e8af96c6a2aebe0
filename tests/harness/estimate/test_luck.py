"""Draws for many rows, held against the mock's own, and the kinds of faults against what the mock does."""

import random
from collections import Counter

import numpy as np
import pytest

from harness.estimate.cases import Case, case_tables
from harness.estimate.recording import program
from harness.estimate.server_model import EXPIRED, LOST, LOST_APPLIED, MEANS, OK, Outcomes
from mockserver.faults import chance_fault
from mockserver.pacing import latency_of, seconds

from .test_machine import a_profile, an_upload

DRAWS = 40_000


def luck(profile, strategy="batch-api"):
    made = case_tables([Case(program=program(an_upload(strategy)), profile=profile, concurrency=8, replicates=1)])
    return Outcomes(made, np.random.default_rng(1)), made


def node(made, op):
    return next(n for n in range(len(made.nodes.work_s)) if made.nodes.adds[n] == (op == "contacts.add"))


def test_latencies_have_the_mocks_distribution():
    """Percentiles of many draws agree, in a crowd too."""
    profile = a_profile("pessimistic")
    drawn, made = luck(profile)
    number = node(made, "contacts.add")
    ours = drawn.seconds(np.full(DRAWS, number), np.full(DRAWS, 5))
    rng, model = random.Random(1), latency_of(profile, "contacts.add")
    theirs = [seconds(model, contacts=50, kib=0.0, in_flight=5, rng=rng) for _ in range(DRAWS)]
    wanted = np.percentile(theirs, (1, 10, 50, 90, 99))
    assert np.percentile(ours, (1, 10, 50, 90, 99)) == pytest.approx(wanted, rel=0.06)


def test_every_kind_of_fault_is_known():
    """A kind that a profile can name has a meaning here."""
    assert MEANS.keys() == a_profile("default").faults.by_kind.keys()


@pytest.mark.parametrize("op", ["contacts.add", "oauth.token"])
def test_faults_strike_as_often_as_the_mocks(op):
    """Of many requests as many are lost, refused or spared as by the mock's own rule."""
    profile = a_profile("troubled")
    drawn, made = luck(profile)
    number = node(made, op)
    zeros = np.zeros(DRAWS, np.int64)
    fates = drawn.fates(zeros, np.full(DRAWS, number), zeros + 1, np.zeros(DRAWS, np.bool_))
    ours = Counter(fates.outcome.tolist())
    rng = random.Random(2)
    struck = [chance_fault(profile, op, rng.random()) for _ in range(DRAWS)]
    theirs = Counter(MEANS[each.kind][0] if each else OK for each in struck)
    assert ours.keys() == theirs.keys()
    for outcome, count in theirs.items():
        assert ours[outcome] == pytest.approx(count, rel=0.25)


def test_the_first_requests_of_a_token_do_not_expire_it():
    """Fresh tokens are spared, as the mock spares them."""
    drawn, made = luck(a_profile(faults__expired_token=1.0))
    nodes, rows = np.full(2, node(made, "contacts.add")), np.zeros(2, np.int64)
    fates = drawn.fates(rows, nodes, rows + 1, np.asarray([True, False]))
    assert fates.outcome.tolist() == [OK, EXPIRED]
    assert fates.takes_s[0] > 0 == fates.takes_s[1]


def test_the_platforms_patience_ends():
    """What takes longer is told nothing of, though it is done."""
    drawn, made = luck(a_profile(request_timeout_s=0.01))
    zeros = np.zeros(3, np.int64)
    fates = drawn.fates(zeros, np.full(3, node(made, "contacts.add")), zeros + 1, np.ones(3, np.bool_))
    assert fates.takes_s.tolist() == [0.01] * 3
    assert set(fates.outcome.tolist()) == {LOST_APPLIED} != {LOST}
