"""How the time that a call may take follows what its operation takes."""

import pytest

from harness.client.timeouts import MARGIN, RAISE, ROUNDS, TimeOuts
from harness.flow import Call

ADD = Call(op="contacts.add", method="POST", url="/x")
SEARCH = Call(op="contacts.search", method="POST", url="/y")


@pytest.fixture
def timeouts():
    return TimeOuts()


def run_out(timeouts, call, times, at=0.0):
    """What was told of so many calls that ran out of time one after the other."""
    told = []
    for n in range(times):
        sent_at = at + n * call.timeout_s
        told.append(timeouts.ran_out(call.op, call.timeout_s, sent_at, sent_at + call.timeout_s))
    return [notice for notice in told if notice]


@pytest.mark.parametrize(
    ("answers", "limit_s"),
    [
        ([1.0] * 500, 120.0),
        ([39.0], 120.0),
        ([50.0, 1.0], 150.0),
        ([*[1.0] * 297, 50.0, 60.0, 70.0], 50.0 * MARGIN),
        ([*[1.0] * 300, 70.0], 120.0),
    ],
    ids=["fast", "never below its own", "the slowest of the first", "p99", "an outlier among many"],
)
def test_three_times_what_it_takes(timeouts, answers, limit_s):
    """Of the 99th percentile, or of the slowest while there are few."""
    for seconds in answers:
        timeouts.record_reply(ADD.op, seconds)
    assert timeouts.limit_s(ADD) == limit_s
    assert timeouts.limit_s(SEARCH) == SEARCH.timeout_s


def test_raised_once_when_it_is_the_limit_that_is_wrong(timeouts):
    """Three times in a row: told once, and never again."""
    assert run_out(timeouts, ADD, ROUNDS - 1) == []
    (notice,) = run_out(timeouts, ADD, 5, at=1000.0)
    assert notice.startswith("contacts.add: no answer within 120 s, 3 times in a row")
    assert timeouts.limit_s(ADD) == ADD.timeout_s * RAISE


def test_calls_under_way_together_are_one_round(timeouts):
    """Eight workers lose theirs at once: that says no more than one of them would."""
    assert [timeouts.ran_out(ADD.op, 120.0, 0.0, 120.0) for _ in range(8)] == [None] * 8
    assert timeouts.limit_s(ADD) == ADD.timeout_s


def test_an_answer_in_between_starts_anew(timeouts):
    """Then the server is only slow at times."""
    for at in (0.0, 1000.0):
        run_out(timeouts, ADD, ROUNDS - 1, at)
        timeouts.record_reply(ADD.op, 2.0)
    assert timeouts.limit_s(ADD) == ADD.timeout_s


def test_a_server_that_answers_nothing_is_not_slow(timeouts):
    """Other operations get no answer either: waiting longer would help nobody."""
    timeouts.ran_out(SEARCH.op, 120.0, 0.0, 120.0)
    assert run_out(timeouts, ADD, 5, at=120.0) == []
