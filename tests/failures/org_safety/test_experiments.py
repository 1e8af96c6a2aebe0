"""Commands that ask an org how it behaves, aimed at a real one: under its guards like any other."""

import pytest

from harness.client.org_safety import RunCaps
from harness.experiments import conform, probe


@pytest.fixture
def folder(sandbox):
    return sandbox.rig.folder / "run"


def test_a_probe(sandbox, folder):
    """Every list is checked for campaigns before contacts are added, and nothing is left."""
    order = probe.ProbeOrder(
        target=sandbox.target,
        credentials=sandbox.credentials,
        folder=folder,
        run_id="guarded",
        caps=RunCaps(contacts=2_000, requests=1_500),
        date="2026-01-01",
    )
    document = sandbox.rig.run(probe.run_probe(order, lambda line: None))
    assert not [one for one in document["observations"] if "could not be asked" in one["observed"]]
    assert (sandbox.rig.lists(), sandbox.rig.count("campaigns.list") > 5) == ([], True)


def test_a_probe_of_another_org(sandbox, folder):
    """Exit 9 WRONG_ORG before there is a list."""
    sandbox.on(org_id="00000000-0000-4000-8000-000000000000")
    side = conform.Side(target=sandbox.target, credentials=sandbox.credentials, folder=folder, run_id="guarded")
    with pytest.raises(Exception, match="WRONG_ORG"):
        sandbox.rig.run(conform.record(side))
    assert sandbox.asked() == {"oauth.token", "organizations.me"}


def test_a_conformance_script(sandbox, folder):
    """All of its calls are made, and nothing is left."""
    side = conform.Side(target=sandbox.target, credentials=sandbox.credentials, folder=folder, run_id="guarded")
    assert len(sandbox.rig.run(conform.record(side))) >= 40
    assert sandbox.rig.lists() == []
