"""Flows handed out to workers: one stage after the other, and nothing after an error."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.errors import InputBad
from harness.load.shared_run import FlowQueue
from harness.strategies.job import Stage


def stages(*names, began=None):
    """Stages of two flows each, named for stage and place; `began` records when a stage is asked for."""
    for name in names:
        if began is not None:
            began.append(name)
        yield Stage(name, iter([f"{name}1", f"{name}2"]))


def test_a_stage_begins_when_the_last_one_has_ended():
    """The next stage is not even asked for while a flow is under way."""
    began = []
    handout = FlowQueue(stages("a", "b", began=began))
    assert [handout.take(), handout.take(), began] == ["a1", "a2", ["a"]]
    handout.task_done()
    handout.task_done()
    assert (handout.take(), began, handout.stage) == ("b1", ["a", "b"], "b")


def test_a_worker_without_work_waits_for_the_next_stage():
    """It is woken by the end of the last flow, not by a clock."""
    handout = FlowQueue(stages("a", "b"))
    assert [handout.take(), handout.take()] == ["a1", "a2"]
    handout.task_done()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(handout.take)
        handout.task_done()
        assert waiting.result(timeout=10) == "b1"


def test_the_end():
    """It is done when everything was taken and has ended."""
    handout = FlowQueue(stages("a"))
    assert [handout.take(), handout.take()] == ["a1", "a2"]
    handout.task_done()
    assert not handout.is_done
    handout.task_done()
    assert (handout.take(), handout.is_done, handout.error) == (None, True, None)


def test_nothing_is_begun_after_an_error():
    """The first error counts; whoever is under way comes to its end."""
    handout, first = FlowQueue(stages("a", "b")), ValueError("first")
    assert [handout.take(), handout.take()] == ["a1", "a2"]
    handout.task_done(first)
    assert (handout.take(), handout.is_done) == (None, False)
    handout.task_done(ValueError("second"))
    assert (handout.is_done, handout.error) == (True, first)


@pytest.mark.parametrize("where", ["stages", "flows"])
def test_an_error_on_the_way_to_a_flow(where):
    """Input that changed while batches are cut is an error of the run, not of the worker that came by."""

    def broken():
        raise InputBad("INPUT_BAD", "changed")
        yield

    handout = FlowQueue(broken() if where == "stages" else [Stage("a", broken())])
    assert handout.take() is None
    assert (handout.is_done, handout.error.code) == (True, "INPUT_BAD")


def test_a_stop():
    """Stopping is an error for a run with work left, and none for one that is over."""
    handout = FlowQueue(stages("a"))
    handout.take()
    handout.stop(ValueError("stopped"))
    assert (handout.take(), str(handout.error)) == (None, "stopped")
    over = FlowQueue([])
    over.take()
    over.stop(ValueError("stopped"))
    assert over.error is None
