"""What an expression says, and what is refused before anything is sent."""

import re
from pathlib import Path

import pytest

import harness.api
from harness.errors import UsageError
from harness.thresholds import OPERATIONS, parse


@pytest.mark.parametrize(
    ("text", "name", "of", "percentile", "value"),
    [
        ("p95(contacts.add)<1500ms", "p", "contacts.add", 95, 1.5),
        ("p(99.9)(contacts.add) < 2 min", "p", "contacts.add", 99.9, 120),
        ("p99.9(*)<=1h", "p", "*", 99.9, 3600),
        ("avg(export.get)<1.5s", "avg", "export.get", None, 1.5),
        ("count(contacts.add)==1500", "count", "contacts.add", None, 1500),
        ("rate>4800/min", "rate", "", None, 80),
        ("rate(contacts.add)>=300/h", "rate", "contacts.add", None, 300 / 3600),
        ("errors(contacts.add)<1%", "errors", "contacts.add", None, 0.01),
        ("error(contact.column.mismatch)<=10", "error", "contact.column.mismatch", None, 10),
        ("status(5xx)!=3", "status", "5xx", None, 3),
    ],
)
def test_a_threshold(text, name, of, percentile, value):
    """Metric, what it is of, and a value in seconds, shares, or times a second."""
    threshold = parse(text)
    metric = threshold.metric
    assert (metric.name, metric.of, metric.percentile) == (name, of, percentile)
    assert threshold.value == pytest.approx(value)


def test_a_strategy_another_count_and_the_time_of_the_service():
    """`strategy:` before it, a count of the run behind it, `service` within it."""
    assert parse("batch-api: mapped==leads").strategy == "batch-api"
    assert parse("mapped==leads").other == "leads"
    assert parse("p50(contacts.add, service)<1s").metric.service


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "METRIC OPERATOR VALUE"),
        ("p95(contacts.add)", "METRIC OPERATOR VALUE"),
        ("p95(contacts.add)<1500 ms; drop", "METRIC OPERATOR VALUE"),
        ("duration=<300s", "METRIC OPERATOR VALUE"),
        ("durations<300s", "there are p95(OP)"),  # a metric that does not exist is no pass
        ("max95(contacts.add)<1s", "there are p95(OP)"),
        ("avg(contacts.add)(x)<1s", "there are p95(OP)"),
        ("p95<1s", "there are p95(OP)"),  # of which operation?
        ("errors<1%", "there are p95(OP)"),
        ("duration(contacts.add)<1s", "there are p95(OP)"),
        ("p95(contacts.add, planned?)<1s", "there are p95(OP)"),
        ("count(contacts.add, service)<1", "there are p95(OP)"),
        ("p101(contacts.add)<1s", "between 0 and 100"),
        ("p(x)(contacts.add)<1s", "between 0 and 100"),
        ("p95(contacts.add)<1500", "another unit: ms s min h"),  # milliseconds or seconds?
        ("duration<5%", "another unit: ms s min h"),
        ("rate>100", "another unit: /s /min /h"),
        ("mapped<10s", "another unit: % (none)"),
        ("duration<leads", "compared only with a number"),
        ("mapped==lead", "compared only with a number"),
    ],
)
def test_what_makes_no_sense(text, trouble):
    """Is refused with exit 2, told with what there is to choose from."""
    with pytest.raises(UsageError, match=re.escape(trouble)) as refused:
        parse(text)
    assert (refused.value.code, refused.value.exit_code) == ("BAD_THRESHOLD", 2)


def test_the_operations_that_uploads_send():
    """Are among those that the endpoints name."""
    sources = [path.read_text() for path in Path(harness.api.__file__).parent.glob("*.py")]
    named = {op for source in sources for op in re.findall(r'(?:op=|json_call\(\s*)"([a-z._]+)"', source)}
    assert named >= OPERATIONS
