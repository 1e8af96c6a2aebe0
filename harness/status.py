"""The progress of a command: written by its work, read by a display in another thread.

The reader only looks at counters and at the run's clock, which may be virtual; the work is not disturbed.
"""

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client.request_context import RequestContext


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSnapshot:
    """The progress at one moment. Times are seconds of the run's clock."""

    subject: str  # the strategy, or ""
    phase: str
    done: int
    total: int | None  # None: unknown
    unit: str  # the noun for what is counted, or ""
    rate: float | None  # units a second in this phase, without those of earlier starts; None: nothing done yet
    at_s: float  # since the run, or the command, began
    virtual: bool  # whether the clock is virtual
    waits: Mapping[str, float]  # by kind: seconds until the last wait ends
    in_doubt: int  # batches
    retries: int


@dataclass(slots=True)
class _Phase:
    name: str
    total: int | None
    unit: str
    count: Callable[[], int] | None  # how much is done, if it is counted elsewhere
    began: float
    before: int
    done: int = 0


@dataclass(slots=True)
class Status:
    subject: str = ""
    virtual: bool = False
    context: "RequestContext | None" = None  # of the current or last run
    leads: int = 0  # to be mapped by the run
    doubtful: int = 0  # batches and files still in doubt when the run was stopped
    _phase: _Phase | None = None
    _started: float = field(default_factory=time.monotonic)  # of the command
    _began: float = 0.0  # of the run, on its own clock

    def begin(
        self, phase: str, *, total: int | None = None, unit: str = "", count: Callable[[], int] | None = None
    ) -> None:
        """A phase begins. `count` returns how much of it is done; without it, `advance` counts."""
        self._phase = _Phase(phase, total, unit, count, self._now(), count() if count else 0)

    def advance(self, more: int = 1) -> None:
        if self._phase is not None:
            self._phase.done += more

    def rest(self) -> None:
        """No phase is under way."""
        self._phase = None

    def watch(self, context: "RequestContext") -> None:
        """A run begins; its counters and its clock apply from now on."""
        phase = self._phase
        self._phase = None  # its times belong to another clock
        self.context, self._began, self.leads = context, context.now(), 0
        if phase is not None:
            self.begin(phase.name)

    def leave(self) -> None:
        """The run has ended; the command does something else."""
        self.context, self.subject, self._phase = None, "", None

    def mapped_leads(self) -> int:
        """Mapped leads, those of earlier starts included."""
        return self.context.progress.mapped_leads if self.context else 0

    def snapshot(self) -> StatusSnapshot | None:
        """The progress now; None: no phase is under way."""
        phase, context, now = self._phase, self.context, self._now()
        if phase is None:
            return None
        done, seconds = phase.count() if phase.count else phase.done, now - phase.began
        return StatusSnapshot(
            subject=self.subject,
            phase=phase.name,
            done=done,
            total=phase.total,
            unit=phase.unit,
            rate=(done - phase.before) / seconds if phase.unit and seconds > 0 and done > phase.before else None,
            at_s=now - (self._began if context else self._started),
            virtual=self.virtual and context is not None,
            waits=context.fault_counts.waits(now) if context else {},
            in_doubt=context.fault_counts.in_doubt_now if context else 0,
            retries=context.samples.retries if context else 0,
        )

    def imported_rows(self, sizes: Mapping[str, int]) -> int:
        """Imported rows of the lists whose ids and sizes these are."""
        return self.context.progress.imported_rows(sizes) if self.context else 0

    def _now(self) -> float:
        return self.context.now() if self.context else time.monotonic()


_current: ContextVar[Status] = ContextVar("status")


def status() -> Status:
    """The current command's status; outside a command, a new one that is discarded."""
    return _current.get(None) or Status()


def set_status(current: Status) -> None:
    """Make `current` the status that work in this context updates."""
    _current.set(current)
