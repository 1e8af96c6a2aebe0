"""Flows run a bounded number at a time, and the first error ends the stage without cutting any off."""

import asyncio

import pytest

from harness import simulator
from harness.client.oauth import Credentials, Session
from harness.errors import GaveUp, InputBad, Refused
from harness.flow import Call, Reply, Wait
from harness.runs.asyncio_runner import Runner
from harness.strategies.job import Stage

from ..fakes import no, ok


class Shell:
    """Answers each call after a second of virtual time; keeps count of what is under way."""

    def __init__(self, answer=lambda call: Reply(status=200)):
        self.answer = answer
        self.calls, self.under_way, self.most, self.slept_s = [], 0, 0, 0.0

    async def send(self, call):
        if call.op == "oauth.token":
            await asyncio.sleep(0)  # so that others come to want the token too
            return self.answer(call) if self.answer(call).status != 200 else ok({"access_token": "t"})
        self.calls.append(call.url)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(1)
        self.under_way -= 1
        return self.answer(call)

    async def sleep(self, wait):
        if asyncio.get_running_loop().time() > 600:
            raise GaveUp("DEADLINE", "ten minutes")
        self.slept_s += wait.seconds
        await asyncio.sleep(wait.seconds)


def one_call(number):
    reply = yield Call(op="lists.get", method="GET", url=f"/{number}")
    if not reply.ok:
        raise Refused("REFUSED", f"{number}")


def run(flows, driver, concurrency=2, name="upload"):
    """The time at which the stage ended, or what ended it."""

    async def main():
        runner = Runner(driver, Session(Credentials("client", "secret")), concurrency, seed=1)
        try:
            await runner.run(Stage(name, flows))
        except Exception as error:
            return error
        return asyncio.get_running_loop().time()

    return simulator.run(main())


@pytest.mark.parametrize(("concurrency", "seconds"), [(1, 6), (2, 3), (4, 2), (8, 1)])
def test_so_many_at_a_time(concurrency, seconds):
    """Six calls of a second each."""
    driver = Shell()
    assert run((one_call(n) for n in range(6)), driver, concurrency) == pytest.approx(
        seconds, abs=0.2
    )  # a login is waited for
    assert driver.most == min(concurrency, 6)
    assert sorted(driver.calls) == [f"/{n}" for n in range(6)]


def test_flows_are_made_when_they_are_needed():
    """A generator of a million batches is never in memory."""
    made, most = [], []

    def flows():
        for n in range(10):
            made.append(n)
            most.append(len(made) - len(driver.calls))
            yield one_call(n)

    driver = Shell()
    run(flows(), driver)
    assert max(most) <= 2


def test_after_an_error_no_flow_is_begun():
    """Those under way come to their end; the first error is the one that is told."""
    driver = Shell(lambda call: no(400) if call.url == "/1" else Reply(status=200))
    error = run((one_call(n) for n in range(10)), driver)
    assert isinstance(error, Refused)
    assert str(error) == "REFUSED 1"
    assert driver.calls == ["/0", "/1", "/2"]  # the third began a moment before the error
    assert driver.under_way == 0


def test_flows_that_cannot_be_made():
    """An input that changes while it is cut into batches ends the stage like any other error, and cuts off no call."""

    def flows():
        yield one_call(0)
        raise InputBad("INPUT_BAD", "it changed")

    driver = Shell()
    assert isinstance(run(flows(), driver), InputBad)
    assert (driver.calls, driver.under_way) == (["/0"], 0)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Reply(status=429, headers={"retry-after": "99999"}), "RETRY_AFTER_TOO_LONG"),
        (Reply(status=0, error="ConnectError", sent=False), "NO_CONNECTION"),
        (no(401), "AUTH_REJECTED"),
    ],
)
def test_a_login_that_fails_holds_up_nobody(answer, code):
    """Whoever waited for the token of the one that failed is not left waiting."""
    driver = Shell(lambda call: answer)
    assert run([one_call(n) for n in range(2)], driver).code == code
    assert driver.slept_s < 300


def test_a_shell_that_gives_up_in_a_login_holds_up_nobody():
    """The same when it is the driver that ends the flow."""

    class Impatient(Shell):
        async def send(self, call):
            await asyncio.sleep(1)
            raise GaveUp("NO_CONNECTION", "nobody")

    began = []

    def flows():
        for n in range(4):
            began.append(n)
            yield one_call(n)

    assert run(flows(), Impatient()).code == "NO_CONNECTION"
    assert began == [0, 1]


def test_every_worker_has_its_own_patience():
    """Two refused calls do not come back at the same moment; but the same seed gives the same run."""

    def seen():
        waits = []

        class Busy(Shell):
            async def sleep(self, wait: Wait):
                waits.append(wait.seconds)
                await asyncio.sleep(wait.seconds)

        answers = iter([no(429), no(429)])
        run([one_call(0), one_call(1)], Busy(lambda call: next(answers, Reply(status=200)) if call.bearer else ok({})))
        return [wait for wait in waits if wait != 0.1]

    assert seen() == seen()
    assert len(set(seen())) == 2
