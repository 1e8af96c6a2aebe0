"""The reference itself, held against a full run: real bodies, real sockets, the mock's own store, the same luck."""

from dataclasses import replace

import pytest

from harness import simulator
from harness.client.oauth import MOCK_CREDENTIALS
from harness.leads.preflight import check
from harness.leads.shard_csv import write_csv
from harness.leads.source import open_leads
from harness.leads.synthetic import SyntheticLeads
from harness.runs.asyncio_runner import complete
from harness.runs.run import RunPlan
from harness.strategies import MAIN

from . import reference
from .test_machine import a_profile, an_upload

LEADS = 1200
NEAR = 2e-3  # of the time: files have their own size, the reference the mean one


async def full_run(plan, profile, folder):
    async with simulator.serve_in_process(profile, plan.seed) as (target, _):
        return await complete(plan, target, MOCK_CREDENTIALS, folder)


@pytest.mark.parametrize("strategy", MAIN)
def test_one_seed_takes_as_long_as_in_a_full_run(strategy, tmp_path):
    """With a rate limit, several lists and the same draws, the reference ends when the full run does."""
    made = SyntheticLeads(LEADS, 1)
    write_csv(made, tmp_path / "leads.csv")
    source = open_leads(tmp_path / "leads.csv", lead_id=made.columns.lead_id, phone=made.columns.phone)
    preflight = check(source, tmp_path / "leads.parquet")
    upload = an_upload(strategy, leads=LEADS, cap=700)
    org = a_profile(rate__requests_per_window=20, rate__window_s=10.0)
    plan = RunPlan(
        strategy=upload.strategy,
        preflight=preflight,
        leads=tmp_path / "leads.parquet",
        contacts_per_list=upload.contacts_per_list,
        run_id="full",
        seed=3,
        settings=upload.settings,
    )
    profile = replace(simulator.load_profile("default"), profile=org)
    outcome = simulator.run(full_run(plan, profile, tmp_path / "run"))
    real = reference.run(upload, org, plan.concurrency, plan.seed, tmp_path)
    assert outcome.duration_s == pytest.approx(real.duration_s, rel=NEAR)
    assert outcome.context.samples.count == real.requests
