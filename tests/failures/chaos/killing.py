"""A driver that ends the process at a step of its choice, and what the disk holds at that moment."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.flow import AsyncFlowDriver, Call, Reply, Wait

from .plan import Kill, Moment

PAUSES_A_STEP = 50  # those who wait for another one's token look for it ten times a second
_HALFWAY_S = 0.05  # of virtual time: the request is out, its answer is not there


class Killed(BaseException):
    """The process is gone. Not an Exception, since nothing of the run may take notice."""


class Runaway(BaseException):
    """More steps than any run needs."""


class KillingShell:
    """Passes every step on, until the one at which the process ends.

    What the run folder holds at that moment is set aside: what the run then still does while it is taken apart is as
    little part of the story as what a killed process would have done.
    """

    def __init__(self, driver: AsyncFlowDriver, kill: Kill | None, most_steps: int, folder: Path, kept: Path) -> None:
        self._shell, self._kill, self._most_steps = driver, kill, most_steps
        self._folder, self._kept = folder, kept
        self.sent: Counter[str] = Counter()  # calls by operation
        self.hosts: set[str | None] = set()  # of the addresses that the server handed out, and the run went to
        self.secrets: set[str] = set()
        self._steps = self._waits = 0
        self._dead = False

    async def send(self, call: Call) -> Reply:
        self.sent[call.op] += 1
        self.secrets.update(call.headers[name] for name in call.headers if name == "Authorization")
        reply: Reply = await self._step(lambda: self._shell.send(call), halfway=True)
        if "://" in call.url:
            self.hosts.add(urlsplit(call.url).hostname)
        return reply

    async def save(self, event: Any) -> None:
        await self._step(lambda: self._shell.save(event))

    async def work(self, function: Callable[[], Any]) -> Any:
        return await self._step(lambda: self._shell.work(function))

    async def sleep(self, wait: Wait) -> None:
        self._waits += 1
        self._check()
        await self._shell.sleep(wait)

    async def _step(self, step: Callable[[], Any], *, halfway: bool = False) -> Any:
        self._steps += 1
        self._check()
        if self._kill is None or self._steps != self._kill.step:
            outcome = await step()
            self._check()
            return outcome
        await self._last_step(step, self._kill.moment, halfway=halfway)
        raise self._ended()

    async def _last_step(self, step: Callable[[], Any], moment: Moment, *, halfway: bool) -> None:
        if moment == "during" and halfway:
            with suppress(TimeoutError):
                await asyncio.wait_for(step(), _HALFWAY_S)
        elif moment == "after":
            await step()

    def _check(self) -> None:
        if self._dead:
            raise Killed
        if self._steps + self._waits // PAUSES_A_STEP > self._most_steps:
            raise Runaway(f"{self._steps} steps and {self._waits} pauses")

    def _ended(self) -> Killed:
        if not self._dead:
            self._dead = True
            shutil.copytree(self._folder, self._kept)
        return Killed()


def restarted(folder: Path, kept: Path) -> None:
    """The run folder as it was when the process ended."""
    shutil.rmtree(folder)
    kept.rename(folder)
