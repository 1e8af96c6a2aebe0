"""A list is made once, whatever becomes of the answer."""

import pytest

from harness import events
from harness.errors import GaveUp, Refused
from harness.flow import Reply
from harness.strategies.lists import lists_stage, make_list

from ..fakes import LOST, job, no, ok, ran, shard

NEW = shard(contact_list_id=None, state="planned")
CREATED = ok({"id": "list-7", "name": "leads 0"})


def listing(*names):
    return ok({"entities": [{"id": f"list-{n}", "name": name} for n, name in enumerate(names)]})


def test_a_list_is_made_and_noted():
    """Its name and columns go out, its id is stored."""
    end = ran(make_list(NEW, job()), CREATED)
    assert end.driver.trail == ["lists.create", "ListCreated"]
    assert end.driver.steps[-1] == events.ListCreated(0, "list-7")
    assert b'"name":"leads 0"' in end.driver.calls[0].body


@pytest.mark.parametrize(
    "answer",
    [LOST, no(500), no(408), ok({}), Reply(status=200, body=b"<html>"), no(400, "duplicate.name")],
)
def test_a_list_whose_answer_is_lost_is_found_by_its_name(answer):
    """The name carries the run's id, so it can be no other's."""
    end = ran(make_list(NEW, job()), answer, listing("other", "leads 0"))
    assert end.driver.trail == ["lists.create", "quiet 5", "lists.list", "ListCreated"]
    assert end.driver.steps[-1] == events.ListCreated(0, "list-1")


def test_a_list_that_is_not_there_is_made_again():
    """After the quiet time it is safe."""
    end = ran(make_list(NEW, job()), LOST, listing("leads 00"), CREATED)
    assert end.driver.trail == ["lists.create", "quiet 5", "lists.list", "lists.create", "ListCreated"]


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        ([no(403, "missing.permissions")], Refused, "FORBIDDEN"),
        ([no(400, "max.entity.count.reached")], Refused, "ORG_CAP"),
        ([LOST, no(403, "missing.any.permissions")], Refused, "FORBIDDEN"),
        ([LOST, LOST], GaveUp, "SERVER_ERROR"),
    ],
)
def test_what_ends_the_run(answers, kind, code):
    """A plain no, or a server that is not there."""
    end = ran(make_list(NEW, job()), *answers)
    assert isinstance(end.error, kind)
    assert end.error.code == code


def test_lists_that_are_made_are_not_made_again():
    """A run that goes on."""
    stage = lists_stage(job(shard(number=0), shard(number=1, contact_list_id=None), shard(number=2)))
    assert [ran(flow, CREATED).driver.steps[-1].shard for flow in stage.flows] == [1]
