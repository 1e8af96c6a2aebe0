"""The two drivers run one flow alike, and leave none half done."""

import asyncio

import pytest

from harness.flow import Call, Reply, Save, Wait, Work, adrive, drive

from .fakes import Shell

CALL = Call(op="lists.get", method="GET", url="/x")


def conversation(seen):
    """Every kind of step; what each one was answered with."""
    seen.append((yield CALL))
    seen.append((yield Wait(2.0)))
    seen.append((yield Save("event")))
    seen.append((yield Work(lambda: 7)))
    return "result"


class AsyncShell:
    def __init__(self, shell):
        self.shell = shell

    async def send(self, call):
        return self.shell.send(call)

    async def sleep(self, wait):
        return self.shell.sleep(wait)

    async def save(self, event):
        return self.shell.save(event)

    async def work(self, function):
        return self.shell.work(function)


def blocking(flow, shell):
    return drive(flow, shell)


def on_asyncio(flow, shell):
    return asyncio.run(adrive(flow, AsyncShell(shell)))


@pytest.fixture(params=[blocking, on_asyncio])
def driven(request):
    return request.param


def test_each_step_gets_its_outcome(driven):
    """A Call gets the Reply, Work its value, the others None; the flow's return value comes out."""
    seen, reply = [], Reply(status=200)
    shell = Shell(iter([reply]))
    assert driven(conversation(seen), shell) == "result"
    assert seen == [reply, None, None, 7]
    assert shell.trail == ["lists.get", "backoff 2", "event", "work"]


def test_an_error_of_the_flow_comes_out(driven):
    """What a flow raises is not wrapped."""

    def failing():
        yield Wait(1.0)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        driven(failing(), Shell(iter([])))


def test_a_flow_that_its_shell_leaves_is_closed(driven):
    """An error of the shell ends the flow too, at once, so that what the flow holds is set free for others."""
    left = []

    def holding():
        try:
            yield CALL
        finally:
            left.append(True)

    flow = holding()
    with pytest.raises(OSError, match="no shell"):
        driven(flow, Shell(iter([_raises])))
    assert left == [True]


def _raises(call):
    raise OSError("no shell")


@pytest.mark.parametrize(
    ("reply", "is_ok"),
    [
        (Reply(status=200), True),
        (Reply(status=204), True),
        (Reply(status=302), False),
        (Reply(status=500), False),
        (Reply(status=0, error="ReadTimeout"), False),
        (Reply(status=200, error="ReadError"), False),  # the status came, the body did not
    ],
)
def test_only_a_whole_2xx_is_ok(reply, is_ok):
    """A status alone is not an answer."""
    assert reply.ok is is_ok
