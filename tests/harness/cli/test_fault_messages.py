import time
from contextlib import closing

import pytest

from harness.cli.closing import FaultMessages
from harness.cli.progress_line import fit_to_columns, parts
from harness.client.request_context import RequestContext
from harness.client.request_log import RequestLog
from harness.events import BatchInDoubt
from harness.flow import Call, Reply, Wait
from harness.status import Status

POST = Call(op="contacts.add", method="POST", url="/contacts")
REFUSED = Reply(status=429, headers={"retry-after": "30"})


class Silent:
    def save(self, event):
        pass


@pytest.fixture
def context(tmp_path):
    with closing(RequestLog(tmp_path / "requests.csv")) as samples:
        yield RequestContext(clock=lambda: 0.0, host="org", samples=samples, journal=Silent())


def refused(context, times: int) -> None:
    for _ in range(times):
        context.record_reply(POST, REFUSED, 0.0, context.record_sent(POST))


def test_a_storm_is_a_few_lines(context):
    """The first of a kind is said at once, the others as a count once ten seconds are over, the rest at the end."""
    told, messages = [], FaultMessages(every_s=10.0)
    for second in range(25):
        refused(context, 100)
        told += [(second, line) for line in messages.lines(context, second)]
    told += [(25, line) for line in messages.lines(context, 25, last=True)]
    begins = "rate limit: {} requests refused (429); nothing is sent for 30 s"
    counts = {0: "100", 10: "1,000", 20: "1,000", 25: "400"}
    assert told == [(second, begins.format(count)) for second, count in counts.items()]


def test_an_outage_begins_and_ends(context):
    """Both are said once, though every request in between fails."""
    messages = FaultMessages(every_s=10.0)
    for _ in range(40):
        context.record_reply(POST, Reply(status=503), 0.0, context.record_sent(POST))
    begun = [line for line in messages.lines(context, 1.0) if line.startswith("outage: ")]
    context.record_reply(POST, Reply(status=200), 0.0, context.record_sent(POST))
    over = [line for line in messages.lines(context, 2.0) if line.startswith("outage: ")]
    assert (len(begun), "every request fails" in begun[0], over) == (
        1,
        True,
        ["outage: over, the server answers again"],
    )


def test_each_run_is_told_apart(context):
    """What one run of a command has not said yet is said before the next one's, which counts from nothing."""
    messages = FaultMessages(every_s=10.0)
    list(messages.lines(context, 0.0))
    refused(context, 3)
    other = RequestContext(clock=lambda: 0.0, host="org", samples=context.samples, journal=Silent())
    assert [line[:33] for line in messages.lines(other, 1.0)] == ["rate limit: 3 requests refused (4"]
    assert list(messages.lines(other, 2.0, last=True)) == []


@pytest.mark.parametrize("columns", [1, 2, 20, 40, 79, 80, 140, 400])
def test_the_line_fits_any_width(context, columns):
    """The least telling parts are left out first, and the last column stays free."""
    status = Status(subject="csv-import-own-ids")
    status.watch(context)
    status.begin("importing", total=1_500_000, unit="lead", count=lambda: 1_234_567)
    context.record_wait(Wait(42.0, "throttle"))
    context.save(BatchInDoubt(0, "cut"))
    snapshot = status.snapshot()
    line = fit_to_columns(parts(snapshot), columns)
    assert len(line) < max(columns, 2)
    if columns >= 140:
        assert "1,234,567 of 1,500,000 leads (82 %); rate limit: 42 s left; 1 batch in doubt; 0:00" in line


def test_nobody_has_to_look():
    """Where there is no run the command's own time counts, on the machine's clock."""
    status = Status()
    status.begin("writing leads", total=10, unit="lead")
    status.advance(4)
    time.sleep(0.01)
    at = status.snapshot()
    assert (at.done, at.total, at.waits, at.virtual) == (4, 10, {}, False)
    assert at.rate > 0
    status.rest()
    assert status.snapshot() is None
