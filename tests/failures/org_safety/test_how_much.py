"""How much of a real org an upload may take, and in which steps."""

import json
import re

import pytest

from . import table

EVERY = pytest.mark.parametrize(
    "name", ["batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids", "csv-import-search"]
)
PAGE = table.PAGE
SIZES = [10, 1_000]


def sizes(sandbox):
    """Of the canaries that were proved."""
    folder = sandbox.rig.folder / "run" / "canary"
    return sorted(json.loads(path.read_text())["leads"] for path in folder.glob("*/proved.json"))


@pytest.mark.hardening("harness-12")
@EVERY
def test_canaries_come_first(sandbox, name):
    """10 leads, then 1,000, each proved and removed; then all: exit 0, and no contact of a canary is left."""
    end = sandbox.upload(name)
    assert (end.code, sizes(sandbox), sandbox.rig.complaints()) == (0, SIZES, []), end.message
    assert len(sandbox.rig.lists()) == 1


@pytest.mark.hardening("harness-12")
@pytest.mark.hardening("harness-10")
def test_no_more_than_the_canaries(sandbox):
    """Exit 9 RUN_CAP without --max-contacts: the canaries are proved, and no list is created for the rest."""
    end = sandbox.on(max_contacts=1_010).upload()
    assert (end.code, end.word, sizes(sandbox)) == (9, "RUN_CAP", SIZES)
    assert (sandbox.rig.lists(), "--max-contacts 2270" in end.message) == ([], True)


@pytest.mark.hardening("harness-12")
def test_a_canary_that_disagrees(sandbox):
    """Exit 4 VERIFY_FAILED: a lead that was lost among ten stops the run before there are a thousand."""
    sandbox.rig.faults({"op": "export.file", "when": "after_commit", "action": {"rewrite": "drop_one"}})
    end = sandbox.upload()
    assert (end.code, end.word, sizes(sandbox)) == (4, "VERIFY_FAILED", [])
    assert (sandbox.rig.count("contacts.add"), sandbox.rig.size()) == (1, 10)


def test_a_canary_that_is_proved_is_not_sent_again(sandbox):
    """The same command continues with the remaining leads."""
    sandbox.on(max_contacts=1_010).upload()
    posts = sandbox.rig.count("contacts.add")
    end = sandbox.on(max_contacts=5_000).upload()
    assert (end.code, sandbox.rig.count("contacts.add") - posts) == (0, 4)


@pytest.mark.hardening("harness-3")
@EVERY
def test_the_permissions_of_the_page(sandbox, name):
    """Those that docs/sandbox.md names for an upload are enough for every strategy: exit 0 with no others."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("   | `outbound:")]
    named = re.findall(r"`(outbound:\w+:\w+)`", "".join(rows))
    sandbox.rig.grant(named)
    end = sandbox.upload(name)
    assert (len(named), end.code) == (8, 0), end.message


@pytest.mark.hardening("harness-10")
@pytest.mark.parametrize(("cap", "word"), [({"max_requests": 12}, "RUN_CAP"), ({"max_minutes": 0.05}, "TIME_CAP")])
def test_requests_and_minutes(sandbox, cap, word):
    """Exit 9 RUN_CAP or TIME_CAP before a request that exceeds it; the same command continues with a higher cap."""
    end = sandbox.on(**cap).upload()
    assert (end.code, end.word) == (9, word)
    sandbox.on(max_requests=500, max_minutes=60.0)
    assert sandbox.upload().code == 0


@pytest.mark.hardening("harness-10")
def test_contacts_of_earlier_starts_count(sandbox):
    """Exit 9 RUN_CAP though the second start alone would fit: the cap counts all starts of a run."""
    forbidden = {"status": 403, "body": {"code": "missing.permissions", "message": "no", "status": 403}}
    sandbox.on(max_contacts=2_210 + 10)
    sandbox.rig.faults({"op": "contacts.add", "nth": 8, "times": 100, "action": forbidden})
    assert sandbox.upload(concurrency=1).word == "FORBIDDEN"
    sandbox.rig.faults()
    end = sandbox.upload(concurrency=1)
    assert (end.code, end.word) == (9, "RUN_CAP")


@pytest.mark.hardening("harness-10")
def test_the_rate_leaves_room_for_others(sandbox):
    """No minute has more requests than --rate, by default half of the platform's limit; canaries count too."""
    assert sandbox.on(per_minute=20).upload().code == 0
    moments = [
        entry.t for entry in sandbox.rig.org.request_log.since(0)
    ]  # at the answer: 55 s of those lie in a minute
    assert max(sum(at <= t < at + 55.0 for t in moments) for at in moments) <= 20
