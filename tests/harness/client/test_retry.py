"""What is repeated, when, and how often."""

import random
from dataclasses import replace

import pytest

from harness.client.retry import MIN_WAIT_S, RetryPolicy, outcome, retry_after_s, with_retries
from harness.errors import GaveUp
from harness.flow import Call, Reply, Wait, Work

from ..fakes import LOST, NEVER_LEFT, no, ran

OK = Reply(status=200)
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


def one_call(*, idempotent=False):
    return (yield Call(op="contacts.add", method="POST", url="/x", idempotent=idempotent))


def busy(after=None, **headers):
    return Reply(status=429, headers=headers if after is None else {"retry-after": after, **headers})


@pytest.mark.parametrize(
    ("reply", "known"),
    [
        (OK, "answered"),
        (Reply(status=307), "answered"),
        (no(400), "answered"),
        (no(401), "answered"),
        (no(404), "answered"),
        (no(413), "answered"),
        (no(429), "throttled"),
        (no(408), "unknown"),
        (no(500), "unknown"),
        (no(503), "unknown"),
        (no(504), "unknown"),
        (LOST, "unknown"),
        (NEVER_LEFT, "not_applied"),
        (Reply(status=200, error="ReadError"), "unknown"),
    ],
)
def test_what_is_known_of_a_calls_effect(reply, known):
    """Three outcomes and a refusal to be repeated; in doubt it is unknown."""
    assert outcome(reply) == known


@pytest.mark.parametrize(
    ("text", "date", "seconds"),
    [
        ("7", None, 7.0),
        (" 7 ", None, 7.0),
        ("0", None, 0.0),
        ("99999", None, 99999.0),
        ("9" * 400, None, float("inf")),
        ("1, 5", None, 5.0),  # two headers
        ("abc, 4", None, 4.0),
        ("abc", None, None),
        ("-5", None, None),
        ("1.5", None, None),
        ("NaN", None, None),
        ("", None, None),
        ("1e400", None, None),
        ("٣", None, None),  # a digit, but not one of HTTP's
        ("Wed, 21 Oct 2015 07:28:05 GMT", DATE, 5.0),
        ("Wed, 21 Oct 2015 07:28:05 GMT", None, None),  # against which clock?
        ("Wed, 21 Oct 2015 07:27:55 GMT", DATE, None),  # past
        ("Wed, 21 Oct 2015 07:28:05 -0000", DATE, None),  # no time zone to compare with
        ("Wed, 99 Oct 2015 07:28:05 GMT", DATE, None),
        ("Wed, 21 Oct 2015 99999999999999999999:28:05 GMT", DATE, None),  # more than a C integer holds
        ("Wed, 21 Oct 2015 07:28:05 GMT", "yesterday", None),
    ],
)
def test_what_a_server_may_write_into_retry_after(text, date, seconds):
    """Whole seconds, or a date counted from the server's own; anything else is as if absent, and never an error."""
    headers = {"retry-after": text} if date is None else {"retry-after": text, "date": date}
    assert retry_after_s(headers) == seconds


def test_no_retry_after():
    """The header may be missing."""
    assert retry_after_s({}) is None


@pytest.mark.parametrize(
    ("idempotent", "answers", "status", "waits"),
    [
        (False, [OK], 200, []),
        (False, [no(400)], 400, []),  # a no stays a no
        (False, [busy("7"), busy("7"), OK], 200, [7, 7]),  # refused: had no effect
        (False, [LOST], 0, []),  # may have had its effect: the flow has to look
        (False, [no(503, retry_after="1")], 503, []),
        (False, [no(408)], 408, []),
        (True, [no(503, retry_after="3"), no(503, retry_after="3"), OK], 200, [3, 3]),
        (True, [LOST] * 3, 0, [None, None]),  # out of attempts
        (True, [busy("1")] * 9 + [OK], 200, [1] * 9),  # refusals are no attempts
        (False, [NEVER_LEFT] * 5 + [OK], 200, [None] * 5),
        (True, [busy("2"), LOST, NEVER_LEFT, LOST, OK], 200, [2, None, None, None]),
    ],
)
def test_only_what_is_safe_is_repeated(idempotent, answers, status, waits):
    """Each kind of failure has its wait: what the server asked for, or a back-off (None)."""
    end = ran(with_retries(one_call(idempotent=idempotent), RetryPolicy(attempts=3), random.Random(1)), *answers)
    assert end.result.status == status
    assert [None if asked is None else int(wait) for wait, asked in zip(end.driver.waits, waits, strict=True)] == waits


def test_repeats_are_counted_and_otherwise_the_same():
    """A report can tell a repeat from a first try."""
    end = ran(with_retries(one_call(), RetryPolicy(), random.Random(1)), busy("1"), NEVER_LEFT, OK)
    assert [call.attempt for call in end.driver.calls] == [1, 2, 3]
    assert len({(call.op, call.url, call.body) for call in end.driver.calls}) == 1
    assert end.driver.trail[1].startswith("throttle")


@pytest.mark.parametrize(("idempotent", "status", "sent"), [(True, 200, 31), (False, 503, 1)])
def test_probes_cost_no_patience(idempotent, status, sent):
    """In an outage the driver says when to knock, and the flow goes on; what is not safe to repeat is still not."""
    answers = [*[replace(no(503, retry_after="2"), probe=True)] * 30, OK][:sent]
    end = ran(with_retries(one_call(idempotent=idempotent), RetryPolicy(), random.Random(1)), *answers)
    assert (end.result.status, len(end.driver.calls)) == (status, sent)
    assert end.driver.waits == [2.0] * (sent - 1)


@pytest.mark.parametrize("asked", ["0", "abc", None])
def test_a_server_that_asks_for_nothing_is_not_hammered(asked):
    """Ten refusals in a row: the waits grow, and none is shorter than a tenth of a second."""
    answers = [busy(asked) for _ in range(10)]
    waits = ran(with_retries(one_call(), RetryPolicy(), random.Random(2)), *answers, OK).driver.waits
    assert min(waits) >= MIN_WAIT_S
    assert sum(waits[:5]) < sum(waits[5:])


def test_a_wait_that_is_too_long_ends_the_run_at_once():
    """A day's limit is not slept through; the message says how long and that nothing is lost."""
    end = ran(with_retries(one_call(), RetryPolicy(), random.Random(1)), busy("99999"))
    assert isinstance(end.error, GaveUp)
    assert end.error.code == "RETRY_AFTER_TOO_LONG"
    assert "99999 s" in str(end.error)
    assert end.driver.waits == []


def test_the_longest_wait_that_is_still_taken():
    """The limit itself is not too long."""
    end = ran(with_retries(one_call(), RetryPolicy(max_retry_after_s=180.0), random.Random(1)), busy("180"), OK)
    assert end.result is OK
    assert 180 <= end.driver.waits[0] <= 180.1


@pytest.mark.parametrize("failures", [1, 2, 3, 7, 40, 5000])
def test_backoff_grows_to_a_cap(failures):
    """Full jitter between a tenth of a second and the ceiling of that failure, however many there were."""
    policy = RetryPolicy(initial_s=1.0, cap_s=60.0)
    drawn = [policy.backoff_s(failures, random.Random(seed)) for seed in range(200)]
    ceiling = min(60.0, 2.0 ** min(failures - 1, 10))
    assert min(drawn) >= MIN_WAIT_S
    assert 0.9 * ceiling < max(drawn) <= ceiling


def test_the_same_seed_waits_the_same():
    """Randomness is an argument."""
    runs = [ran(with_retries(one_call(), RetryPolicy(), random.Random(7)), busy(), busy(), OK) for _ in range(2)]
    assert runs[0].driver.waits == runs[1].driver.waits


def test_other_steps_pass_through():
    """Waits and work of the flow are the driver's, as they were."""

    def flow():
        yield Wait(9.0, "poll")
        return (yield Work(lambda: 3))

    end = ran(with_retries(flow(), RetryPolicy(), random.Random(1)))
    assert (end.result, end.driver.trail) == (3, ["poll 9", "work"])


@pytest.mark.parametrize(("asked", "least", "most"), [("5", 5.0, 5.0), ("0", 0.1, 1.0), ("7200", 180.0, 180.0)])
def test_a_server_in_trouble_is_given_more_time_than_it_asks_for(asked, least, most):
    """What a 503 asks for is the least, and never hours: the number of repeats is limited, their time should not be."""
    call = Call(op="export.get", method="GET", url="/", idempotent=True)
    flow = with_retries(one(call), RetryPolicy(), random.Random(1))
    flow.send(None)
    assert least <= flow.send(Reply(status=503, headers={"retry-after": asked})).seconds <= most


def one(call):
    return (yield call)
