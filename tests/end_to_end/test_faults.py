"""Whatever goes wrong once, an upload ends with every lead in the org exactly once, and says so."""

import pytest

from harness.strategies import MAIN

from ..oracle import complaints

LEADS, BATCH = 800, 100
BATCHES = LEADS // BATCH
PATIENCE = ("--batch-size", BATCH, "--quiet-period", 0.5)

NOT_YET = {"status": 404, "body": {"code": "no.available.list.export.uri", "message": "not yet", "status": 404}}
HTML = {"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<h1>Bad Gateway</h1>"}
BUSY = {"status": 429, "headers": {"Retry-After": "1"}}
BUSY_WITHOUT_A_WORD = {"status": 429, "headers": {"Retry-After": None}}


@pytest.fixture
def survives(mock, contactbench, make_leads, upload_of, tmp_path):
    """A function: the entry of an upload during which all the rules struck, once it is seen to be right."""

    def uploaded(strategy, *rules):
        leads = make_leads(LEADS)
        mock.faults(*rules)
        ran = contactbench(*upload_of(leads, strategy, mock.url, *PATIENCE))
        assert ran.code == 0, ran.err
        assert (mock.unfired(), complaints(mock.contacts(), tmp_path / "run", leads)) == ([], [])
        return ran.entry

    return uploaded


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "action", "repeated", "looked_up"),
    [
        ("after_commit", {"status": 500}, 0, BATCH),  # stored, answer lost: found by search, not sent again
        ("after_commit", {"reset": True}, 0, BATCH),
        ("mid_response", {"reset": True}, 0, BATCH),
        ("after_commit", {"status": 200, "body": "<html>"}, 0, BATCH),  # a 2xx is a claim
        ("after_commit", {"status": 200, "body": []}, 0, BATCH),
        ("before_commit", {"status": 503}, 1, 0),  # not stored, but that has to be found out first
        ("before_parse", {"reset": True}, 1, 0),
        ("before_parse", BUSY, 1, 0),  # refused: safe to repeat
        ("before_parse", BUSY_WITHOUT_A_WORD, 1, 0),
        ("before_parse", {"status": 401, "body": {"code": "bad.credentials", "status": 401}}, 1, 0),  # token expired
        ("before_commit", {"stall_s": 1.0}, 0, 0),
    ],
)
def test_a_batch_whose_ids_the_server_makes(mock, survives, when, action, repeated, looked_up):
    """What the server has is adopted, what it has not is sent again, and nothing is sent on a guess."""
    entry = survives("batch-api", {"op": "contacts.add", "nth": 3, "when": when, "action": action})
    assert (mock.count("contacts.add"), entry["resolved"]) == (BATCHES + repeated, looked_up)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "action", "repeated"),
    [
        ("after_commit", {"status": 500}, 1),
        ("mid_response", {"reset": True}, 1),
        ("before_parse", {"reset": True}, 1),
        ("after_commit", {"status": 200, "body": []}, 1),
        ("before_parse", BUSY, 1),
    ],
)
def test_a_batch_with_own_ids(mock, survives, when, action, repeated):
    """The same bytes again: an upsert, so nothing has to be looked up."""
    entry = survives("batch-api-own-ids", {"op": "contacts.add", "nth": 3, "when": when, "action": action})
    assert (mock.count("contacts.add"), entry["resolved"]) == (BATCHES + repeated, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "when", "action", "lists_made"),
    [
        ("csv-import-export", "after_commit", {"status": 500}, 2),  # may be in: the list is dropped and made anew
        ("csv-import-export", "after_commit", {"reset": True}, 2),
        ("csv-import-export", "before_parse", {"reset": True}, 2),
        ("csv-import-export", "before_parse", BUSY, 1),
        ("csv-import-own-ids", "after_commit", {"reset": True}, 1),  # importing again changes nothing
        ("csv-import-own-ids", "before_parse", {"status": 503}, 1),
    ],
)
def test_an_upload_of_a_file(mock, survives, strategy, when, action, lists_made):
    """An import that may have begun twice never leaves its rows twice."""
    survives(strategy, {"op": "import.upload", "nth": 1, "when": when, "action": action})
    assert (mock.count("lists.create", 200), len(mock.get("/state")["lists"])) == (lists_made, 1)


@pytest.mark.parametrize("strategy", MAIN)
def test_trouble_with_everything_else(survives, strategy):
    """Token, list, jobs and downloads may fail as often as they like: nothing they do needs to be done once only."""
    survives(
        strategy,
        {"op": "oauth.token", "nth": 1, "action": HTML},
        {"op": "lists.create", "nth": 1, "when": "after_commit", "action": {"reset": True}},
        {"op": "lists.list", "nth": 1, "action": BUSY},
        {"op": "export.create", "nth": 1, "when": "after_commit", "action": HTML},
        {"op": "export.get", "nth": 1, "times": 4, "action": NOT_YET},
        {"op": "export.get", "nth": 5, "action": {"reset": True}},
        {"op": "export.download", "nth": 1, "action": {"status": 503}},
        {"op": "export.file", "nth": 1, "when": "mid_response", "action": {"reset": True}},
    )


def test_trouble_while_an_import_is_asked_about(survives):
    """Status and size are only asked: any answer that is none is asked for again."""
    survives(
        "csv-import-export",
        {"op": "import.status", "nth": 1, "action": HTML},
        {"op": "contacts.search", "nth": 1, "action": {"status": 504}},
        {"op": "contacts.bulk", "nth": 2, "action": {"reset": True}},
    )


@pytest.mark.slow
def test_every_answer_comes_too_late(start_mock, contactbench, make_leads, upload_of, tmp_path):
    """A server that gives up on each POST and carries it out a moment later: looked up, and nothing is sent twice."""
    mock, leads = start_mock("--pace", "none"), make_leads(LEADS)
    mock.settings(**{"latency__contacts.add__base_s": 0.6}, request_timeout_s=0.3)
    ran = contactbench(*upload_of(leads, "batch-api", mock.url, "--batch-size", BATCH, "--quiet-period", 1.5))
    assert (ran.code, ran.entry["resolved"]) == (0, LEADS), ran.err
    assert (mock.count("contacts.add"), complaints(mock.contacts(), tmp_path / "run", leads)) == (BATCHES, [])


@pytest.mark.slow
def test_tokens_that_do_not_last(start_mock, contactbench, make_leads, upload_of, tmp_path):
    """A token is renewed whenever it has expired, once for all requests under way."""
    mock, leads = start_mock("--pace", "none"), make_leads(LEADS)
    mock.settings(**{"latency__contacts.add__base_s": 0.4}, tokens__lifetime_s=1)
    ran = contactbench(*upload_of(leads, "batch-api", mock.url, *PATIENCE, "--concurrency", 2))
    assert (ran.code, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), ran.err
    assert 2 <= mock.count("oauth.token") <= 6


@pytest.mark.slow
def test_a_limit_that_is_met(start_mock, contactbench, make_leads, upload_of, tmp_path):
    """Requests wait for the next window instead of running into the limit."""
    mock, leads = start_mock("--pace", "none"), make_leads(LEADS)
    mock.settings(rate__requests_per_window=5, rate__window_s=1.0)
    ran = contactbench(*upload_of(leads, "batch-api", mock.url, *PATIENCE))
    assert (ran.code, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), ran.err
    assert ran.entry["status_429"] <= 1
