"""Rate limits, as pure decisions on what was admitted so far and the time, and how long each operation takes."""

import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from mockserver.profile import Latency, Profile, RateSettings


class Decision(NamedTuple):
    """Whether a request may pass, and what the answer's headers say about the window it was counted in."""

    admitted: bool
    used: int  # in the window, this request included if it was admitted
    allowed: int
    reset_s: int
    retry_after_s: int = 0  # of a refused one: after this wait a single request is admitted for sure

    @property
    def headers(self) -> dict[str, str]:
        return {
            "inin-ratelimit-count": str(self.used),
            "inin-ratelimit-allowed": str(self.allowed),
            "inin-ratelimit-reset": str(self.reset_s),
        }


class Window(Protocol):
    def requests_at(self, now: float) -> int:
        """Requests counted in the window at `now`."""
        ...

    def free_at(self, now: float) -> float:
        """When the oldest request, or all of them, will have left a full window."""
        ...

    def count(self, now: float) -> None: ...


@dataclass(slots=True)
class FixedWindow:
    """Starts at the first request and forgets all of them at once.

    Source: `inin-ratelimit-reset: 61` on the first answer of a session, developer blog 2021-05-06.
    """

    length_s: float
    _started_at: float = -math.inf
    _count: int = 0

    def requests_at(self, now: float) -> int:
        return self._count if now < self._started_at + self.length_s else 0

    def free_at(self, now: float) -> float:
        return self._started_at + self.length_s if self.requests_at(now) else now + self.length_s

    def count(self, now: float) -> None:
        if self.requests_at(now) == 0:
            self._started_at, self._count = now, 0
        self._count += 1


@dataclass(slots=True)
class SlidingWindow:
    """Forgets each request `length_s` after it came. Assumption: the other way a minute can be read."""

    length_s: float
    _times: deque[float] = field(default_factory=deque)

    def requests_at(self, now: float) -> int:
        while self._times and self._times[0] + self.length_s <= now:
            self._times.popleft()
        return len(self._times)

    def free_at(self, now: float) -> float:
        return self._times[0] + self.length_s if self.requests_at(now) else now + self.length_s

    def count(self, now: float) -> None:
        self._times.append(now)


def decide(window: Window, allowed: int, now: float) -> Decision:
    """What `window` says to a request at `now`. Counts nothing: another window may still refuse it."""
    used = window.requests_at(now)
    free_at = window.free_at(now)
    # One second more than is left, rounded down: the first answer of a 60 s window says 61.
    reset_s = math.floor(free_at - now) + 1
    if used < allowed:
        return Decision(True, used + 1, allowed, reset_s)
    return Decision(False, used, allowed, reset_s, _seconds_until(free_at, now))


class Limiter:
    """The windows of every bucket; a limit of 0 is none."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, str, float], Window] = {}

    def admit(self, bucket: str, op: str, rate: RateSettings, now: float) -> Decision | None:
        """Count a request of `op` against all limits that apply, or against none if one refuses it.

        The decision is the refusing limit's, else the tightest one's; None without any limit.
        """
        asked = []
        for name, allowed in (("", rate.requests_per_window), (op, rate.per_op.get(op, 0))):
            if allowed:
                window = self._window(bucket, name, rate.window, rate.window_s, now)
                asked.append((window, decide(window, allowed, now)))
        refused = [decision for _, decision in asked if not decision.admitted]
        if refused:
            return max(refused, key=lambda decision: decision.retry_after_s)
        for window, _ in asked:
            window.count(now)
        return min((decision for _, decision in asked), key=lambda d: d.allowed - d.used, default=None)

    def _window(self, bucket: str, op: str, kind: Literal["fixed", "sliding"], length_s: float, now: float) -> Window:
        key = (bucket, op, kind, length_s)
        if key not in self._windows:
            # A window without requests is as good as none: the buckets of tokens that are gone must not add up.
            for old in [each for each, window in self._windows.items() if not window.requests_at(now)]:
                if old[0] != bucket:  # the request under way may be about to count in it
                    del self._windows[old]
            self._windows[key] = FixedWindow(length_s) if kind == "fixed" else SlidingWindow(length_s)
        return self._windows[key]


def _seconds_until(moment: float, now: float) -> int:
    seconds = max(1, math.ceil(moment - now))
    return seconds if now + seconds >= moment else seconds + 1  # the difference of two large floats was rounded down


# How long an operation takes: pure, and drawn from a generator that is an argument.


_NONE = Latency()


def latency_of(profile: Profile, op: str) -> Latency:
    """The model of one operation, else the one for all others."""
    return profile.latency.get(op) or profile.latency.get("*", _NONE)


def seconds(model: Latency, *, contacts: int, kib: float, in_flight: int, rng: random.Random) -> float:
    """One draw. `in_flight` counts the requests served at this moment, this one included.

    Every call takes the same draws from `rng` in the same order, whatever the settings: changing one setting
    leaves the luck of all requests as it was.
    """
    deviation = _standard_normal(rng)
    unlucky = rng.random() < model.tail_probability
    work = model.base_s + model.per_contact_s * contacts + model.per_kib_s * kib
    crowd = 1 + model.concurrency_penalty * max(0, in_flight - 1)
    return work * math.exp(model.sigma * deviation) * crowd * (model.tail_factor if unlucky else 1.0)


def _standard_normal(rng: random.Random) -> float:
    """One draw from two uniform ones (Box-Muller), so that it always takes the same number of them."""
    radius = math.sqrt(-2.0 * math.log(1.0 - rng.random()))
    return radius * math.cos(math.tau * rng.random())
