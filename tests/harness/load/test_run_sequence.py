"""Runs that follow each other: the next begins when the one before was good, and the verdict is on all of them."""

import pytest

from harness.errors import Refused, UsageError
from harness.load.run_sequence import RunSequence
from harness.load.verdict import STOPPED, RunVerdict

PROVED, SOME_REJECTED, UNPROVED = (
    RunVerdict(0, "proved", True),
    RunVerdict(3, "rejected", True),
    RunVerdict(4, "lost", True),
)


class Run:
    """Two flows, then this verdict."""

    def __init__(self, verdict):
        self.verdict, self.left, self.is_done = verdict, 2, False

    def drive_one(self, driver):
        self.left -= 1
        self.is_done = self.left < 0
        return not self.is_done

    def wait_until_done(self):
        assert self.is_done

    def finish(self):
        return self.verdict

    def stop(self):
        if self.left:
            self.left, self.verdict = 0, STOPPED


def series(verdicts, opened=None):
    """A series that opens a run a verdict, or raises one that is an error."""
    ended = []

    def runs():
        for verdict in verdicts:
            if isinstance(verdict, Exception):
                raise verdict
            yield Run(verdict)

    return RunSequence(runs(), ended.append, lambda: "the table"), ended


def driven(made):
    flows = 0
    while made.drive_one(None):
        flows += 1
    return flows


@pytest.mark.parametrize(
    ("verdicts", "flows", "code"),
    [
        ([PROVED, PROVED, PROVED], 6, 0),
        ([PROVED, SOME_REJECTED, PROVED], 6, 3),
        ([PROVED, UNPROVED, PROVED], 4, 4),
        ([PROVED, Refused("ORG_CAP", "full")], 2, 6),
    ],
)
def test_the_verdict_is_on_all(verdicts, flows, code):
    """The first that is not good ends the series; rejects of any run are told."""
    made, ended = series(verdicts)
    assert driven(made) == flows
    verdict = made.finish()
    assert (verdict.exit_code, verdict.text.splitlines()[-1], made.finish()) == (code, "the table", None)
    assert len(ended) == flows // 2 + isinstance(verdicts[-1], Exception)


@pytest.mark.parametrize("flows", [1, 2])
def test_a_series_that_is_stopped_is_never_good(flows):
    """Also where the run under way has just come to its end: others would have followed."""
    made, _ = series([PROVED, PROVED])
    for _ in range(flows):
        made.drive_one(None)
    made.stop()
    assert driven(made) == 0
    assert made.finish().exit_code == STOPPED.exit_code


def test_nothing_to_load_is_a_mistake():
    with pytest.raises(UsageError, match="NO_LEADS"):
        series([])
