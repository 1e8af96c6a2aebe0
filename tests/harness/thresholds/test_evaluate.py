"""Which limits a run keeps."""

import pytest

from harness.errors import UsageError
from harness.thresholds import parse
from harness.thresholds.evaluate import evaluate


@pytest.mark.parametrize(
    ("text", "passed", "told"),
    [
        ("p50(contacts.add, service)<560ms", True, "550 ms"),
        ("p50(contacts.add)<6s", False, "6.5 s"),  # from the planned moment
        ("min(contacts.add)==1s", True, "1 s"),
        ("max(contacts.add)<=20s", True, "20 s"),
        ("med(oauth.token)<0.2s", True, "0.1 s"),
        ("avg(*)<1ms", False, "6367 ms"),
        ("count(contacts.add)==12", True, "12"),
        ("count(*)<=15", True, "15"),
        ("count(contacts.search)<=10", True, "0"),  # uploads may search; this one had no need
        ("errors(contacts.search)==0", True, "0"),
        ("rate(contacts.add)>=24/min", True, "24/min"),
        ("errors(contacts.add)<1%", False, "8.333%"),
        ("errors(contacts.add)<=1", True, "1"),  # a 429 that was answered in the end is none
        ("errors(export.get)==1", True, "1"),  # nor is an export that is not ready
        ("status(429)<5%", False, "6.667%"),
        ("status(5xx)==1", True, "1"),
        ("status(0)==1", True, "1"),
        ("error(too.many.requests)<=1", True, "1"),
        ("error(ReadTimeout)==0", False, "1"),
        ("rejected(PHONE_MISSING)<=1%", True, "1%"),
        ("rejected(PHONE_BAD)==0", True, "0"),
        ("mapped==leads", False, "990"),
        ("mapped>=99%", True, "99%"),
        ("retries<20%", True, "13.33%"),
        ("duplicates==0", True, "0"),
        ("duration<30s", False, "30 s"),
        ("rate>1900/min", True, "1980/min"),
    ],
)
def test_a_limit(made, text, passed, told):
    """Is kept or not, and what was found is told in its own unit."""
    (judgement,) = evaluate([parse(text)], [made()])
    assert (judgement.passed, judgement.text()) == (passed, told)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("p95(contacts.ad)<1s", "contacts.add export.get oauth.token"),
        ("count(contacts.ad)==0", "contacts.add export.get oauth.token"),
        ("errors(contacts.search)<1%", "contacts.add export.get oauth.token"),
        ("status(many)==0", "not a status"),
        ("csv-import-export: duration<1s", "it has batch-api"),
    ],
)
def test_what_the_run_does_not_have(made, text, there):
    """Is an error, with what it has, and not a pass."""
    with pytest.raises(UsageError, match=there) as refused:
        evaluate([parse(text)], [made()])
    assert refused.value.code == "NO_SUCH_METRIC"


def test_strategies_that_have_the_metric(made):
    """A threshold is held against each of them, and against one alone if it names it."""
    runs = [made("batch-api"), made("csv-import-export", rows=[("import.upload", 1.0, 1.0, 200, "", False)])]
    assert [j.strategy for j in evaluate([parse("p95(contacts.add)<1h")], runs)] == ["batch-api"]
    assert [j.strategy for j in evaluate([parse("duration<1h")], runs)] == ["batch-api", "csv-import-export"]
    assert [j.strategy for j in evaluate([parse("batch-api: duration<1h")], runs)] == ["batch-api"]


@pytest.mark.parametrize("nothing", ["leads", "requests"])
def test_a_run_of_nothing(made, nothing):
    """Fails, whatever its thresholds are."""
    judged = evaluate([], [made(**{nothing: 0})])
    assert [(one.threshold.text, one.passed) for one in judged] == [(f"{nothing}>0", False)]


@pytest.mark.parametrize("text", ["duration<1h", "rate>0/s", "p95(contacts.add)<1h"])
def test_a_run_that_is_not_proved(made, text):
    """Has no figures, so it keeps no limit on them; its counts are told."""
    figure, count = evaluate([parse(text), parse("duplicates==0")], [made(proved=False, duplicates=3)])
    assert (figure.passed, figure.text()) == (False, "not proved: no figure")
    assert (count.passed, count.text()) == (False, "3")
