"""Estimates against full virtual runs of the same profile: `tox -e full`. CONTACTBENCH_ESTIMATE_SEEDS says how many."""

import os
import shutil
from statistics import median

import pytest

from harness.execution import Plan
from harness.leads.preflight import check
from harness.leads.shard_csv import write_csv
from harness.leads.source import open_leads
from harness.leads.synthetic import SyntheticLeads
from harness.runner import complete
from harness.strategies import MAIN, strategy
from harness.strategies.job import Settings
from harness.twin import mock_org, virtual_time
from harness.twin.estimate.estimating import Order, estimate
from mockserver.profile import shipped

LEADS = 100_000
SEEDS = int(os.environ.get("CONTACTBENCH_ESTIMATE_SEEDS", "50"))
NOISE = 1.25  # the error of a median, in standard errors of a mean

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
    async with mock_org.in_process(profile, plan.seed) as target:
        return await complete(plan, target, mock_org.CREDENTIALS, folder)


def full_runs(folder, preflight, profile, name):
    """Seconds until every lead was mapped, of a full run a seed."""
    limits = profile.profile.limits
    for seed in range(1, SEEDS + 1):
        plan = Plan(
            strategy=strategy(name),
            preflight=preflight,
            leads=folder / "leads.parquet",
            contacts_per_list=limits.contacts_per_list,
            run_id=f"full-{seed}",
            seed=seed,
            settings=Settings(body_bytes=limits.request_body_bytes),
        )
        outcome = virtual_time.run(full_run(plan, profile, folder / "run"))
        assert outcome.proof.verified
        yield outcome.duration_s
        shutil.rmtree(folder / "run")


@pytest.mark.parametrize("profile", shipped())
@pytest.mark.parametrize("name", MAIN)
def test_estimates_hold(profile, name, leads):
    """The P50 is the full runs' within 1 %, as far as so many can tell; their share between P10 and P90 is no less than
    chance lets it be."""
    times = list(full_runs(*leads, mock_org.loaded(profile), name))
    (entry,) = estimate(Order(leads=LEADS, strategies=[name], profile=profile), lambda line: None)["strategies"]
    said = entry["duration_s"]
    inside = sum(said["p10"] <= time <= said["p90"] for time in times) / len(times)
    spread = (said["p90"] - said["p10"]) / 2.56  # of a normal distribution: standard deviations from P10 to P90
    noise = 2 * NOISE * spread / len(times) ** 0.5
    found = f"P50 {said['p50'] / median(times) - 1:+.2%}, {inside:.0%} of {len(times)} runs inside"
    assert abs(said["p50"] - median(times)) <= 0.01 * median(times) + noise, found
    assert inside >= 0.8 - 2 * (0.8 * 0.2 / len(times)) ** 0.5, found
