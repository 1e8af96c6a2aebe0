"""Notices times in which this process did not run: a closed lid, a SIGSTOP, a machine that was moved."""

import asyncio

from .bookkeeping import Bookkeeping
from .flow import AsyncShell
from .shell import AsyncioShell

TICK_S = 1.0
SUSPENDED_S = 5.0  # a tick so late is no work that held up the loop


def awake(shell: AsyncioShell) -> AsyncShell:
    """`shell`, whose books are told of such times from now on, for as long as the loop runs.

    For real time only: on virtual time a clock that ticks for ever would hide that nothing is left to do.
    """
    _Ticks(asyncio.get_running_loop(), shell.books).next()
    return shell


class _Ticks:
    def __init__(self, loop: asyncio.AbstractEventLoop, books: Bookkeeping) -> None:
        self._loop, self._books = loop, books

    def next(self) -> None:
        due = self._loop.time() + TICK_S
        self._loop.call_at(due, self._tick, due)

    def _tick(self, due: float) -> None:
        late_s = self._loop.time() - due
        if late_s > SUSPENDED_S:
            self._books.suspended(late_s)
        self.next()
