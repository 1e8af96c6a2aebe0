"""What went wrong is counted once by what was heard and once by what it meant."""

import pytest

from harness import events
from harness.client.fault_counts import FaultCounts
from harness.flow import Call, Reply, Wait

ONCE = Call(op="contacts.add", method="POST", url="/x")
TWICE = Call(op="contacts.search", method="POST", url="/x", idempotent=True)


def counted(trouble):
    """What is not zero."""
    return {name: value for name, value in trouble.to_json().items() if value and name != "waited_s"}


@pytest.mark.parametrize(
    ("call", "reply", "counts"),
    [
        (ONCE, Reply(status=200), {}),
        (ONCE, Reply(status=404), {}),
        (ONCE, Reply(status=429), {"refused": 1, "not_applied": 1}),
        (ONCE, Reply(status=401), {"expired": 1, "not_applied": 1}),
        (ONCE, Reply(status=0, error="ConnectError", sent=False), {"unsent": 1, "not_applied": 1}),
        (ONCE, Reply(status=503), {"failed": 1, "doubtful": 1}),
        (TWICE, Reply(status=408), {"failed": 1, "repeatable": 1}),
        (ONCE, Reply(status=0, error="ReadError"), {"cut": 1, "doubtful": 1}),
        (TWICE, Reply(status=0, error="ReadError"), {"cut": 1, "repeatable": 1}),
    ],
)
def test_an_answer(call, reply, counts):
    """A clear answer is no trouble, even a no; everything else is, of one kind and with one meaning."""
    trouble = FaultCounts()
    trouble.record_reply(call, reply)
    assert counted(trouble) == counts


def test_leads_of_a_batch_in_doubt():
    """Those that a search found are adopted, the others were sent again; a batch in doubt twice is one batch."""
    trouble = FaultCounts()
    for event in (
        events.BatchAcked(first=0, mapping={"L-0": "c-0"}),
        events.BatchInDoubt(10, "500"),
        events.BatchInDoubt(10, "500"),
        events.BatchAcked(first=10, mapping={f"L-{n}": f"c-{n}" for n in range(5)}, adopted=2),
        events.ShardAbandoned(0),
    ):
        trouble.record_event(event)
    assert counted(trouble) == {"batches_in_doubt": 1, "leads_found": 2, "leads_resent": 3, "lists_reloaded": 1}


def test_time_lost():
    """Seconds by what was waited for; to poll a job and to keep the rate is what every run does."""
    trouble = FaultCounts()
    for wait in (Wait(1.5), Wait(2.5), Wait(60, "quiet"), Wait(5, "poll"), Wait(7, "hold")):
        trouble.record_wait(wait, 0.0)
    assert trouble.to_json()["waited_s"] == {"backoff": 4.0, "throttle": 0.0, "quiet": 60.0, "outage": 0.0}


def test_waits_by_the_clock():
    """Flows that wait side by side wait once; holding back and being told to are one kind; what has ended is gone."""
    trouble = FaultCounts()
    for wait, now in ((Wait(10, "hold"), 0.0), (Wait(10, "throttle"), 4.0), (Wait(2, "quiet"), 5.0), (Wait(1), 20.0)):
        trouble.record_wait(wait, now)
    assert trouble.clock_s == {"throttle": 14.0, "quiet": 2.0, "backoff": 1.0}
    assert (trouble.waits(6.0)["throttle"], trouble.waits(6.5)["quiet"]) == (8.0, 0.5)
    assert trouble.waits(20.5) == {"backoff": 0.5}
