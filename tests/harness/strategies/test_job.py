"""The registry, and settings by how far away the target is."""

import re
from pathlib import Path

import pytest

import mockserver
from harness import simulator, strategies
from harness.errors import UsageError
from harness.strategies import MAIN, STRATEGIES, strategy
from harness.strategies.job import Settings

PROFILES = Path(mockserver.__file__).parent / "profiles"


def test_every_strategy_goes_by_its_name():
    """The main ones among them."""
    assert [strategy(name).name for name in STRATEGIES] == list(STRATEGIES)
    assert set(MAIN) < set(STRATEGIES)
    assert [one.own_ids for one in STRATEGIES.values()] == ["own-ids" in name for name in STRATEGIES]


def test_a_strategy_is_known_by_being_there():
    """No list has to be kept beside the modules of the room."""
    room = "\n".join(module.read_text() for module in Path(strategies.__file__).parent.glob("*.py"))
    written = set(re.findall(r'^    name = "(.+)"', room, re.MULTILINE))
    assert len(written) > len(MAIN)
    assert STRATEGIES.keys() == written


def test_an_unknown_strategy_is_told_the_known_ones():
    """Before anything is sent."""
    with pytest.raises(UsageError, match="csv-import-export") as refused:
        strategy("bulk")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(("reach", "in_flight_grace_s", "first_poll_s"), [("org", 60.0, 1.0), ("local", 20.0, 0.2)])
def test_an_org_is_given_more_time_than_this_machine(reach, in_flight_grace_s, first_poll_s):
    """Wherever settings are made from: the CLI, Locust and the proof that is made again have them from here."""
    settings = Settings.for_target(reach, batch_size=7)
    assert (settings.in_flight_grace_s, settings.poll_initial_s) == (in_flight_grace_s, first_poll_s)
    assert settings.batch_size == 7


@pytest.mark.parametrize("profile", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_a_write_that_comes_late_comes_within_the_quiet_period(profile):
    """Else a batch whose answer was lost would be sent again, and its contacts be doubled."""
    late_commit_s = simulator.load_profile(profile).profile.faults.late_commit_s
    assert 0 < late_commit_s < min(Settings.for_target(reach).in_flight_grace_s for reach in ("org", "local"))


@pytest.mark.parametrize("reach", ["org", "local", "instant"])
def test_a_quiet_period_that_is_named_holds(reach):
    """It bounds the pause between two searches, too; 0 is none at all."""
    settings = Settings.for_target(reach, 0.01)
    assert (settings.in_flight_grace_s, settings.consistency_wait_s) == (0.01, 0.01)
    assert Settings.for_target(reach, 0.0).in_flight_grace_s == 0.0
