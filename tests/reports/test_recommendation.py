import random

import msgspec
import pytest

from reports.estimates import Estimate
from reports.recommendation import recommend
from reports.results import RunResult

SOON, AT_ONCE, AGAIN, REFUSED, LISTS, LIMIT = range(6)


def of(values, estimate=None):
    return recommend(
        msgspec.convert(values, RunResult), None if estimate is None else msgspec.convert(estimate, Estimate)
    )


def taken(found):
    return [row[1] for row in found.needs.rows]


def test_each_need_has_its_strategy(fake):
    """Time, first IDs, repeats, IDs of the org's, lists and requests are decided by what was measured of each."""
    file = fake.entry("csv-import-export", duration_s=200.0, first_mapping_s=195.0)
    own_file = fake.entry("csv-import-own-ids", duration_s=160.0, first_mapping_s=160.0, requests=20)
    found = of(fake.run(file, own_file, fake.entry("batch-api"), fake.entry("batch-api-own-ids", first_mapping_s=9.0)))
    own, made = "`csv-import-own-ids`", "`csv-import-export`"
    assert taken(found) == [own, "`batch-api`", own, made, own, own]
    assert found.sentences[0].startswith(f"If the org takes Lead IDs as contact IDs, take {own}: all 1,500,000 leads")
    assert f"If it does not, take {made} (3 min 20 s)." in found.sentences[0]


def test_whose_figures_they_are(fake):
    """A mock's ranking says that it hangs on assumptions; an org's says of which org it is."""
    target = {"kind": "org", "host": "api.mypurecloud.de"}
    assert "none is a figure of Genesys's" in of(fake.run()).sentences[1]
    assert "one run on `api.mypurecloud.de`" in of(fake.run(target=target)).sentences[1]


@pytest.mark.parametrize("seed", range(30))
def test_an_unproved_strategy_is_never_recommended(fake, seed):
    """Whatever it took, and however well an estimate speaks of it."""
    rng = random.Random(seed)
    entries = [
        fake.entry(name, verified=rng.random() < 0.5, duration_s=rng.uniform(1, 9), lists=[{}] * rng.randint(1, 2))
        for name in fake.STRATEGIES
    ]
    estimate = fake.estimate({"default": {name: rng.uniform(1, 9) for name in fake.STRATEGIES}})
    found = of(fake.run(*entries), estimate)
    said = " ".join([*taken(found), found.sentences[0]])
    assert not [entry for entry in entries if not entry["verified"] and f"`{entry['strategy']}`" in said]


def test_nothing_proved_is_nothing_recommended(fake):
    """There is one sentence, and no table."""
    found = of(fake.run(*(fake.entry(name, verified=False) for name in fake.STRATEGIES)))
    assert found.sentences == ("Nothing is recommended: no mapping was proved.",)
    assert not found.needs.rows


def test_one_strategy_is_no_choice(fake):
    """An upload gets no recommendation."""
    assert of(fake.run(fake.entry("batch-api"), kind="upload")) is None


def test_a_need_that_nothing_proved_meets(fake):
    """No strategy is named, and the reason says so."""
    found = of(
        fake.run(
            fake.entry("batch-api"), fake.entry("csv-import-export"), fake.entry("csv-import-own-ids", verified=False)
        )
    )
    assert found.needs.rows[AGAIN][1:] == ("–", "No strategy that is safe to send twice was proved in this run.")
    assert found.sentences[0].startswith("Take `batch-api`: ")
    assert "Not considered, since not proved: `csv-import-own-ids`." in found.caveats


def test_a_lower_limit_is_told_by_its_floor(fake):
    """1,535 requests at 75 a minute: 20 windows have to begin after the first."""
    found = of(fake.run(fake.entry("batch-api", requests=1535), fake.entry("csv-import-own-ids", requests=20)))
    assert found.needs.rows[LIMIT][2] == (
        "Upload and proof take 20 requests, with `batch-api` 1,535: at least 20 min under 75 requests in 1 min, "
        "against 7 min 36 s."
    )


def test_lists_that_the_run_did_not_need_are_estimated(fake):
    """A run in one list says so; an estimate beside it speaks for more leads."""
    run = fake.run(*(fake.entry(name, lists=[{}]) for name in fake.STRATEGIES))
    assert of(run).needs.rows[LISTS][1] == "–"
    row = of(run, fake.estimate()).needs.rows[LISTS]
    assert row[1] == "`batch-api-own-ids`"
    assert row[2].startswith("Estimated, for 1,500,000 leads in 2 lists:")


def test_the_margin_is_told_for_the_other_road(fake):
    """Requests against files: how much slower the winner would have to be."""
    found = of(fake.run(fake.entry("batch-api", duration_s=300.0), fake.entry("csv-import-own-ids", duration_s=150.0)))
    assert " ".join(found.caveats) == (
        "If `csv-import-own-ids` took 2.00 times as long, `batch-api` would be as soon. "
        "Its bottleneck here: import speed."
    )


def test_what_turns_the_order_is_told(fake):
    """Profiles, changes and settings that make another strategy the soonest are listed; what was tried is counted."""
    estimate = fake.estimate(
        {
            "default": {"batch-api": 10.0, "csv-import-export": 20.0},
            "slow": {"batch-api": 30.0, "csv-import-export": 25.0},
        },
        assumptions=[
            {"setting": "a.b", "value": 1, "tried": 2, "ratios": {"batch-api": 3.0}},
            {"setting": "c.d", "value": 1, "tried": 2, "ratios": {"batch-api": 1.5}},
        ],
    )
    estimate["strategies"][1]["sensitivity"] = [{"change": "4 lists instead of 2", "p50_s": 5.0, "ratio": 0.25}]
    found = of(fake.run(fake.entry("batch-api"), fake.entry("csv-import-export")), estimate)
    slow, lists, setting, tried = found.caveats[1:]
    now = "`csv-import-export` would be soonest, P50"
    assert slow == f"Estimated, with profile `slow`: {now} 25.0 s, against 30.0 s with `batch-api`."
    assert lists.startswith(f"Estimated, with 4 lists instead of 2: {now} 5.00 s")
    assert setting.startswith(f"Estimated, with `a.b` 2 instead of 1: {now} 20.0 s")
    assert "tried 4 changes" in tried
    assert "3 of them made" in tried


def test_an_estimate_that_disagrees_is_told(fake):
    """What was soonest in the run need not be so in the estimate."""
    estimate = fake.estimate({"default": {"batch-api": 20.0, "csv-import-export": 10.0}})
    found = of(fake.run(fake.entry("batch-api"), fake.entry("csv-import-export")), estimate)
    assert found.caveats[1].startswith(
        "The estimate, for 1,500,000 leads under `default`: `csv-import-export` would be"
    )
