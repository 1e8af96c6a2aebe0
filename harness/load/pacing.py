"""The open model of a load test: which requests have a slot, and what the rate is."""

from argparse import Namespace
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from ..errors import UsageError
from ..flow import Call
from .arrivals import Arrivals
from .budget import RateBudget
from .rate_search import RateSearch
from .rates import Burst, Constant, Rate, per_second

SHAPES = ("constant", "burst", "soak", "search")


@dataclass(slots=True)
class Pacing:
    """One for all users of a run. A slot is for a new request of `op`: what is repeated follows its answer."""

    op: str
    shape: str
    rate: Rate
    arrivals: Arrivals = field(init=False)
    line: Lock = field(default_factory=Lock)  # who holds it waits for the next slot; under Locust it is gevent's

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(self.rate.per_s)

    def applies(self, call: Call) -> bool:
        return call.op == self.op and call.attempt == 1

    def budget(self) -> RateBudget:
        """What the run believes of the server's limits: a search for them believes nothing."""
        return Unheld() if self.shape == "search" else RateBudget()

    def answered(self, planned_at: float, sent_at: float, done_at: float) -> None:
        self.arrivals.answered(planned_at, sent_at, done_at)

    def learn(self, now: float, status: int) -> None:
        """Tell the rate of any answer to `op`, repeated or not."""
        if status and self.rate.saw(now, refused=status == 429):
            self.arrivals.rebase()

    def facts(self) -> dict[str, Any]:
        """For `run.json`."""
        found = {"search": self.rate.facts()} if isinstance(self.rate, RateSearch) else {}
        return {"op": self.op, "shape": self.shape, **self.arrivals.facts(), **found}

    def told(self) -> list[str]:
        """For the last screen."""
        facts = self.arrivals.facts()
        lines = [
            f"{facts['slots']:,} slots planned, {facts['late']:,} late, {facts['dropped']:,} dropped: nobody was free"
        ]
        if facts["slots"]:
            times = ", ".join(f"{name} {facts[f'latency_{name}_s']:.3f} s" for name in ("p50", "p95", "p99"))
            lines.append(f"latency of {self.op} from its planned moment: {times}, dropped slots included")
        return [*lines, *(self.rate.told() if isinstance(self.rate, RateSearch) else ())]


class Unheld(RateBudget):
    """Learns from the headers and waits for nothing."""

    def wait_s(self, now: float) -> float:
        del now
        return 0.0


def pacing(options: Namespace, op: str) -> Pacing | None:
    """What the options ask for; None: a closed model. Raises UsageError."""
    if not options.rate:
        return None
    return Pacing(op, options.shape, _rate(options))


def _rate(options: Namespace) -> Rate:
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
