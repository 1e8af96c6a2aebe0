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
    def __init__(self, driver):
        self.driver = driver

    async def send(self, call):
        return self.driver.send(call)

    async def sleep(self, wait):
        return self.driver.sleep(wait)

    async def save(self, event):
        return self.driver.save(event)

    async def work(self, function):
        return self.driver.work(function)


def blocking(flow, driver):
    return drive(flow, driver)


def on_asyncio(flow, driver):
    return asyncio.run(adrive(flow, AsyncShell(driver)))


@pytest.fixture(params=[blocking, on_asyncio])
def driven(request):
    return request.param


def test_each_step_gets_its_outcome(driven):
    """A Call gets the Reply, Work its value, the others None; the flow's return value comes out."""
    seen, reply = [], Reply(status=200)
    driver = Shell(iter([reply]))
    assert driven(conversation(seen), driver) == "result"
    assert seen == [reply, None, None, 7]
    assert driver.trail == ["lists.get", "backoff 2", "event", "work"]


def test_an_error_of_the_flow_comes_out(driven):
    """What a flow raises is not wrapped."""

    def failing():
        yield Wait(1.0)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        driven(failing(), Shell(iter([])))


def test_a_flow_that_its_shell_leaves_is_closed(driven):
    """An error of the driver ends the flow too, at once, so that what the flow holds is set free for others."""
    left = []

    def holding():
        try:
            yield CALL
        finally:
            left.append(True)

    flow = holding()
    with pytest.raises(OSError, match="no driver"):
        driven(flow, Shell(iter([_raises])))
    assert left == [True]


def _raises(call):
    raise OSError("no driver")


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
