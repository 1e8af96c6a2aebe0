"""One start of the command: it stands still once it has taken the steps allowed, requests on their way and all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from harness.flow import AsyncFlowDriver, Call, Reply, Wait

from ..faults.rig import WRITES, End
from .watch import STEP, Watch

MOST_STEPS = 3_000  # of one start: no run of so few leads needs them
MOST_WAITS = 30_000


@dataclass(eq=False)
class Start:
    """The driver that such a start works through."""

    watch: Watch
    allowed: float = 0
    steps: int = 0
    waits: int = 0
    writes: int = 0
    proving: bool = False  # it may have read what its proof will be made of: sizes, an export, contacts
    driver: AsyncFlowDriver | None = None
    task: "asyncio.Task[End]" = field(init=False)
    _moving: asyncio.Event = field(default_factory=asyncio.Event)
    _standing: asyncio.Event = field(default_factory=asyncio.Event)

    def around(self, driver: AsyncFlowDriver) -> "Start":
        self.driver = driver
        return self

    async def until_standing(self) -> None:
        """It takes the steps allowed, or ends."""
        self._standing.clear()
        self._moving.set()
        standing = asyncio.create_task(self._standing.wait())
        await asyncio.wait([self.task, standing], return_when=asyncio.FIRST_COMPLETED)
        standing.cancel()

    async def send(self, call: Call) -> Reply:
        await self._step()
        self.writes += call.op in WRITES
        self.proving = self.proving or call.op in ("contacts.search", "contacts.bulk", "export.create")
        with self.watch.sent(self, call) as name:
            return await self._shell.send(replace(call, headers={**call.headers, STEP: name}))

    async def save(self, event: Any) -> None:
        await self._step()
        await self._shell.save(event)

    async def work(self, function: Callable[[], Any]) -> Any:
        await self._step()
        return await self._shell.work(function)

    async def sleep(self, wait: Wait) -> None:
        self.waits += 1
        self._bounded()
        await self._shell.sleep(wait)

    @property
    def _shell(self) -> AsyncFlowDriver:
        assert self.driver is not None
        return self.driver

    async def _step(self) -> None:
        while self.steps >= self.allowed:
            self._moving.clear()
            self._standing.set()
            await self._moving.wait()
        self.steps += 1
        self._bounded()

    def _bounded(self) -> None:
        if self.steps > MOST_STEPS or self.waits > MOST_WAITS:
            self.watch.amiss.append(f"C9: no end after {self.steps} steps and {self.waits} pauses")
            self.task.cancel()
