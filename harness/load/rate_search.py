"""Looks for the highest constant rate that is never refused. Pure: is told of answers, says what to offer next.

It believes no header. A step offers one rate for two windows, so that one whole window lies in it whenever that began;
it passes if not one request is refused. Rates double until a step fails. Then those sent back are let through at an
easy rate for a window, what was accepted says where to look, and the bracket is narrowed until its ends are close.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

GROW = 2.0
CLOSE = 1.035  # how far apart the ends of the bracket may be
BELOW, ABOVE = 0.985, 1.02  # of what was accepted: expected to pass, and not to
KEPT_UP = 0.95  # of the rate on offer has to have been taken, or it was never tried: more users, or a faster server
SHORT_STEPS = 3  # that fall short of their rate before that is not taken for an accident
EASY = 0.3  # of the highest rate that passed, while those sent back come again
AT_EASE = 0.97  # of the rate found, for the leads that are left
GRACE_S = 2.0  # beyond a window: Retry-After counts in whole seconds, rounded up


@dataclass(slots=True)
class RateSearch:
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
        self._judge(now, passed=not refused)
        return True

    def _judge(self, now: float, *, passed: bool) -> None:
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
