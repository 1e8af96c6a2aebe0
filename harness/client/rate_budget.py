"""How many requests a token may still send. Pure: learns from the server's headers, says how long to wait.

Source of the headers: developer-center-blog, 2021-05-06 (`inin-ratelimit-count`, `-allowed`, `-reset`).
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

LOOK_AGAIN_S = 0.05  # a new window's first answers are under way; until one is there, its end is not known
LEAST_S = 0.001  # an event loop takes what is a billionth of a second away for due, and virtual time then stands still


@dataclass(slots=True)
class RateBudget:
    """One for all workers of a token. Times are seconds on one monotonic clock.

    A window is learned from the first answer in it. `reset` is in whole seconds, rounded up, so each answer gives an
    upper bound of the window's end and the smallest one counts. An answer to a request of an earlier window says
    nothing about this one.
    """

    allowed: int | None = None
    window_s: int | None = (
        None  # the longest that a window was said to last yet: a new one's first answer says all of it
    )
    window_began: float = 0.0
    window_ends: float | None = None
    used: int = 0  # the server's count, as far as answered
    in_flight: int = 0
    blocked_until: float = 0.0

    def wait_s(self, now: float) -> float:
        """Seconds until the next request may go; 0 means now, and `take` must follow."""
        if now < self.blocked_until:
            return max(LEAST_S, self.blocked_until - now)
        if self.window_ends is not None and now >= self.window_ends:
            self.window_began, self.window_ends, self.used = now, None, 0
        if self.allowed is None or self.used + self.in_flight < self.allowed:
            return 0.0
        return LOOK_AGAIN_S if self.window_ends is None else max(LEAST_S, self.window_ends - now)

    def take(self) -> None:
        self.in_flight += 1

    def record_reply(self, sent_at: float, now: float, headers: Mapping[str, str]) -> None:
        self.in_flight -= 1
        count, allowed, reset = (_number(headers.get(f"inin-ratelimit-{key}")) for key in ("count", "allowed", "reset"))
        if allowed is not None:
            self.allowed = allowed
        if count is None or reset is None or sent_at < self.window_began:
            return
        self.used = max(self.used, count)
        self.window_s = max(self.window_s or 0, reset)
        ends = now + reset
        self.window_ends = ends if self.window_ends is None else min(self.window_ends, ends)

    def block(self, now: float, seconds: float) -> None:
        """A 429: nobody sends for that long, whoever was told."""
        self.blocked_until = max(self.blocked_until, now + seconds)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


# How many requests were sent in the last minute, by all runs of this process that share the account.


MINUTE_S = 60.0


@dataclass(slots=True)
class LastMinute:
    """Moments are seconds on the process's monotonic clock, which goes on from one run to the next."""

    _sent_at: deque[float] = field(default_factory=deque)

    def wait_s(self, most: int, at: float) -> float:
        """Seconds until fewer than `most` requests are younger than a minute."""
        while self._sent_at and self._sent_at[0] + MINUTE_S <= at:
            self._sent_at.popleft()
        return 0.0 if len(self._sent_at) < most else self._sent_at[-most] + MINUTE_S - at

    def record_sent(self, at: float) -> None:
        self._sent_at.append(at)
