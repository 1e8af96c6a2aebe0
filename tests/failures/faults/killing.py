"""A process that is killed, in one loop: at a chosen step nothing more is done, and the folder is as a kill leaves it.

The folder is copied at the moment of death, journal and write-ahead log as they are on the disk; whatever the dying run
still closes or removes, it does to the original. The next run gets the copy.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.client.oauth import MOCK_CREDENTIALS
from harness.client.target import Target
from harness.flow import AsyncFlowDriver, Call, Reply, Wait
from harness.runs.asyncio_runner import complete
from harness.runs.run import RunPlan

Moment = Literal["before", "after"]


class Killed(BaseException):
    """No flow and no handler of errors may outlive it."""


@dataclass
class DyingShell:
    """Takes steps until the `nth` of those that `chosen` names, dies before or after it, and takes none any more."""

    driver: AsyncFlowDriver
    chosen: Callable[[Any], bool]
    nth: int
    moment: Moment
    die: Callable[[], None]
    seen: int = 0
    dead: bool = False

    async def send(self, call: Call) -> Reply:
        self._before(call)
        reply = await self.driver.send(call)
        self._after(call)
        return reply

    async def sleep(self, wait: Wait) -> None:
        self._before(wait)
        await self.driver.sleep(wait)
        self._after(wait)

    async def save(self, event: Any) -> None:
        self._before(event)
        await self.driver.save(event)
        self._after(event)

    async def work(self, function: Callable[[], Any]) -> Any:
        self._before(function)
        result = await self.driver.work(function)
        self._after(function)
        return result

    def _before(self, step: Any) -> None:
        self._alive()
        self.seen += self.chosen(step)
        if self.moment == "before" and self.chosen(step) and self.seen == self.nth:
            self._die()

    def _after(self, step: Any) -> None:
        self._alive()
        if self.moment == "after" and self.chosen(step) and self.seen == self.nth:
            self._die()

    def _alive(self) -> None:
        if self.dead:
            raise Killed

    def _die(self) -> None:
        self.dead = True
        self.die()
        raise Killed


async def killed(
    plan: RunPlan, target: Target, folder: Path, chosen: Callable[[Any], bool], nth: int, moment: Moment
) -> bool:
    """Whether the run came to that step. If it did, `folder` is what the kill left."""
    left = folder.with_name(f"{folder.name}-left")
    shells: list[DyingShell] = []

    def dying(driver: AsyncFlowDriver) -> AsyncFlowDriver:
        shells.append(DyingShell(driver, chosen, nth, moment, lambda: _copy(folder, left)))
        return shells[0]

    try:
        await complete(plan, target, MOCK_CREDENTIALS, folder, around=dying)
    except* Killed:
        pass
    if not shells[0].dead:
        return False
    shutil.rmtree(folder)
    left.rename(folder)
    return True


def _copy(folder: Path, to: Path) -> None:
    shutil.copytree(folder, to)
