"""Estimates against full virtual runs of the same profile: `tox -e full`. CONTACTBENCH_ESTIMATE_SEEDS says how many."""

import os
import shutil

import numpy as np
import pytest

from harness import simulator
from harness.client.oauth import MOCK_CREDENTIALS
from harness.estimate import EstimateOrder, estimate, stubs
from harness.estimate.recording import UploadCase
from harness.estimate.summary import HOLDS
from harness.leads.preflight import check
from harness.leads.shard_csv import write_csv
from harness.leads.source import open_leads
from harness.leads.synthetic import SyntheticLeads
from harness.runs.asyncio_runner import complete
from harness.runs.run import RunPlan
from harness.strategies import MAIN, strategy
from harness.strategies.job import Settings
from mockserver.loaded_profile import built_in_profiles
from tests.harness.estimate import same_luck

LEADS = 100_000
SEEDS = int(os.environ.get("CONTACTBENCH_ESTIMATE_SEEDS", "50"))
CONCURRENCY = 8
NOISE = 1.25  # the error of a median, in standard errors of a mean
NEAR = 5e-3  # requests that leave at the same moment meet more of each other than the machine says

pytestmark = [pytest.mark.full, pytest.mark.timeout(4 * 3600)]


@pytest.fixture(scope="module")
def leads(tmp_path_factory):
    """The checked leads of all runs, and the folder that they lie in."""
    folder = tmp_path_factory.mktemp("estimate")
    made = SyntheticLeads(LEADS, 1)
    write_csv(made, folder / "leads.csv")
    source = open_leads(folder / "leads.csv", lead_id=made.columns.lead_id, phone=made.columns.phone)
    return folder, check(source, folder / "leads.parquet")


async def full_run(plan, profile, folder):
    async with simulator.serve_in_process(profile, plan.seed) as (target, _):
        return await complete(plan, target, MOCK_CREDENTIALS, folder)


def full_runs(folder, preflight, profile, name):
    """Seconds until every lead was mapped, of a full run a seed."""
    limits = profile.profile.limits
    for seed in range(1, SEEDS + 1):
        plan = RunPlan(
            strategy=strategy(name),
            preflight=preflight,
            leads=folder / "leads.parquet",
            contacts_per_list=limits.contacts_per_list,
            run_id=f"full-{seed}",
            seed=seed,
            settings=Settings(body_bytes=limits.request_body_bytes),
        )
        outcome = simulator.run(full_run(plan, profile, folder / "run"))
        assert outcome.proof.verified
        yield outcome.duration_s
        shutil.rmtree(folder / "run")


def with_the_same_luck(profile, name):
    """What the estimate's machine makes of the runs' own draws."""
    limits = profile.profile.limits
    upload = UploadCase(
        strategy=strategy(name),
        sizes=stubs.of_invented(LEADS, 1),
        contacts_per_list=limits.contacts_per_list,
        settings=Settings(body_bytes=limits.request_body_bytes),
    )
    return same_luck.played(upload, profile.profile, CONCURRENCY, range(1, SEEDS + 1)).duration_s


@pytest.mark.parametrize("profile", built_in_profiles())
@pytest.mark.parametrize("name", MAIN)
def test_estimates_hold(profile, name, leads):
    """The P50 is the full runs' within 1 %, as far as so many tell; eight of ten runs lie between the ends; and each
    run ends when the machine does that is given its draws."""
    loaded = simulator.load_profile(profile)
    times = np.array(list(full_runs(*leads, loaded, name)))
    (entry,) = estimate(EstimateOrder(leads=LEADS, strategies=[name], profile=profile), lambda line: None)["strategies"]
    said = entry["duration_s"]
    inside = np.mean((said["p10"] <= times) & (times <= said["p90"]))
    noise = 2 * NOISE * np.std(times) / len(times) ** 0.5
    found = f"P50 {said['p50'] / np.median(times) - 1:+.2%}, {inside:.0%} of {len(times)} runs inside"
    print(f"{profile} {name}: {found}")  # noqa: T201
    assert abs(said["p50"] - np.median(times)) <= 0.01 * np.median(times) + noise, found
    assert inside >= HOLDS, found
    if not any(loaded.profile.faults.by_kind.values()):
        assert with_the_same_luck(loaded, name) == pytest.approx(times, rel=NEAR)
