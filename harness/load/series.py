"""Runs that follow each other in one load test: the next begins when the one before is proved."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

from ..bookkeeping import Bookkeeping
from ..errors import RunError
from ..flow import Shell
from .figures import Figures
from .pacing import Pacing
from .shared_run import SharedRun
from .verdict import STOPPED, Verdict

log = logging.getLogger("contactbench")
GOOD = (0, 3)  # exit codes after which the next run begins: proved, some rows perhaps rejected


class Series:
    """To whoever drives it one run, with the figures of the one under way. `runs` opens each when it is asked for it;
    `ended` is told what became of each, and says what to tell of all."""

    pacing: Pacing | None = None  # each run goes as fast as its users get answers

    def __init__(self, runs: Iterator[SharedRun], ended: Callable[[Verdict], None], told: Callable[[], str]) -> None:
        self.verdict: Verdict | None = None
        self._runs, self._ended, self._told = runs, ended, told
        self._turning = Lock()
        self._last: Verdict | None = None
        self._over = self._stopped = False
        self._current = next(runs)

    @property
    def folder(self) -> Path:
        return self._current.folder

    @property
    def books(self) -> Bookkeeping:
        return self._current.books

    def figures(self) -> Figures:
        return self._current.figures()

    def drive_one(self, shell: Callable[[SharedRun], Shell]) -> bool:
        """One flow of the run under way; False when there is no other run."""
        while not self._over:
            run = self._current
            if run.drive_one(shell):
                return True
            run.settled()
            with self._turning:
                if self._current is run and not self._over:
                    self._turn(run)
        return False

    def stop(self) -> None:
        self._stopped = True
        self._current.stop()

    def finish(self) -> Verdict | None:
        """The verdict on all, once."""
        if self._stopped and not self._over and self._current.done:
            self._turn(self._current)
        if not self._over or self.verdict is not None:
            return None
        last = self._last or STOPPED
        self.verdict = Verdict(last.exit_code, f"{last.text}\n{self._told()}", complete=last.complete)
        return self.verdict

    def _turn(self, run: SharedRun) -> None:
        """Judge the run that has ended, and open the next one if it was good."""
        self._last = run.finish() or self._last
        if self._last is not None:
            self._ended(self._last)
        try:
            following = None if self._last is None or self._last.exit_code not in GOOD else next(self._runs, None)
        except Exception as error:
            if not isinstance(error, RunError):
                log.error("a fault of contactbench itself", exc_info=error)
            self._last, following = Verdict.of(error), None
            self._ended(self._last)
        if following is None or self._stopped:
            self._over = True
        else:
            self._current = following
