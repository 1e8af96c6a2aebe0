"""What is noted around every request, whoever sends it."""

import csv
from contextlib import closing
from types import SimpleNamespace

import pytest

from harness import events
from harness.client.request_context import DAY_S, FIRST_TRIES, RequestContext, sent_bytes
from harness.client.request_log import RequestLog
from harness.client.retry import OPENS_AFTER, PROBE_EVERY_S
from harness.client.timeouts import RAISE, ROUNDS
from harness.errors import GaveUp
from harness.flow import Call, FilePart, Reply, Wait

from ..fakes import NEVER_LEFT, no

CALL = Call(op="contacts.add", method="POST", url="/x", body=b"[1]", contacts=2, batch=7, contact_list_id="list-1")
OK = Reply(status=200, headers={"inin-correlation-id": "abc"}, body=b"four")


class Clock:
    """Seconds, from a thousand on; moved by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def saved():
    return []


@pytest.fixture
def context(tmp_path, clock, saved):
    journal = SimpleNamespace(save=saved.append)
    with closing(RequestLog(tmp_path / "requests.csv")) as samples:
        yield RequestContext(clock=clock, host="http://mock", samples=samples, journal=journal, deadline_s=100.0)


def exchange(context, clock, reply, seconds=1.0, call=CALL):
    planned_at, sent_at = context.now(), context.record_sent(call)
    clock.now += seconds
    return context.record_reply(call, reply, planned_at, sent_at)


def held_s(context, call):
    wait = context.admission_delay(call)
    return wait.seconds if wait else 0.0


def test_a_request_is_noted(context, clock, tmp_path):
    """One line: what it was, when, how long, how much, and what came."""
    clock.now += 5.0
    exchange(context, clock, OK)
    context.samples.close()
    line = (tmp_path / "requests.csv").read_text().splitlines()[1]
    assert line == "0,contacts.add,list-1,7,1,5.0,5.0,6.0,200,,3,4,2,abc"


def test_a_run_that_goes_on_counts_on(context, clock, tmp_path):
    """A resumed run counts time, and towards its deadline, from where the earlier one stopped."""
    exchange(context, clock, OK, seconds=90.0)
    context.samples.close()
    with closing(RequestLog(tmp_path / "requests.csv")) as samples:
        again = RequestContext(clock=clock, host="", samples=samples, journal=None, deadline_s=100.0)
        assert (again.now(), again.deadline_s) == (90.0, 190.0)


@pytest.mark.parametrize(
    ("call", "held"),
    [
        (CALL, 7.0),
        (Call(op="oauth.token", method="POST", url="/t", host="login", bearer=False), 0.0),
        (Call(op="import.upload", method="POST", url="/u", host="apps"), 0.0),
        (Call(op="export.file", method="GET", url="https://files.example/f", bearer=False), 0.0),
    ],
)
def test_only_calls_of_the_api_are_held(context, clock, call, held):
    """A refusal blocks all of them; other hosts have limits of their own."""
    exchange(context, clock, no(429, retry_after="7"))
    assert held_s(context, call) == pytest.approx(held)


def test_a_refusal_without_a_time_blocks_nobody_else(context, clock):
    """Only the flow that was refused backs off."""
    exchange(context, clock, no(429))
    assert context.admission_delay(CALL) is None


def test_the_budget_learns_from_answers(context, clock):
    """A window that is used up holds the next call until it ends."""
    headers = {f"inin-ratelimit-{key}": value for key, value in {"count": "9", "allowed": "9", "reset": "30"}.items()}
    exchange(context, clock, Reply(status=200, headers=headers))
    assert held_s(context, CALL) == pytest.approx(30.0)


@pytest.mark.parametrize(("seconds", "fits"), [(99.0, True), (100.0, True), (100.1, False), (float("inf"), False)])
def test_no_wait_goes_past_the_deadline(context, seconds, fits):
    """It is given up at once, not slept towards."""
    if fits:
        assert context.record_wait(Wait(seconds)) == seconds
        return
    with pytest.raises(GaveUp, match="DEADLINE"):
        context.record_wait(Wait(seconds))


@pytest.mark.hardening("harness-10")
@pytest.mark.parametrize(("minutes", "left_s"), [(None, 30.0), (1.5, 20.0)])
def test_no_request_outlasts_the_run(context, clock, minutes, left_s):
    """A call has the time that is left to the deadline, or to the cap of minutes; past the deadline none is sent."""
    context.caps.minutes = minutes
    clock.now += 70.0
    assert context.with_timeout(CALL).timeout_s == left_s
    clock.now += 31.0
    with pytest.raises(GaveUp, match="DEADLINE"):
        context.record_sent(CALL)


@pytest.mark.parametrize(("why", "counted"), [("throttle", 7.0), ("poll", 0.0), ("backoff", 0.0), ("quiet", 0.0)])
def test_what_counts_as_throttled(context, why, counted):
    """Only what the server asked for."""
    context.record_wait(Wait(7.0, why))
    assert context.samples.throttled_s == counted


@pytest.mark.parametrize("failure", [no(503), Reply(status=0, error="ReadTimeout")], ids=["503", "no answer"])
def test_a_server_that_fails_everything_is_left_alone(context, clock, failure):
    """After so many failures each call waits, also those of other hosts; that wait is told apart, and ends at once."""
    exchange(context, clock, OK)
    for _ in range(OPENS_AFTER):
        exchange(context, clock, failure, seconds=0.0)
    wait = context.admission_delay(Call(op="export.file", method="GET", url="https://files.example/f", bearer=False))
    assert wait == Wait(PROBE_EVERY_S, "outage")
    clock.now += context.record_wait(wait)
    assert (context.admission_delay(CALL), context.outage_s) == (None, PROBE_EVERY_S)
    exchange(context, clock, OK)
    assert context.admission_delay(CALL) is None


def test_a_failed_probe_says_so(context, clock):
    """Its flow need not lose patience; those that were under way when the outage began are failures like any."""
    before = [exchange(context, clock, no(503), seconds=0.0) for _ in range(OPENS_AFTER)]
    clock.now += PROBE_EVERY_S
    assert [reply.probe for reply in [*before[-2:], exchange(context, clock, no(503))]] == [False, False, True]


def test_nobody_listens_is_no_outage(context, clock):
    """A connection that is refused loads nobody, and `retry` has a patience of its own."""
    exchange(context, clock, OK)
    for _ in range(OPENS_AFTER + 1):
        exchange(context, clock, NEVER_LEFT)
    assert context.admission_delay(CALL) is None


def test_a_process_that_was_suspended(context, clock):
    """The pause is no time of the server's, no time-out, and none of the time that the run may take."""
    planned_at, sent_at = context.now(), context.record_sent(CALL)
    clock.now += 1201.0
    context.record_suspension(1200.0)
    context.record_reply(CALL, Reply(status=0, error="TimeoutError"), planned_at, sent_at)
    assert context.samples.operations()["contacts.add"]["max_s"] == pytest.approx(1.0)
    assert (context.now(), context.record_wait(Wait(90.0))) == (1.0, 90.0)
    assert (context.suspended_s, [notice[:40] for notice in context.notices]) == (
        1200.0,
        ["this process was suspended for 1200 s, w"],
    )


def test_a_limit_is_raised_with_a_notice(context, clock, caplog):
    """Calls that run out of time, one after the other: the next may take longer, and a person is told, once."""
    context.deadline_s = DAY_S
    for _ in range(ROUNDS + 1):
        exchange(context, clock, Reply(status=0, error="TimeoutError"), seconds=CALL.timeout_s)
    assert context.with_timeout(CALL).timeout_s == CALL.timeout_s * RAISE
    assert context.notices == [record.message for record in caplog.records] != []


def test_a_server_that_never_answers_is_not_there(context, clock):
    """After a few tries it is said so, with the address, to everybody who asks."""
    for _ in range(FIRST_TRIES - 1):
        exchange(context, clock, NEVER_LEFT)
    for _ in range(2):
        with pytest.raises(GaveUp, match="nothing answers at http://mock"):
            exchange(context, clock, NEVER_LEFT)
    assert context.samples.count == FIRST_TRIES + 1


@pytest.mark.parametrize("answer", [OK, no(503), Reply(status=0, error="ReadTimeout")])
def test_a_server_that_was_there_once_is_waited_for(context, clock, answer):
    """Any sign of it counts; how long is the retry's to say."""
    exchange(context, clock, answer)
    for _ in range(FIRST_TRIES + 1):
        exchange(context, clock, NEVER_LEFT)
    assert context.unanswered is None


def test_progress_is_what_was_stored(context, clock, saved):
    """Mapped leads count when the journal has them; doubts and what was found again are counted too."""
    clock.now += 3.0
    context.save(events.BatchAcked(first=0, mapping={"A": "1", "B": "2"}))
    context.save(events.BatchInDoubt(2, "lost"))
    clock.now += 4.0
    context.save(events.BatchAcked(first=2, mapping={"C": "3"}, adopted=1))
    context.save(events.ShardMapped(shard=1, file="part", rows=10))
    assert context.progress.points == [(0.0, 0), (3.0, 2), (7.0, 3), (7.0, 13)]
    assert (context.progress.in_doubt, context.progress.resolved, len(saved)) == (1, 1, 4)


def test_what_the_journal_refuses_is_no_progress(tmp_path, clock):
    """The disk is full: nothing was mapped."""

    def full(event):
        raise OSError("full")

    with closing(RequestLog(tmp_path / "requests.csv")) as samples:
        context = RequestContext(clock=clock, host="", samples=samples, journal=SimpleNamespace(save=full))
        with pytest.raises(OSError, match="full"):
            context.save(events.BatchAcked(first=0, mapping={"A": "1"}))
    assert context.progress.mapped_leads == 0


@pytest.mark.parametrize(("headers", "seen"), [({}, False), ({"x-mock": "1"}, True)])
def test_a_mock_says_that_it_is_one(context, clock, headers, seen):
    """So that no report takes it for an org."""
    exchange(context, clock, Reply(status=200, headers=headers))
    assert context.mock_seen is seen


def test_bytes_of_a_form_are_those_of_its_file(tmp_path):
    """What makes up the time."""
    path = tmp_path / "leads.csv"
    path.write_bytes(b"12345")
    form = (("id", "list-1"), ("file", FilePart(path=path, filename="leads.csv")))
    assert sent_bytes(Call(op="import.upload", method="POST", url="/u", form=form)) == 5
    assert sent_bytes(Call(op="lists.get", method="GET", url="/x")) == 0


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=0, error="ReadTimeout"), "ReadTimeout"),
        (no(400, "contact.column.mismatch"), "contact.column.mismatch"),
        (no(400, "+1 555 0100 is not a number"), ""),  # an answer may say anything; files hold codes alone
        (Reply(status=503), ""),
        (OK, ""),
    ],
)
def test_what_a_request_failed_of(context, clock, tmp_path, reply, error):
    """Is noted: why no answer came, or the platform's code."""
    exchange(context, clock, reply)
    context.samples.close()
    (row,) = csv.DictReader((tmp_path / "requests.csv").read_text().splitlines())
    assert row["error"] == error
