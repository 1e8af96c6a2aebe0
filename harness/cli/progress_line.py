"""The progress of a command on stderr: a live line in a terminal, otherwise a plain line every few seconds.

A separate thread reads the command's status on the machine's clock: the work may run on virtual time, which a timer
on its event loop would change.
"""

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Self

from ..status import Status, StatusSnapshot
from ..wording import quantity
from .closing import FaultMessages

REFRESH_S = 0.25
DELAY_S = 1.0  # a command that ends sooner shows no line
ERASE = "\r\x1b[K"
WAITS = {  # the most important first
    "outage": "outage",
    "throttle": "rate limit",
    "quiet": "quiet period",
    "backoff": "pause after a fault",
    "poll": "next poll",
}


class ProgressLine:
    """Shown while the context lasts. `say` writes its text to stderr unchanged and ignores a failing write."""

    def __init__(self, status: Status, say: Callable[[str], None], every_s: float) -> None:
        self.status, self._say, self._every_s = status, say, every_s
        self._live = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._faults = FaultMessages(every_s)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._shown = False
        self._began = time.monotonic()
        self._next = self._began + every_s
        self._thread = threading.Thread(target=self._look, name="progress line", daemon=True)

    def __enter__(self) -> Self:
        with suppress(RuntimeError):  # no memory for another thread: the work goes on without the line
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self.hide():
            self._print_faults(last=True)

    @contextmanager
    def hide(self) -> Iterator[None]:
        """The line is erased while something else is written."""
        with self._lock:
            if self._shown:
                self._say(ERASE)
                self._shown = False
            yield

    def _look(self) -> None:
        while not self._ended.wait(REFRESH_S):
            with self._lock:
                self._print_faults()
                self._draw(time.monotonic())

    def _print_faults(self, *, last: bool = False) -> None:
        for line in self._faults.lines(self.status.context, time.monotonic(), last=last):
            with self.hide():
                self._say(f"{line}\n")

    def _draw(self, now: float) -> None:
        snapshot = self.status.snapshot()
        if snapshot is None:
            with self.hide():
                return
        if self._live and now - self._began >= DELAY_S:
            self._say(f"\r{fit_to_columns(parts(snapshot), width())}\x1b[K")
            self._shown = True
        elif not self._live and now >= self._next:
            self._say(f"{'; '.join(parts(snapshot))}\n")
            self._next = now + self._every_s


def parts(at: StatusSnapshot) -> list[str]:
    """The parts of the line, the most important first."""
    subject = f"{at.subject}: " if at.subject else ""
    shown = [f"{subject}{at.phase}{_amount(at)}"]
    if wait := next(filter(None, (_wait(kind, at.waits) for kind in WAITS)), ""):
        shown.append(wait)
    if at.in_doubt:
        shown.append(f"{quantity(at.in_doubt, 'batch', 'batches')} in doubt")
    shown.append(f"{_clock(at.at_s)}{' of virtual time' if at.virtual else ''}")
    if at.rate is not None:
        shown.append(f"{at.rate:,.0f}/s" if at.rate >= 10 else f"{at.rate:.1f}/s")
    if at.retries:
        shown.append(quantity(at.retries, "retry", "retries"))
    return shown


def fit_to_columns(shown: list[str], columns: int) -> str:
    """As many of the parts as fit one row; the last column stays free, since some terminals wrap there."""
    line = shown[0]
    for part in shown[1:]:
        if len(line) + len(part) + 2 < columns:
            line += f"; {part}"
    return line if len(line) < columns else f"{line[: max(0, columns - 2)]}…"


def width() -> int:
    """Columns of the terminal on stderr, unless COLUMNS says otherwise."""
    if os.environ.get("COLUMNS", "").isdecimal() and int(os.environ["COLUMNS"]):
        return int(os.environ["COLUMNS"])
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns


def _amount(at: StatusSnapshot) -> str:
    if at.total:
        return f" {at.done:,} of {quantity(at.total, at.unit)} ({min(100, 100 * at.done // at.total)} %)"
    return f", {quantity(at.done, at.unit)} so far" if at.unit and at.done else ""


def _wait(kind: str, waits: Mapping[str, float]) -> str:
    return f"{WAITS[kind]}: {waits[kind]:.0f} s left" if waits.get(kind, 0.0) >= 0.5 else ""


def _clock(seconds: float) -> str:
    """283.4 as "4:43"."""
    minutes, rest_s = divmod(int(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    return f"{hours}:{rest_min:02}:{rest_s:02}" if hours else f"{minutes}:{rest_s:02}"
