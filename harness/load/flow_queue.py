"""Hands out a run's flows, stage after stage, to workers that come and go."""

from collections.abc import Iterable, Iterator
from threading import Condition

from ..flow import Flow
from ..strategies.job import Stage


class FlowQueue:
    """A stage begins when every flow of the one before has ended. After the first error nothing is handed out.

    Safe to share between threads; under Locust, which replaces them, between greenlets.
    """

    def __init__(self, stages: Iterable[Stage]) -> None:
        self.error: Exception | None = None
        self.stage = ""
        self._stages = iter(stages)
        self._flows: Iterator[Flow[object]] = iter(())
        self._under_way = 0
        self._over = False
        self._changed = Condition()

    @property
    def is_done(self) -> bool:
        """Whether every flow that was handed out has ended, and none will follow."""
        return self._over and not self._under_way

    def take(self) -> Flow[object] | None:
        """The next flow, to be followed by `task_done`; None when there will be no other. Waits for the next stage."""
        with self._changed:
            while not self._over:
                flow = self._next()
                if flow is not None:
                    self._under_way += 1
                    return flow
                if self._under_way:
                    self._changed.wait()
            return None

    def wait_until_done(self) -> None:
        """Returns once no flow is under way and none will follow."""
        with self._changed:
            while not self.is_done:
                self._changed.wait()

    def task_done(self, error: Exception | None = None) -> None:
        """A flow came to its end, or to this error."""
        with self._changed:
            self._under_way -= 1
            if error is not None:
                self._fail(error)
            self._changed.notify_all()

    def stop(self, error: Exception) -> None:
        """Hand out nothing more, for this reason, unless all has been handed out."""
        with self._changed:
            if not self._over:
                self._fail(error)
            self._changed.notify_all()

    def _next(self) -> Flow[object] | None:
        """A flow of this stage; else, if all of them have ended, go on to the next stage."""
        try:
            flow = next(self._flows, None)
            if flow is None and not self._under_way:
                self._advance()
            return flow
        except Exception as error:  # the input changed, the disk is full: the verdict reports it
            self._fail(error)
            return None

    def _advance(self) -> None:
        stage = next(self._stages, None)
        if stage is None:
            self._over = True
        else:
            self.stage, self._flows = stage.name, iter(stage.flows)

    def _fail(self, error: Exception) -> None:
        self.error = self.error or error
        self._over = True
