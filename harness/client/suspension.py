"""Notices times in which this process did not run: a closed lid, a SIGSTOP, a machine that was moved."""

import asyncio
import time
from collections.abc import Callable

from ..flow import AsyncFlowDriver
from .asyncio_driver import AsyncioDriver
from .request_context import RequestContext

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
