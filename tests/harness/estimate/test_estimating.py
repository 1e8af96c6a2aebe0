"""The document of an estimate, and what is summary_text of it."""

import msgspec
import pytest

from harness.errors import RunError
from harness.estimate import EstimateOrder, estimate
from harness.estimate.summary import duration, summary_text
from harness.strategies import MAIN

LEADS = 20_000


def made(**options):
    options = {"leads": LEADS, "strategies": ["batch-api", "csv-import-own-ids"], "replicates": 30, **options}
    return estimate(EstimateOrder(**options), lambda line: None)


@pytest.fixture(scope="module")
def default():
    return made(profile="default", strategies=MAIN)


def test_what_scripts_rely_on(default):
    """Every strategy has its percentiles, in order, with counts and what holds it up."""
    for entry in default["strategies"]:
        time = entry["duration_s"]
        assert 0 < time["p10"] <= time["p50"] <= time["p90"]
        assert entry["requests"]["p50"] >= 20
        assert entry["bottleneck"] in ("import and export jobs", "answer time of the requests in flight")
    assert [entry["strategy"] for entry in default["strategies"]] == list(MAIN)
    assert msgspec.json.decode(msgspec.json.encode(default)) == default


def test_what_the_interval_holds_is_said(default):
    """In the document and in words; of thirty replicates nobody can be as sure as of a thousand."""
    interval = default["interval"]
    assert (interval["holds"], interval["runs"]) == (0.8, 50)
    assert 0.9 < interval["confidence"] < 0.99
    assert "at least 80% of 50 runs lie" in " ".join(summary_text(default).split())


def test_changes_have_their_price(default):
    """More requests in flight help batches and not files; two lists at once help files."""
    by_strategy = {entry["strategy"]: entry["sensitivity"] for entry in default["strategies"]}
    ratios = {(name, one["change"]): one["ratio"] for name, changes in by_strategy.items() for one in changes}
    assert ratios["batch-api", "16 requests in flight instead of 8"] < 0.75
    assert ratios["csv-import-export", "16 requests in flight instead of 8"] == pytest.approx(1, abs=0.02)
    assert ratios["csv-import-export", "2 lists instead of 1"] < 0.95


def test_assumptions_are_ranked(default):
    """Those that matter come first, each with its source and what it does to each strategy."""
    effects = [one["effect"] for one in default["assumptions"]]
    assert effects == sorted(effects, reverse=True)
    assert min(effects) >= 0.01
    assert all("assumption" in one["source"] for one in default["assumptions"])
    settings = [one["setting"] for one in default["assumptions"]]
    assert {"latency.contacts.add.per_contact_s", "jobs.import_rows_per_s"} <= set(settings)
    assert "rate.requests_per_window" not in settings  # it is published


def test_without_a_profile_all_are_asked():
    """The range over the shipped profiles, and questions about the default one alone."""
    document = made()
    names = [entry["profile"] for entry in document["strategies"] if entry["strategy"] == "batch-api"]
    assert names == document["profiles"]
    assert {"optimistic", "pessimistic"} < set(names)
    assert {entry["profile"] for entry in document["strategies"] if entry["sensitivity"]} == {"default"}


def test_words(default):
    """Every table is there, and nobody can take the figures for Genesys's."""
    text = summary_text(default)
    assert "None is a figure of Genesys's." in text
    assert "batch-api-own-ids" in text
    assert "What a change is worth" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_soonest(default):
    """One sentence says which strategy is the first to be done, and where it is another one."""
    entries = [entry for entry in default["strategies"] if entry["profile"] == default["assumptions_of"]]
    soonest = min(entries, key=lambda entry: entry["duration_s"]["p50"])["strategy"]
    assert f"Soonest is {soonest}:" in summary_text(default)


def test_twice_the_same():
    """One seed, one document; but for the machine it says nothing of."""
    first, second = made(profile="troubled", seed=5), made(profile="troubled", seed=5)
    assert first == second != made(profile="troubled", seed=6)


def test_a_year():
    """Appending fills the org in the month that simple sums say; emptying first never does."""
    year = {"monthly": True, "profile": "default", "strategies": ["csv-import-own-ids"], "replicates": 3}
    plans = {plan["mode"]: plan["months"] for plan in made(leads=1_500_000, **year)["monthly"]}
    append = plans["append"]
    assert [bool(month["fails"]) for month in append[:4]] == [False, False, False, True]
    assert "500,000 of 1,500,000" in append[3]["fails"]
    assert not any(month["fails"] for month in plans["clear-then-load"])
    assert plans["delta"][1]["leads_sent"] == 300_000
    assert plans["upsert"][1]["contacts_in_org"] == 1_800_000
    assert "upsert" in summary_text(made(**year))


@pytest.mark.parametrize(
    "options",
    [{"profile": "nowhere"}, {"strategies": ["fax"]}, {"monthly": True, "profile": "default", "new_share": 2.0}],
)
def test_wrong_orders(options):
    """What cannot be meant is refused in words."""
    with pytest.raises(RunError):
        made(**options)


@pytest.mark.parametrize(("seconds", "words"), [(7.04, "7.0 s"), (1200, "20.0 min"), (9000, "2.5 h")])
def test_durations(seconds, words):
    """Seconds as people say them."""
    assert duration(seconds) == words
