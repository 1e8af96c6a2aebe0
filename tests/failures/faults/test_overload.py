"""2.1: rate limits and overload. A refusal for too many requests changes nothing, and nobody hammers."""

import asyncio
from itertools import pairwise

import pytest

from harness.client.retry import OPENS_AFTER, PROBE_EVERY_S
from harness.client.timeouts import ROUNDS

from .rig import BATCHES, LEADS

GEN, OWN = "batch-api", "batch-api-own-ids"
OVERLOADED = {"status": 503, "headers": {"Retry-After": "2"}}


def busy(retry_after: str | None, **headers: str):
    return {"status": 429, "headers": {"Retry-After": retry_after, **headers}}


def strikes(retry_after: str | None, times: int, **headers: str):
    """So many POSTs of contacts, from the second on, are refused."""
    return {"op": "contacts.add", "nth": 2, "times": times, "action": busy(retry_after, **headers)}


def refusals(rig) -> list[float]:
    """When requests were refused, by the org's clock."""
    return [entry.t for entry in rig.org.request_log.select(status=429)]


def test_f001_one_gate_for_all_workers(rig):
    """After `Retry-After: 7`, only requests in flight arrive for 7 s: ALL; the wait counts as throttled time."""
    rig.faults(strikes("7", 1))
    end = rig.upload(GEN, batch_size=10)
    (told,) = refusals(rig)
    meanwhile = [entry for entry in rig.org.request_log.since(0) if told < entry.t < told + 7]
    assert len(meanwhile) <= 3  # of the four workers
    assert end.entry["throttled_s"] >= 7
    rig.check(end, GEN, batch_size=10)


@pytest.mark.slow
def test_f001_the_limit_of_a_minute_is_kept(rig):
    """600 POSTs at 300 a minute are paced by the server's headers, so that hardly one is refused: ALL."""
    end = rig.upload(GEN, batch_size=1)
    assert end.entry["status_429"] <= 4
    assert 60 < end.entry["duration_s"] < 180
    rig.check(end, GEN, batch_size=1)


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f002_a_storm_that_ends(rig, name):
    """200 refusals in a row fail no batch and cause no requests beyond their repeats: ALL."""
    rig.faults(strikes("1", 200))
    end = rig.upload(name)
    assert (rig.count("contacts.add"), end.entry["in_doubt"]) == (BATCHES + 200, 0)
    rig.check(end, name)


def test_f003_a_storm_past_the_deadline(rig):
    """Exit 5, no lead in doubt, hardly anything sent; ALL after the same command."""
    rig.faults({"op": "contacts.add", "action": busy("30")})
    end = rig.upload(GEN, deadline_s=600.0)
    assert (end.code, end.word, rig.size()) == (5, "DEADLINE", 0)
    assert rig.count("contacts.add") <= 4 * 600 / 30
    rig.faults()
    end = rig.upload(GEN)
    assert end.entry["resolved"] == 0
    rig.check(end, GEN)


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f004_no_retry_after(rig, name):
    """Without the header the upload backs off on its own schedule: ALL."""
    rig.faults(strikes(None, 5))
    end = rig.upload(name)
    assert rig.count("contacts.add") == BATCHES + 5
    rig.check(end, name)


def test_f005_retry_after_0(rig):
    """With 0 there are still at least 0.1 s between two attempts: ALL."""
    rig.faults(strikes("0", 10))
    end = rig.upload(GEN, concurrency=1)
    told = refusals(rig)
    assert min(later - earlier for earlier, later in pairwise(told)) >= 0.1
    assert sum(t < told[0] + 5 for t in told) <= 12
    rig.check(end, GEN)


@pytest.mark.parametrize("text", ["abc", "-5", "1.5", "NaN", "", "1e400", "0x10"])
def test_f006_a_retry_after_that_says_nothing(rig, text):
    """It is treated as missing: ALL."""
    rig.faults(strikes(text, 3))
    rig.check(rig.upload(GEN), GEN)


def test_f006_two_headers_in_one(rig):
    """Of two numbers the larger counts: ALL."""
    rig.faults(strikes("3, 9", 1))
    end = rig.upload(GEN, concurrency=1)
    assert end.entry["throttled_s"] >= 9
    rig.check(end, GEN)


def test_f007_a_wait_of_a_day(rig):
    """`Retry-After: 99999` is a daily limit: exit 5 at once, no sleep; ALL after the same command."""
    rig.faults(strikes("99999", 1))
    end = rig.upload(GEN, concurrency=1)
    assert (end.code, end.word, "99999 s" in end.message) == (5, "RETRY_AFTER_TOO_LONG", True)
    assert rig.elapsed() < 60
    rig.check(rig.upload(GEN), GEN)


@pytest.mark.parametrize(
    ("date", "least_s", "most_s"),
    [
        ("Thu, 01 Jan 2026 02:00:20 GMT", 20.0, 21.0),
        ("Thu, 01 Jan 2026 01:59:00 GMT", 0.0, 2.0),  # it is over: as if it were not there
    ],
)
def test_f008_retry_after_as_a_date(rig, date, least_s, most_s):
    """The wait is counted from the server's Date header, two hours off the local clock: ALL."""
    rig.faults(strikes(date, 1, Date="Thu, 01 Jan 2026 02:00:00 GMT"))
    end = rig.upload(GEN, concurrency=1)
    assert least_s <= end.entry["throttled_s"] <= most_s
    rig.check(end, GEN)


def test_f010_a_lower_limit_of_one_operation(rig):
    """No header announces the limit: refused requests wait, nothing fails, the report counts them: ALL."""
    rig.settings(rate__per_op={"contacts.add": 20})
    silent = dict.fromkeys(("inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"))
    rig.faults({"op": "contacts.add", "action": {"headers": silent}})
    end = rig.upload(GEN, batch_size=10)
    assert 0 < end.entry["status_429"] <= 2 * 4  # each worker once a window
    rig.check(end, GEN, batch_size=10)


@pytest.mark.parametrize("name", [GEN, OWN, "csv-import-export", "csv-import-own-ids"])
def test_f012_everything_is_overloaded(rig, name):
    """503 to every request for 30 s, with a Retry-After: doubts are looked up, the rest is repeated: ALL."""
    rig.faults({"op": "*", "when": "before_commit", "action": OVERLOADED})
    end = rig.upload_meanwhile(name, 30, rig.faults)
    assert rig.requests() < 120
    rig.check(end, name)


@pytest.mark.parametrize("seconds", [30, 600])
@pytest.mark.parametrize("name", [GEN, OWN])
def test_f012_an_outage_under_way(rig, name, seconds):
    """After 20 failures in a row, one request every 5 s until one is answered: ALL; the outage is reported."""

    async def outage():
        rig.faults({"op": "*", "when": "before_commit", "action": OVERLOADED})
        await asyncio.sleep(seconds)
        rig.faults()

    end = rig.upload_meanwhile(name, 3.0, outage, batch_size=5)
    failed = len([*rig.org.request_log.select(status=503)])
    assert failed <= OPENS_AFTER + 4 + seconds / PROBE_EVERY_S  # 4: what was under way
    assert failed >= 4
    assert end.entry["outage_s"] >= 3 * (seconds - 60) > end.entry["throttled_s"] - 100
    rig.check(end, name, batch_size=5)


def test_f012_an_outage_without_end(rig):
    """After 15 minutes failed probes count as failures: exit 5; ALL after the same command."""
    rig.upload_meanwhile(OWN, 3.0, lambda: rig.faults({"op": "*", "action": OVERLOADED}), batch_size=5)
    assert 900 < rig.elapsed() < 2 * 3600
    rig.faults()
    rig.check(rig.upload(OWN, batch_size=5), OWN, batch_size=5)


def test_f013_the_token_endpoint_refuses(rig):
    """One worker asks for the token while the others wait, so three refusals cost three requests: ALL."""
    rig.faults({"op": "oauth.token", "nth": 1, "times": 3, "action": busy("3")})
    end = rig.upload(GEN)
    assert rig.count("oauth.token") == 4
    rig.check(end, GEN)


@pytest.mark.parametrize("op", ["export.download", "export.file"])
@pytest.mark.parametrize("name", [GEN, "csv-import-export"])
def test_f014_a_download_is_refused(rig, name, op):
    """The download waits and starts again, whichever of its requests was refused: ALL."""
    rig.faults({"op": op, "nth": 1, "times": 2, "action": busy("2")})
    rig.check(rig.upload(name), name)


def test_f070_what_the_headers_tell(rig):
    """The limit and the length of its window, as observed, are in the document."""
    rig.settings(rate__requests_per_window=77, rate__window_s=30)
    end = rig.upload(GEN)
    assert end.entry["rate_limit"] in [{"allowed": 77, "window_s": seconds} for seconds in (30, 31)]  # rounded up


@pytest.mark.parametrize("name", [GEN, OWN, "csv-import-export"])
def test_f074_suspended_for_20_minutes(rig, name):
    """All time-outs are due at once: requests in flight are looked up or repeated, jobs have ended: ALL."""

    def suspend():
        asyncio.get_running_loop().suspend(1200.0)

    end = rig.upload_meanwhile(name, 3.0, suspend, batch_size=5)
    assert rig.elapsed() > 1200
    assert (end.entry["in_doubt"] > 0) is (name == GEN)
    rig.check(end, name, batch_size=5)


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("name", [GEN, OWN])
def test_f192_a_server_slower_than_the_time_out(rig, name, when):
    """A batch takes 150 s, the time-out is 120 s: it is raised after three rounds, reported once: ALL."""
    rig.faults({"op": "contacts.add", "when": when, "action": {"stall_s": 150}})
    end = rig.upload(name, batch_size=10)
    (notice,) = end.entry["notices"]
    assert notice.startswith("contacts.add: no answer within 120 s, 3 times in a row")
    assert rig.count("contacts.add") <= 60 + ROUNDS * 4
    assert end.entry["in_doubt"] <= ROUNDS * 4
    rig.check(end, name, batch_size=10)


def test_f181_a_run_that_is_not_proved(rig):
    """Contacts that were removed during the upload are lost: exit 4, and no rate is published."""
    assert rig.upload(GEN).entry["contacts_per_s"] > 0
    rig.clear()
    end = rig.upload(GEN)
    assert (end.code, end.word, end.entry["contacts_per_s"]) == (4, "VERIFY_FAILED", None)
    assert end.entry["verification"]["lost"] == LEADS
