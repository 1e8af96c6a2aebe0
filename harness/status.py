"""Where a command stands: written by its work, read by a display in another thread.

Whoever reads looks at counters and at the run's own clock, which may be a virtual one; the work does not notice.
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
    """One moment. Times are seconds of the run's clock."""

    subject: str  # the strategy; "" where there is none
    phase: str
    done: int
    total: int | None  # None: nobody knows
    unit: str  # one of what is counted; "" where nothing is
    rate: float | None  # a second, in this phase, without what an earlier start had done; None: nothing to judge by
    at_s: float  # since the run began, or the command
    virtual: bool  # the clock
    waits: Mapping[str, float]  # kind -> seconds until the last of them ends
    in_doubt: int  # batches
    retries: int


@dataclass(slots=True)
class _Phase:
    name: str
    total: int | None
    unit: str
    count: Callable[[], int] | None  # what is done, if somebody else counts it
    began: float
    before: int
    done: int = 0


@dataclass(slots=True)
class Status:
    subject: str = ""
    virtual: bool = False
    context: "RequestContext | None" = None  # of the run that is under way, or was last
    leads: int = 0  # that it is to map
    doubtful: int = 0  # batches and files whose fate is not known, once the run has been stopped
    _phase: _Phase | None = None
    _started: float = field(default_factory=time.monotonic)  # the command
    _began: float = 0.0  # the run, by its own clock

    def begin(
        self, phase: str, *, total: int | None = None, unit: str = "", count: Callable[[], int] | None = None
    ) -> None:
        """From now on the command does this. `count` says how much of it is done; else it is `advance`d."""
        self._phase = _Phase(phase, total, unit, count, self._now(), count() if count else 0)

    def advance(self, more: int = 1) -> None:
        if self._phase is not None:
            self._phase.done += more

    def rest(self) -> None:
        """Nothing is under way."""
        self._phase = None

    def watch(self, context: "RequestContext") -> None:
        """A run begins, whose counters and clock count from now on."""
        phase = self._phase
        self._phase = None  # its times are of another clock
        self.context, self._began, self.leads = context, context.now(), 0
        if phase is not None:
            self.begin(phase.name)

    def leave(self) -> None:
        """The run has ended, and the command goes on to something else."""
        self.context, self.subject, self._phase = None, "", None

    def mapped_leads(self) -> int:
        """Leads, those of an earlier start included."""
        return self.context.progress.mapped_leads if self.context else 0

    def snapshot(self) -> StatusSnapshot | None:
        """None: nothing is under way."""
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
        """Rows of the imports into lists of these sizes, by their id."""
        return self.context.progress.imported_rows(sizes) if self.context else 0

    def _now(self) -> float:
        return self.context.now() if self.context else time.monotonic()


_current: ContextVar[Status] = ContextVar("status")


def status() -> Status:
    """The running command's; where nobody looks at any, one for the bin."""
    return _current.get(None) or Status()


def attend(attended: Status) -> None:
    """From now on what runs here tells `attended`."""
    _current.set(attended)
