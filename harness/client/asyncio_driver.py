"""The asyncio driver: sends, sleeps, stores and works for the flows of a run."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..flow import AsyncFlowDriver, Call, Reply, Wait
from ..status import status
from . import httpx_transport
from .httpx_transport import HttpxClient
from .org_safety import RunCaps
from .request_context import DAY_S, EventSink, RequestContext
from .request_log import RequestLog
from .target import Target


@dataclass(frozen=True, slots=True)
class AsyncioDriver:
    client: HttpxClient
    target: Target
    context: RequestContext

    async def send(self, call: Call) -> Reply:
        planned_at = self.context.now()
        while (wait := self.context.admission_delay(call)) is not None:
            await self.sleep(wait)
        call, sent_at = self.context.with_timeout(call), self.context.record_sent(call)
        reply = await httpx_transport.send(self.client, self.target, call)
        return self.context.record_reply(call, reply, planned_at, sent_at)

    async def sleep(self, wait: Wait) -> None:
        await asyncio.sleep(self.context.record_wait(wait))

    async def save(self, event: Any) -> None:
        self.context.save(event)

    async def work(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, function)


@asynccontextmanager
async def open_driver(
    target: Target,
    journal: EventSink,
    requests: Path,
    concurrency: int,
    deadline_s: float = DAY_S,
    caps: RunCaps | None = None,
) -> AsyncIterator[AsyncioDriver]:
    """A driver whose requests are noted in the file `requests`, after those of an earlier run."""
    with closing(RequestLog(requests)) as samples:
        async with httpx_transport.open_client(target, concurrency) as client:
            clock = asyncio.get_running_loop().time
            context = RequestContext.towards(
                target, clock=clock, samples=samples, journal=journal, deadline_s=deadline_s, caps=caps
            )
            status().watch(context)
            yield AsyncioDriver(client, target, context)


# Notices times in which this process did not run: a closed lid, a SIGSTOP, a machine that was moved.


TICK_S = 1.0
SUSPENDED_S = 5.0  # so long without a tick, and without work that held it up


def watch_for_suspension(driver: AsyncioDriver, cpu_s: Callable[[], float] = time.process_time) -> AsyncFlowDriver:
    """`driver`, whose context are told of such times from now on, for as long as the loop runs.

    For real time only: on virtual time a clock that ticks for ever would hide that nothing is left to do. `cpu_s`:
    seconds that this process has worked.
    """
    _SuspensionDetector(asyncio.get_running_loop(), driver.context, cpu_s).next()
    return driver


def is_suspension(late_s: float, worked_s: float) -> bool:
    """Whether a tick came late because the process did not run: a join of files holds it up, too, but uses the CPU."""
    return late_s - worked_s > SUSPENDED_S


class _SuspensionDetector:
    def __init__(self, loop: asyncio.AbstractEventLoop, context: RequestContext, cpu_s: Callable[[], float]) -> None:
        self._loop, self._context, self._cpu_s = loop, context, cpu_s

    def next(self) -> None:
        due = self._loop.time() + TICK_S
        self._loop.call_at(due, self._tick, due, self._cpu_s())

    def _tick(self, due: float, spent_s: float) -> None:
        late_s = self._loop.time() - due
        if is_suspension(late_s, self._cpu_s() - spent_s):
            self._context.record_suspension(late_s)
        self.next()
