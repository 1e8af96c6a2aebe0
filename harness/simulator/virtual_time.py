"""An event loop whose clock jumps to the next timer whenever no I/O is ready.

Client and server run in one process on real sockets; a minute of rate-limit waiting costs nothing, and the order of
events depends on the program alone. Work for an executor runs inline: it takes no virtual time, and no thread can
finish sooner or later than in the run before.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class DeadlockError(RuntimeError):
    """Nothing is ready and no timer is set: real time would wait for ever."""


class _VirtualSelector(selectors.DefaultSelector):
    """Answers `select` at once: with what is ready, or by moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0  # s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise DeadlockError("no I/O is ready and no timer is set")
        self.now += max(timeout, 0.0)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now

    def suspend(self, seconds: float) -> None:
        """Time passes, and nothing of this process runs meanwhile: whatever was due then is due at once."""
        self._virtual.now += seconds

    def run_in_executor(  # type: ignore[override]  # the base spells the arguments with a TypeVarTuple
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 the base's
        """Nothing was ever given to it."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its result in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
