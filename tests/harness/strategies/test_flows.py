"""The parts of flows: polling, what a plain no means, and when too much was left out for a list of rejects."""

from itertools import islice, repeat

import pytest

from harness.errors import GaveUp, Refused
from harness.flow import Call, Reply, reply_to
from harness.strategies.flows import (
    ADVICE,
    MOST_REFUSED,
    intervals,
    left_out,
    poll_until,
    stable_answer,
    stop,
    within,
)
from harness.strategies.job import Settings

from ..fakes import LOST, no, ran

LOOK = Call(op="look", method="GET", url="/x")


def look():
    return reply_to(LOOK)


@pytest.mark.parametrize(
    ("statuses", "trail"),
    [
        ([200], ["look"]),
        ([404, 200], ["look", "poll 1", "look"]),
        ([404, 404, 200], ["look", "poll 1", "look", "poll 2", "look"]),
        ([404, 404, 404], ["look", "poll 1", "look", "poll 2", "look"]),  # no pause after the last look
    ],
)
def test_polling_ends_with_what_was_waited_for_or_with_the_pauses(statuses, trail):
    """What was seen last is handed on either way."""
    end = ran(poll_until(look, lambda reply: reply.ok, [1.0, 2.0]), *(Reply(status=status) for status in statuses))
    assert (end.result.status, end.driver.trail) == (statuses[-1], trail)


@pytest.mark.parametrize(
    ("statuses", "looks"),
    [
        ([200], 1),
        ([404, 404], 2),
        ([404, 410, 404, 404], 4),  # what came back after a change is new
    ],
)
def test_an_answer_is_stable_once_it_is_repeated(statuses, looks):
    """Or at once, if nothing better can come."""
    flow = stable_answer(look, 5.0, lambda reply: reply.ok, why="quiet")
    end = ran(flow, *(Reply(status=status) for status in statuses))
    assert (end.result.status, len(end.driver.calls)) == (statuses[-1], looks)
    assert end.driver.trail[1::2] == ["quiet 5"] * (looks - 1)


def test_patience_is_counted_in_pauses():
    """The one that goes beyond it is still made."""
    assert list(within(repeat(2.0), 3.0)) == [2.0, 2.0]
    assert list(within([1.0], 3.0)) == [1.0]


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


@pytest.mark.parametrize(
    ("count", "mapped", "stops"),
    [
        (0, 0, False),
        (1, 0, True),
        (1, 1, False),
        (MOST_REFUSED, 1, False),
        (MOST_REFUSED + 1, 1, True),
        (300, 301, False),
    ],
)
def test_all_or_most_leads_left_out_stop_the_run(count, mapped, stops):
    """A few bad leads are rejects; an import that took none, or only few of many, is a no of the org."""
    trouble = left_out([f"L{n}" for n in range(count)], mapped)
    assert (trouble is not None) == stops
    assert trouble is None or (trouble.exit_code, trouble.code) == (6, "TOO_MANY_REFUSED")


@pytest.mark.parametrize(("lead_id", "likely"), [("L 1", True), ("L/1", True), ("\u00dc1", True), ("L-1.a_b", False)])
def test_the_likely_reason_is_told(lead_id, likely):
    """Only where the ids hold signs that ids of contacts may not have."""
    assert ("csv-import-export" in str(left_out([lead_id], 0))) == likely
