"""Runs that follow each other in one load test: the next begins when the one before is proved."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

from ..client.request_context import RequestContext
from ..errors import RunError, UsageError
from ..flow import FlowDriver
from ..runs.live_figures import Figures
from .arrivals import Pacing
from .shared_run import SharedRun
from .verdict import STOPPED, RunVerdict

log = logging.getLogger("contactbench")
GOOD = (0, 3)  # exit codes after which the next run begins: proved, some rows perhaps rejected


class RunSequence:
    """To its drivers one run, with the figures of the current one. `runs` opens each run when it is due;
    `ended` is told what became of each, and says what to tell of all."""

    pacing: Pacing | None = None  # each run goes as fast as its users get answers

    def __init__(self, runs: Iterator[SharedRun], ended: Callable[[RunVerdict], None], told: Callable[[], str]) -> None:
        self.verdict: RunVerdict | None = None
        self._runs, self._ended, self._told = runs, ended, told
        self._turning = Lock()
        self._last = STOPPED
        self._over = self._stopped = False
        self._worst = 0  # of the good ones
        first = next(runs, None)
        if first is None:
            raise UsageError("NO_LEADS", "no lead in any month, so there is nothing to load.")
        self._current = first

    @property
    def folder(self) -> Path:
        return self._current.folder

    @property
    def context(self) -> RequestContext:
        return self._current.context

    def figures(self) -> Figures:
        return self._current.figures()

    def drive_one(self, driver: Callable[[SharedRun], FlowDriver]) -> bool:
        """One flow of the run under way; False when there is no other run."""
        while not self._over:
            run = self._current
            if run.drive_one(driver):
                return True
            run.wait_until_done()
            with self._turning:
                if self._current is run and not self._over:
                    self._turn(run)
        return False

    def stop(self) -> None:
        self._stopped = True
        self._current.stop()

    def finish(self) -> RunVerdict | None:
        """The verdict on all, once."""
        if self._stopped and not self._over and self._current.is_done:
            self._turn(self._current)
        if not self._over or self.verdict is not None:
            return None
        last = STOPPED if self._stopped and self._last.exit_code in GOOD else self._last
        self.verdict = RunVerdict(last.exit_code or self._worst, f"{last.text}\n{self._told()}", complete=last.complete)
        return self.verdict

    def _turn(self, run: SharedRun) -> None:
        """Judge the run that has ended, and open the next one if it was good."""
        self._end_run(run.finish() or STOPPED)
        following = None
        if self._last.exit_code in GOOD:
            self._worst = max(self._worst, self._last.exit_code)
            following = None if self._stopped else self._open_next()
        if following is None:
            self._over = True
        else:
            self._current = following

    def _end_run(self, verdict: RunVerdict) -> None:
        self._last = verdict
        self._ended(verdict)

    def _open_next(self) -> SharedRun | None:
        """The next run; None if there is no other, or if it cannot be opened, which is then the verdict."""
        try:
            return next(self._runs, None)
        except Exception as error:
            if not isinstance(error, RunError):
                log.error("a fault of contactbench itself", exc_info=error)
            self._end_run(RunVerdict.of(error))
            return None
