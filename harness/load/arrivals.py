"""When requests are due in an open model: at a rate of their own, whether or not the server keeps up. Pure.

A closed model sends its next request when an answer has come, so a server that stands still is asked less and the
requests that were not sent are missing from the percentiles. Source of the idea: Gil Tene, "How NOT to measure latency"
(coordinated omission); k6 calls what nobody was free for `dropped_iterations`.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LATE_S = 0.05  # a request sent so much after its slot is late: a busy event loop alone is not
PERCENTILES = (50.0, 95.0, 99.0)


@dataclass(slots=True)
class Arrivals:
    """Slots, each the planned moment of one request. Times in seconds on the run's own clock.

    Who is free takes the next slot and waits for it, the others wait in line behind. A slot that nobody took before the
    one after it was due is dropped: it counts with the time it had waited until then, which is less than its request
    would have taken.
    """

    per_s: Callable[[float], float]  # the rate planned for a moment
    sent: int = 0
    late: int = 0
    dropped: int = 0
    _next: float | None = None
    _latency: "array[float]" = field(default_factory=lambda: array("d"))

    def claim(self, now: float) -> float:
        """The moment of the next slot, now the caller's: not yet due, or the last one that is."""
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

    def answered(self, planned_at: float, sent_at: float, done_at: float) -> None:
        """Note the request of a slot."""
        self.sent += 1
        self.late += sent_at - planned_at > LATE_S
        self._latency.append(done_at - planned_at)

    def facts(self) -> dict[str, Any]:
        """Latencies in seconds from the planned moment, those of dropped slots included."""
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
