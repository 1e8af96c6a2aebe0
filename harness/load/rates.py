"""Which rate is offered when: constant, a burst at the month's start, or one that looks for the limit. Pure."""

import re
from dataclasses import dataclass
from typing import Protocol

from ..errors import UsageError

RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(s|min|h))?")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


class Rate(Protocol):
    @property
    def ended(self) -> bool:
        """Whether what it was there to find out is known."""
        ...

    def per_s(self, now: float) -> float:
        """Requests a second at `now`; more than 0."""
        ...

    def saw(self, now: float, *, refused: bool) -> bool:
        """Learn from an answer of the paced operation; whether the rate has changed."""
        ...


def per_second(text: str) -> float:
    """`300/min`, `5/s` or `300`, which is a minute's. Raises UsageError."""
    found = RATE.fullmatch(text.strip())
    rate = float(found[1]) / SECONDS[found[2] or "min"] if found else 0.0
    if rate <= 0:
        raise UsageError("BAD_OPTION", f"--rate {text!r}: give a number above 0 and /s, /min or /h, such as 300/min.")
    return rate


@dataclass(frozen=True, slots=True)
class Constant:
    rate: float
    ended: bool = True

    def per_s(self, now: float) -> float:
        del now
        return self.rate

    def saw(self, now: float, *, refused: bool) -> bool:
        del now, refused
        return False


@dataclass(slots=True)
class Burst:
    """`factor` times the rate for the first seconds: everybody begins at once on the month's first morning."""

    rate: float
    factor: float
    seconds: float
    ended: bool = True
    _until: float | None = None

    def per_s(self, now: float) -> float:
        if self._until is None:
            self._until = now + self.seconds
        return self.rate * self.factor if now < self._until else self.rate

    def saw(self, now: float, *, refused: bool) -> bool:
        del now, refused
        return False
