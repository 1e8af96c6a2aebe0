"""Rate limits on both sides of the wire, for many replicates at once.

`Windows` is the server's count (mockserver/pacing/limits.py), `Budgets` the client's idea of it
(harness/load/budget.py); tests hold both equal to what they imitate. Each call names the rows that it is about.
"""

from dataclasses import dataclass

import numpy as np

from ...load.budget import LEAST_S, LOOK_AGAIN_S
from .worlds import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Decisions:
    admitted: Bools
    used: Ints
    reset_s: Floats
    retry_after_s: Floats


class Windows:
    """The window of each row's token. `allowed` 0 is no limit; a window that slides keeps the time of every request."""

    def __init__(self, allowed: Ints, length_s: Floats, sliding: Bools) -> None:
        self.allowed, self._length = allowed, length_s
        self._sliding = sliding & (allowed > 0)
        self._start = np.full(len(allowed), -np.inf)
        self._count = np.zeros(len(allowed), np.int64)
        size = int(allowed[self._sliding].max(initial=0))
        self._times = np.full((len(allowed) if size else 0, size), -np.inf)

    def admit(self, rows: Ints, now: Floats) -> Decisions:
        """Count one request of each row, if its window has room."""
        used, free_at = self._state(rows, now)
        admitted = used < self.allowed[rows]
        retry = np.maximum(1.0, np.ceil(free_at - now))
        self._note(rows[admitted], now[admitted], used[admitted])
        return Decisions(admitted, used + admitted, np.floor(free_at - now) + 1.0, retry)

    def forget(self, rows: Ints) -> None:
        """A new token begins a new window."""
        self._start[rows] = -np.inf
        if self._times.size:
            self._times[rows] = -np.inf

    def _state(self, rows: Ints, now: Floats) -> tuple[Ints, Floats]:
        ends = self._start[rows] + self._length[rows]
        used = np.where(now < ends, self._count[rows], 0)
        free_at = np.where(used > 0, ends, now + self._length[rows])
        if self._times.size and (slides := self._sliding[rows]).any():
            left = self._times[rows[slides]] + self._length[rows[slides], None]
            inside = left > now[slides, None]
            used[slides] = inside.sum(axis=1)
            oldest = np.where(inside, left, np.inf).min(axis=1)
            free_at[slides] = np.where(used[slides] > 0, oldest, free_at[slides])
        return used, free_at

    def _note(self, rows: Ints, now: Floats, used: Ints) -> None:
        self._start[rows] = np.where(used == 0, now, self._start[rows])
        self._count[rows] = used + 1
        if self._times.size and (slides := self._sliding[rows]).any():
            rows, now = rows[slides], now[slides]
            self._times[rows, self._times[rows].argmin(axis=1)] = now


class Budgets:
    """The rate budget of each row's run."""

    def __init__(self, rows: int) -> None:
        self._allowed = np.full(rows, np.inf)
        self._began = np.zeros(rows)
        self._ends = np.full(rows, np.inf)  # infinite: not known yet
        self._used = np.zeros(rows, np.int64)
        self._in_flight = np.zeros(rows, np.int64)
        self._blocked_until = np.zeros(rows)

    def wait_s(self, rows: Ints, now: Floats) -> Floats:
        over = now >= self._ends[rows]
        if over.any():
            ended = rows[over]
            self._began[ended], self._ends[ended], self._used[ended] = now[over], np.inf, 0
        blocked, ends = self._blocked_until[rows] - now, self._ends[rows]
        full = self._used[rows] + self._in_flight[rows] >= self._allowed[rows]
        until_free = np.where(ends == np.inf, LOOK_AGAIN_S, np.maximum(LEAST_S, ends - now))
        return np.where(blocked > 0, np.maximum(LEAST_S, blocked), np.where(full, until_free, 0.0))

    def take(self, rows: Ints) -> None:
        self._in_flight[rows] += 1

    def answered(self, rows: Ints) -> None:
        self._in_flight[rows] -= 1

    def learn(self, rows: Ints, sent_at: Floats, now: Floats, allowed: Ints, used: Ints, reset_s: Floats) -> None:
        """From the headers of an answer: of one to a request of an earlier window only what is allowed."""
        self._allowed[rows] = allowed
        current = sent_at >= self._began[rows]
        rows = rows[current]
        self._used[rows] = np.maximum(self._used[rows], used[current])
        self._ends[rows] = np.minimum(self._ends[rows], now[current] + reset_s[current])

    def refused(self, rows: Ints, until: Floats) -> None:
        self._blocked_until[rows] = np.maximum(self._blocked_until[rows], until)
