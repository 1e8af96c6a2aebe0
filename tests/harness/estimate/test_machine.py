"""The machine, held against the real flows, runner, budget, limiter and job rules on virtual time."""

import numpy as np
import pytest

from harness.estimate import stubs
from harness.estimate.cases import Case, case_tables
from harness.estimate.recording import UploadCase, program
from harness.estimate.simulate import simulate
from harness.strategies import MAIN, STRATEGIES
from harness.strategies.job import Settings
from mockserver.loaded_profile import load, with_changes

from . import reference, same_luck

CLOSE = 1e-6  # s
TIE = 0.25  # s: of workers that wake at the same moment, which one is first is the loop's affair
TIGHT = {"rate.requests_per_window": 7, "rate.window_s": 10.0}
SLIDING = {"rate.requests_per_window": 1000, "rate.window": "sliding"}


def an_upload(strategy="batch-api", leads=1500, batch=50, cap=1_000_000, lists=None):
    return UploadCase(
        strategy=STRATEGIES[strategy],
        sizes=stubs.of_invented(leads, 1),
        contacts_per_list=cap,
        lists=lists,
        settings=Settings(batch_size=batch),
    )


def a_profile(name="default", luck=True, **settings):
    """A shipped profile with some settings changed; without luck every answer takes as long as the one before."""
    profile = load(name).profile
    dotted = {key.replace("__", "."): value for key, value in settings.items()}
    if not luck:
        for op in profile.latency:
            dotted |= {f"latency.{op}.sigma": 0.0, f"latency.{op}.tail_probability": 0.0}
    return with_changes(profile, dotted)


def played(upload, profile, concurrency=8, replicates=1, seed=1, **case):
    made = Case(program=program(upload), profile=profile, concurrency=concurrency, replicates=replicates, **case)
    return simulate(case_tables([made]), seed)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("profile", "settings", "options", "concurrency"),
    [
        ("default", {}, {}, 8),
        ("default", {}, {"cap": 400}, 8),  # four lists: exports wait for each other's end
        ("pessimistic", {}, {"cap": 700}, 8),  # crowds, one export at a time, uploads count
        ("default", TIGHT, {}, 8),  # windows end in the middle, workers wait for answers that tell of the next
        ("default", TIGHT, {"cap": 800}, 3),
        ("default", {}, {}, 1),
        ("default", SLIDING, {}, 8),
        ("optimistic", {}, {"batch": 70, "lists": 3}, 5),  # a batch that is not full in each list
        ("unlimited", {}, {}, 8),
        ("default", {"jobs.import_rows_per_s": 0.0, "jobs.export_start_delay_s": 0.0}, {}, 8),
    ],
)
def test_without_luck_it_is_exact(strategy, profile, settings, options, concurrency, tmp_path):
    """Where nothing is drawn, times and counts are those of the real flows."""
    upload, org = an_upload(strategy, **options), with_changes(a_profile(profile, luck=False), settings)
    real, made = reference.run(upload, org, concurrency, 1, tmp_path), played(upload, org, concurrency)
    times = [made.duration_s[0], made.first_mapping_s[0]]
    assert times == pytest.approx([real.duration_s, real.first_mapping_s], abs=CLOSE)
    assert [made.ended_s[0], made.throttled_s[0]] == pytest.approx([real.ended_s, real.throttled_s], abs=TIE)
    assert made.requests[0] == real.requests


@pytest.mark.parametrize("strategy", MAIN)
@pytest.mark.parametrize("profile", ["default", "pessimistic", "optimistic"])
def test_with_the_same_luck_it_is_exact(strategy, profile, tmp_path):
    """Where the draws are the mock's, times and counts are those of the real flows, row by row."""
    upload, org, seeds = an_upload(strategy, leads=900, cap=500), a_profile(profile), [3, 4, 5]
    real = [reference.run(upload, org, 8, seed, tmp_path) for seed in seeds]
    made = same_luck.played(upload, org, 8, seeds)
    assert made.duration_s == pytest.approx([one.duration_s for one in real], abs=CLOSE)
    assert list(made.requests) == [one.requests for one in real]


@pytest.mark.parametrize("strategy", MAIN)
def test_with_luck_and_faults_it_is_alike(strategy, tmp_path):
    """With all kinds of faults, means and spreads are those of the real flows, as far as 60 of them can tell."""
    upload, org = an_upload(strategy, leads=800, cap=400), a_profile("troubled")
    real = [reference.run(upload, org, 8, seed, tmp_path) for seed in range(60)]
    made = played(upload, org, replicates=4000)
    for few, many in (
        ([run.duration_s for run in real], made.duration_s),
        ([run.requests for run in real], made.requests),
    ):
        error = np.std(few, ddof=1) / len(few) ** 0.5
        assert abs(np.mean(few) - np.mean(many)) < 4 * error
        assert np.mean(few <= np.median(many)) == pytest.approx(0.5, abs=0.26)


def test_faults_cost_what_their_kind_costs():
    """A batch in doubt waits for a quiet minute and is searched for; one with ids of its own is sent again at once."""
    org = a_profile(faults__error_after_commit=0.05)
    doubtful = played(an_upload("batch-api"), org, replicates=200)
    repeated = played(an_upload("batch-api-own-ids"), org, replicates=200)
    assert np.median(doubtful.duration_s) > 60 > 10 > np.median(repeated.duration_s)
    assert doubtful.in_doubt.mean() == pytest.approx(30 * 0.05, rel=0.3)
    assert repeated.in_doubt.max() == 0 < repeated.repeats.mean()


def test_one_seed_one_answer():
    """The same seed gives the same numbers, another one others."""
    upload, org = an_upload(), a_profile()
    first, again, other = (played(upload, org, replicates=5, seed=seed).duration_s for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).all()


def test_worlds_do_not_touch_each_other():
    """A case without luck gives the same beside others as alone, whatever they do."""
    upload, org = an_upload(cap=500), a_profile(luck=False)
    quiet = Case(program=program(upload), profile=org, concurrency=8, replicates=2)
    wild = Case(program=program(an_upload(leads=900)), profile=a_profile("troubled"), concurrency=3, replicates=9)
    alone, beside = simulate(case_tables([quiet]), 1), simulate(case_tables([wild, quiet, wild]), 1)
    assert (beside.duration_s[beside.case == 1] == alone.duration_s).all()
    assert (beside.requests[beside.case == 1] == alone.requests).all()


def test_two_clients_have_two_windows():
    """With twice the budget, half as many windows have to end."""
    upload, org = an_upload(), with_changes(a_profile(luck=False), TIGHT)
    one, two = played(upload, org), played(upload, org, clients=2)
    assert two.duration_s[0] == pytest.approx(one.duration_s[0] / 2, abs=10)


def test_nothing_to_do():
    """Without leads nothing is sent."""
    made = played(an_upload(leads=0), a_profile())
    assert (made.requests[0], made.duration_s[0]) == (0, 0.0)
