"""How long a run goes on knocking where nobody listens."""

import random

import pytest

from harness.client.retry import RetryPolicy, with_retries
from harness.errors import GaveUp
from harness.flow import Call, Reply

CALL = Call(op="contacts.add", method="POST", url="/contacts")
REFUSED = Reply(status=0, error="ConnectError", sent=False)
BUSY = Reply(status=429)
POLICY = RetryPolicy(initial_s=8.0, unreachable_s=20.0)


def one_call():
    return (yield CALL)


def waits(answers):
    """The waits of one call that gets these answers in turn, and then what ended it."""
    flow, slept = with_retries(one_call(), POLICY, random.Random(1)), []
    step = flow.send(None)
    try:
        for answer in answers:
            wait = flow.send(answer)
            slept.append(wait.seconds)
            step = flow.send(None)
            assert step.op == "contacts.add"
    except GaveUp as error:
        return slept, error
    return slept, None


def test_a_server_that_is_gone_ends_the_run():
    """Back-off ends when nobody has listened for as long as the policy says, and not a moment later."""
    slept, error = waits([REFUSED] * 50)
    assert error.code == "NO_CONNECTION"
    assert sum(slept) == pytest.approx(20.0)


def test_a_server_that_comes_back_is_waited_for_anew():
    """Any sign of life starts the patience again."""
    nearly = waits([REFUSED] * 50)[0]
    answers = [*[REFUSED] * (len(nearly) - 1), BUSY] * 3
    assert waits(answers)[1] is None
