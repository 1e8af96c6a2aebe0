"""A load test aimed at a real org: what Locust is told before a user starts."""

import configargparse
import pytest

from harness.errors import SafetyStop
from harness.load.locust_options import declare, order
from harness.runs.prepare import prepare

ORG = "8a3f2d3c-0000-4000-8000-000000000001"


@pytest.fixture
def asked(tmp_path):
    """Makes an order for an org, in a run folder of the test; the profile names a host that nobody has."""
    config = tmp_path / ".gc" / "config.toml"
    config.parent.mkdir()
    config.touch(mode=0o600)
    config.write_text('[DEFAULT]\nenvironment = "eu-west-1"\nclient_credentials = "a"\nclient_secret = "b"\n')

    def parsed(*arguments):
        parser = configargparse.ArgumentParser()
        parser.add_argument("--users", dest="num_users", type=int)
        declare(parser)
        command = ["--run-dir", str(tmp_path / "run"), "--gc-config", str(config), "--org-id", ORG, "--yes"]
        options = parser.parse_args([*command, "--contacts", "40", *arguments], env_vars={})
        return order(options, "batch-api", "org", "run-1", [])

    return parsed


@pytest.mark.hardening("harness-11")
@pytest.mark.parametrize("shape", [["--shape", "search", "--rate", "300/min"], ["--rate", "300/min"]], ids=str)
def test_a_load_shape(asked, shape):
    """Exit 9 MOCK_ONLY: no search for the org's limit, no soak, no burst, no rate that does not heed its answers."""
    with pytest.raises(SafetyStop, match="MOCK_ONLY"):
        asked(*shape)


def test_an_org_without_canaries(asked):
    """Exit 9 NO_CANARY: Locust sends none, so `contactbench upload` must have proved them in the same folder."""
    told = []
    with pytest.raises(SafetyStop, match="NO_CANARY"):
        prepare(asked(), told.append)
