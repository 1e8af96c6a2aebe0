"""The registry, the pace of polling, and what a plain no means."""

import re
from itertools import islice
from pathlib import Path

import pytest

from harness import strategies
from harness.errors import GaveUp, Refused, UsageError
from harness.strategies import MAIN, STRATEGIES, strategy
from harness.strategies.flows import ADVICE, intervals, stop
from harness.strategies.job import Settings

from ..fakes import LOST, no


def test_every_strategy_goes_by_its_name():
    """The main ones among them."""
    assert [strategy(name).name for name in STRATEGIES] == list(STRATEGIES)
    assert set(MAIN) < set(STRATEGIES)
    assert [one.own_ids for one in STRATEGIES.values()] == ["own-ids" in name for name in STRATEGIES]


def test_a_strategy_is_known_by_being_there():
    """No list has to be kept beside the modules of the room."""
    modules = Path(strategies.__file__).parent.glob("*.py")
    written = {
        name for module in modules for name in re.findall(r"^class (\w+)\(Strategy\)", module.read_text(), re.MULTILINE)
    }
    assert len(written) > len(MAIN)
    assert {type(one).__name__ for one in STRATEGIES.values()} == written


def test_an_unknown_strategy_is_told_the_known_ones():
    """Before anything is sent."""
    with pytest.raises(UsageError, match="csv-import-export") as refused:
        strategy("bulk")
    assert refused.value.exit_code == 2


def test_polls_are_close_at_first_and_steady_later():
    """Half as much again each time, up to the cap."""
    assert list(islice(intervals(Settings(poll_initial_s=1.0, poll_cap_s=3.0)), 5)) == [1.0, 1.5, 2.25, 3.0, 3.0]


@pytest.mark.parametrize("code", ADVICE)
def test_a_known_no_has_advice(code):
    """The message names place, status and what to do."""
    error = stop("contacts.add", "list-1", no(400, code, inin_correlation_id="abc"), "batch=7")
    told, advice = ADVICE[code]
    assert isinstance(error, Refused)
    assert error.code == told
    for part in ("op=contacts.add", "list=list-1", "batch=7", "http=400", "corr=abc", advice):
        assert part in str(error)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (no(418, "odd"), Refused, "REFUSED"),
        (no(503), GaveUp, "SERVER_ERROR"),
        (no(408), GaveUp, "SERVER_ERROR"),
        (LOST, GaveUp, "SERVER_ERROR"),
    ],
)
def test_no_answer_is_not_a_no(reply, kind, code):
    """One can be tried again later, the other not as it is."""
    error = stop("lists.get", "list-1", reply)
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(("reach", "in_flight_grace_s", "first_poll_s"), [("org", 60.0, 1.0), ("local", 5.0, 0.2)])
def test_an_org_is_given_more_time_than_this_machine(reach, in_flight_grace_s, first_poll_s):
    """Wherever settings are made from: the CLI, Locust and the proof that is made again have them from here."""
    settings = Settings.for_target(reach, batch_size=7)
    assert (settings.in_flight_grace_s, settings.poll_initial_s) == (in_flight_grace_s, first_poll_s)
    assert settings.batch_size == 7


@pytest.mark.parametrize("reach", ["org", "local", "instant"])
def test_a_quiet_period_that_is_named_holds(reach):
    """It bounds the pause between two searches, too; 0 is none at all."""
    settings = Settings.for_target(reach, 0.01)
    assert (settings.in_flight_grace_s, settings.consistency_wait_s) == (0.01, 0.01)
    assert Settings.for_target(reach, 0.0).in_flight_grace_s == 0.0
