"""The open model of a load test: when requests are due, whether or not the server keeps up. Pure.

A rate is constant, a burst, or a search for the highest rate that is never refused. The search believes no header. Each
step offers one rate for two windows, so that it contains one whole window, and passes if no request is refused. Rates
double until a step fails. Then the refused requests are let through at a low rate for a window, the number that was
accepted says where to look, and the bracket is narrowed until its ends are close.
"""

import math
import re
from abc import ABC, abstractmethod
from argparse import Namespace
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from ..client.rate_budget import RateBudget
from ..errors import UsageError
from ..flow import Call

LATE_S = 0.05  # a request sent this much after its arrival is late; a busy event loop stays below
PERCENTILES = (50.0, 95.0, 99.0)


@dataclass(slots=True)
class Arrivals:
    """Planned moments of requests. Times in seconds on the run's own clock.

    A free user takes the next arrival and waits for it; the others queue. An arrival that was not taken before the next
    one was due is dropped: it counts with the time that it had waited, less than its request would have taken.
    """

    per_s: Callable[[float], float]  # the rate planned for a moment
    sent: int = 0
    late: int = 0
    dropped: int = 0
    _next: float | None = None
    _latency: "array[float]" = field(default_factory=lambda: array("d"))

    def claim(self, now: float) -> float:
        """The moment of the next arrival, now the caller's: not yet due, or the latest that is due."""
        planned = now if self._next is None else self._next
        while (following := planned + 1 / self.per_s(planned)) <= now:
            self.dropped += 1
            self._latency.append(now - planned)
            planned = following
        self._next = following
        return planned

    def rebase(self) -> None:
        """Begin to plan anew with the next claim: the rate has changed."""
        self._next = None

    def record(self, planned_at: float, sent_at: float, done_at: float) -> None:
        """Count the request of an arrival."""
        self.sent += 1
        self.late += sent_at - planned_at > LATE_S
        self._latency.append(done_at - planned_at)

    def facts(self) -> dict[str, Any]:
        """Latencies in seconds from the planned moment, those of dropped arrivals included."""
        latency = (
            dict(zip(PERCENTILES, np.percentile(self._latency, PERCENTILES), strict=True)) if self._latency else {}
        )
        return {
            "slots": self.sent + self.dropped,
            "sent": self.sent,
            "late": self.late,
            "dropped": self.dropped,
            **{f"latency_p{p:.0f}_s": round(float(seconds), 6) for p, seconds in latency.items()},
            **({"latency_max_s": round(max(self._latency), 6)} if self._latency else {}),
        }


RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(s|min|h))?")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


class ArrivalRate(ABC):
    ended = True  # whether a search has found its limit; other rates have nothing to find

    @abstractmethod
    def per_s(self, now: float) -> float:
        """Requests a second at `now`; more than 0."""

    def saw(self, now: float, *, refused: bool) -> bool:
        """Learn from an answer of the paced operation; whether the rate has changed."""
        del now, refused
        return False


def per_second(text: str) -> float:
    """`300/min`, `5/s` or `300`, which is a minute's. Raises UsageError."""
    found = RATE.fullmatch(text.strip())
    rate = float(found[1]) / SECONDS[found[2] or "min"] if found else 0.0
    if rate <= 0:
        raise UsageError("BAD_OPTION", f"--rate {text!r}: give a number above 0 and /s, /min or /h, such as 300/min.")
    return rate


@dataclass(frozen=True, slots=True)
class Constant(ArrivalRate):
    rate: float

    def per_s(self, now: float) -> float:
        del now
        return self.rate


@dataclass(slots=True)
class Burst(ArrivalRate):
    """`factor` times the rate for the first seconds, like the first morning of a month."""

    rate: float
    factor: float
    seconds: float
    _until: float | None = None

    def per_s(self, now: float) -> float:
        if self._until is None:
            self._until = now + self.seconds
        return self.rate * self.factor if now < self._until else self.rate


GROW = 2.0
CLOSE = 1.035  # how far apart the ends of the bracket may be
BELOW, ABOVE = 0.985, 1.02  # of what was accepted: expected to pass, and not to
KEPT_UP = 0.95  # of the rate on offer has to have been taken, or it was never tried: more users, or a faster server
SHORT_STEPS = 3  # that fall short of their rate before that is not taken for an accident
EASY = 0.3  # of the highest rate that passed, while those sent back come again
AT_EASE = 0.97  # of the rate found, for the leads that are left
GRACE_S = 2.0  # beyond a window: Retry-After counts in whole seconds, rounded up


@dataclass(slots=True)
class RateSearch(ArrivalRate):
    """`window_s`: the longest window that the limit may have. Rates a second, times in seconds of the run's clock."""

    rate: float  # to begin with; later the one on offer
    window_s: float = 60.0
    accepted: float = 0.0  # the highest rate that passed
    refused: float = math.inf  # the lowest rate that did not
    ended: bool = False
    unlimited: bool = False  # answers came too slowly to reach a limit with these users
    steps: list[dict[str, Any]] = field(default_factory=list)
    _began: float | None = None  # of the step; before it those sent back come again
    _taken: deque[float] = field(default_factory=deque)
    _short: int = 0  # steps in a row that did not get their rate sent
    _guesses: list[float] = field(default_factory=list)

    def per_s(self, now: float) -> float:
        if self._began is None:
            self._began = now
        return self.rate if now >= self._began else max(self.accepted, self.rate / GROW) * EASY

    def saw(self, now: float, *, refused: bool) -> bool:
        """Learn from an answer; whether the rate on offer has changed with it."""
        if not refused:
            self._taken.append(now)
        while self._taken and self._taken[0] <= now - self.window_s:
            self._taken.popleft()
        if self._began is None or self.ended or now < self._began:
            return False
        if not refused and now - self._began < 2 * self.window_s:
            return False
        self._end_step(now, passed=not refused)
        return True

    def _end_step(self, now: float, *, passed: bool) -> None:
        taken = len(self._taken) / self.window_s
        self.steps.append(
            {"per_min": round(self.rate * 60, 3), "passed": passed, "taken_per_min": round(taken * 60, 3)}
        )
        kept_up = len(self._taken) + 2 >= self.rate * self.window_s * KEPT_UP
        self._short = 0 if kept_up or not passed else self._short + 1
        if self._short:
            self.unlimited = self._short == SHORT_STEPS
            self.accepted = max(self.accepted, taken)
        elif passed:
            self.accepted = max(self.accepted, self.rate)
        else:
            if self.refused == math.inf:
                self._guesses = [taken * BELOW, taken * ABOVE]
            self.refused = min(self.refused, self.rate)
        self._began = now if passed else now + self.window_s + GRACE_S
        self.ended = self.unlimited or self.refused <= self.accepted * CLOSE
        if self.ended:
            self.rate = self.accepted * AT_EASE
        elif not self._short:
            self.rate = self._next()

    def _next(self) -> float:
        """Where the accepted requests point, once each and within the bracket; else its middle."""
        if self.refused == math.inf:
            return self.rate * GROW
        while self._guesses:
            guess = self._guesses.pop(0)
            if self.accepted * 1.01 < guess < self.refused / 1.01:
                return guess
        return math.sqrt(self.accepted * self.refused) if self.accepted else self.refused / GROW

    def facts(self) -> dict[str, Any]:
        refused = None if self.refused == math.inf else round(self.refused * 60, 3)
        found = {
            "highest_per_min": round(self.accepted * 60, 3),
            "refused_per_min": refused,
            "limited": not self.unlimited,
        }
        return {"ended": self.ended, "window_s": self.window_s, **(found if self.ended else {}), "steps": self.steps}

    def summary_lines(self) -> list[str]:
        if not self.ended:
            return [
                f"rate search: not ended after {len(self.steps)} steps: more leads, or fewer in a POST, would do it"
            ]
        at_most = f"{self.accepted * 60:,.1f}/min"
        if self.unlimited:
            return [f"rate search: no limit met; these users got {at_most} answers and could not ask for more"]
        return [f"rate search: highest rate without a 429 is {at_most}; {self.refused * 60:,.1f}/min was refused"]


ARRIVAL_PATTERNS = ("constant", "burst", "soak", "search")


@dataclass(slots=True)
class Pacing:
    """One for all users of a run. An arrival is a new request of `op`: a repeat follows its answer."""

    op: str
    shape: str
    rate: ArrivalRate
    arrivals: Arrivals = field(init=False)
    line: Lock = field(default_factory=Lock)  # its holder waits for the next arrival; under Locust it is gevent's

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(self.rate.per_s)

    def applies(self, call: Call) -> bool:
        return call.op == self.op and call.attempt == 1

    def budget(self) -> RateBudget:
        """The rate budget of the run; a search for the limit has none."""
        return UnlimitedBudget() if self.shape == "search" else RateBudget()

    def record(self, planned_at: float, sent_at: float, done_at: float) -> None:
        self.arrivals.record(planned_at, sent_at, done_at)

    def learn(self, now: float, status: int) -> None:
        """Let the rate learn from an answer to `op`, repeated or not."""
        if status and self.rate.saw(now, refused=status == 429):
            self.arrivals.rebase()

    def facts(self) -> dict[str, Any]:
        """For `run.json`."""
        found = {"search": self.rate.facts()} if isinstance(self.rate, RateSearch) else {}
        return {"op": self.op, "shape": self.shape, **self.arrivals.facts(), **found}

    def summary_lines(self) -> list[str]:
        """For the last screen."""
        facts = self.arrivals.facts()
        lines = [
            f"{facts['slots']:,} slots planned, {facts['late']:,} late, {facts['dropped']:,} dropped: nobody was free"
        ]
        if facts["slots"]:
            times = ", ".join(f"{name} {facts[f'latency_{name}_s']:.3f} s" for name in ("p50", "p95", "p99"))
            lines.append(f"latency of {self.op} from its planned moment: {times}, dropped slots included")
        return [*lines, *(self.rate.summary_lines() if isinstance(self.rate, RateSearch) else ())]


class UnlimitedBudget(RateBudget):
    """Learns from the headers and waits for nothing."""

    def wait_s(self, now: float) -> float:
        del now
        return 0.0


def pacing(options: Namespace, op: str) -> Pacing | None:
    """The pacing that the options ask for; None: a closed model. Raises UsageError."""
    if not options.rate:
        return None
    return Pacing(op, options.shape, _rate(options))


def _rate(options: Namespace) -> ArrivalRate:
    per_s = per_second(options.rate)
    match options.shape:
        case "burst":
            _require_more_than_none(options, "burst_factor", "burst_seconds")
            return Burst(per_s, options.burst_factor, options.burst_seconds)
        case "search":
            _require_more_than_none(options, "search_window")
            return RateSearch(per_s, window_s=options.search_window)
        case _:
            return Constant(per_s)


def _require_more_than_none(options: Namespace, *names: str) -> None:
    for name in names:
        if getattr(options, name) <= 0:
            raise UsageError("BAD_OPTION", f"--{name.replace('_', '-')} must be above 0.")
