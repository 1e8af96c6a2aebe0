"""Rate limits on both sides of the wire, for many replicates at once.

`Windows` is the server's count (mockserver/pacing.py), `Budgets` the client's idea of it
(harness/client/rate_budget.py); tests hold both equal to what they imitate. Each call names the rows that it is about.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mockserver.profile import JobSettings as Rules

from ..client.rate_budget import LEAST_S, LOOK_AGAIN_S
from .cases import Bools, Case, CaseTables, Floats, Ints


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

    def release(self, rows: Ints) -> None:
        self._in_flight[rows] -= 1

    def learn(self, rows: Ints, sent_at: Floats, now: Floats, allowed: Ints, used: Ints, reset_s: Floats) -> None:
        """From the headers of an answer: of one to a request of an earlier window only what is allowed."""
        self._allowed[rows] = allowed
        current = sent_at >= self._began[rows]
        rows = rows[current]
        self._used[rows] = np.maximum(self._used[rows], used[current])
        self._ends[rows] = np.minimum(self._ends[rows], now[current] + reset_s[current])

    def block(self, rows: Ints, until: Floats) -> None:
        self._blocked_until[rows] = np.maximum(self._blocked_until[rows], until)


# Imports and exports of the lists of many replicates: when they end, and what who asks is told.


class JobModel:
    def __init__(self, tables: CaseTables) -> None:
        self._nodes = tables.nodes
        self._import_delay = tables.row(lambda case: _job_rules(case).import_start_delay_s)
        self._import_s = tables.row_lists(lambda case, rows: _seconds(rows, _job_rules(case).import_rows_per_s))
        self._export_s = tables.row_lists(
            lambda case, rows: (
                _job_rules(case).export_start_delay_s + _seconds(rows, _job_rules(case).export_rows_per_s)
            )
        )
        self._at_once = tables.row(lambda case: case.profile.jobs.exports_at_once, np.int64)
        self._imports_begin = np.full(self._import_s.shape, np.inf)
        self._exports_end = np.full(self._import_s.shape, -np.inf)

    def begin(self, rows: Ints, nodes: Ints, shards: Ints, now: Floats) -> None:
        """What these requests start, if they start anything."""
        imports, exports = self._nodes.starts_import[nodes], self._nodes.starts_export[nodes]
        if imports.any():
            at = rows[imports], shards[imports]
            self._imports_begin[at] = now[imports] + self._import_delay[rows[imports]]
        if exports.any():
            self._begin_exports(rows[exports], shards[exports], now[exports])

    def _begin_exports(self, rows: Ints, shards: Ints, now: Floats) -> None:
        """An export waits until fewer than `exports_at_once` others are being made."""
        busy = np.where(self._exports_end[rows] > now[:, None], self._exports_end[rows], -np.inf)
        lists = busy.shape[1]
        ranked = np.sort(busy, axis=1)[np.arange(len(rows)), lists - np.minimum(self._at_once[rows], lists)]
        free_at = np.where(self._at_once[rows] <= lists, ranked, -np.inf)
        self._exports_end[rows, shards] = np.maximum(now, free_at) + self._export_s[rows, shards]

    def after(self, rows: Ints, nodes: Ints, shards: Ints, now: Floats) -> Ints:
        """The step that follows: another question where a job is asked about that is not done."""
        after = self._nodes.done[nodes]
        imports, exports = self._nodes.asks_import[nodes], self._nodes.asks_export[nodes]
        if exports.any():
            ready = self._exports_end[rows, shards] <= now
            after = np.where(exports & ~ready, self._nodes.running[nodes], after)
        if imports.any():
            begins = self._imports_begin[rows, shards]
            ended = now >= begins + self._import_s[rows, shards]
            going = np.where(now < begins, self._nodes.waiting[nodes], self._nodes.running[nodes])
            after = np.where(imports & ~ended, going, after)
        return after


def _job_rules(case: Case) -> Rules:
    """The job settings where time alone brings jobs forward; where it does not, they take none."""
    jobs = case.profile.jobs
    if jobs.progress == "time":
        return jobs
    return Rules(**{**{name: getattr(jobs, name) for name in jobs.__struct_fields__}, **_AT_ONCE})


_AT_ONCE = {
    "import_start_delay_s": 0.0,
    "import_rows_per_s": 0.0,
    "export_start_delay_s": 0.0,
    "export_rows_per_s": 0.0,
}


def _seconds(rows: int, rows_per_s: float) -> float:
    return rows / rows_per_s if rows_per_s else 0.0


# How long each request takes and what becomes of it, drawn for many replicates at once.


OK: Final = 0
LIMITED: Final = 1  # refused by the rate limit
LOST_APPLIED: Final = 2  # no clear answer, and it had its effect
LOST: Final = 3
THROTTLED: Final = 4  # refused though the limit would allow it
EXPIRED: Final = 5  # refused, and the token with it

# Of each kind of fault: what the client sees of it, and whether it costs the time of an answer.
MEANS = {
    "error_before_commit": (LOST, True),
    "error_after_commit": (LOST_APPLIED, True),
    "reset_before_parse": (LOST, False),
    "reset_after_commit": (LOST_APPLIED, True),
    "late_commit": (LOST_APPLIED, True),
    "partial_commit": (LOST, True),  # what is missing is sent again: as dear as if all of it were
    "truncated_answer": (LOST_APPLIED, True),
    "throttled": (THROTTLED, False),
    "expired_token": (EXPIRED, False),
}
FRESH = 50  # requests of a token that are spared its end. Source: mockserver/faults/__init__.py


@dataclass(frozen=True, slots=True)
class Fates:
    takes_s: Floats
    outcome: Ints


class Outcomes:
    def __init__(self, tables: CaseTables, rng: np.random.Generator) -> None:
        self._nodes, self.rng = tables.nodes, rng
        self._patience = tables.row(lambda case: case.profile.request_timeout_s or np.inf)
        kinds = [MEANS[kind] for kind in tables.cases[0].profile.faults.by_kind]
        self._means = np.asarray([outcome for outcome, _ in kinds] + [OK])
        self._takes_time = np.asarray([takes for _, takes in kinds] + [True])
        self._partial = list(tables.cases[0].profile.faults.by_kind).index("partial_commit")
        rates = np.asarray([list(case.profile.faults.by_kind.values()) for case in tables.cases])
        self._bounds = rates.cumsum(axis=1)[tables.case]
        self._has_faults: Bools = (rates.sum(axis=1) > 0)[tables.case]

    def seconds(self, nodes: Ints, in_work: Ints) -> Floats:
        """One draw of latency each. `in_work` counts the requests served at this moment, this one included."""
        table = self._nodes
        jitter = np.exp(table.sigma[nodes] * self.rng.standard_normal(len(nodes)))
        unlucky = self.rng.random(len(nodes)) < table.tail_probability[nodes]
        crowd = 1.0 + table.penalty[nodes] * (in_work - 1)
        return table.work_s[nodes] * jitter * crowd * np.where(unlucky, table.tail_factor[nodes], 1.0)

    def fates(self, rows: Ints, nodes: Ints, in_work: Ints, is_fresh: Bools) -> Fates:
        takes = self.seconds(nodes, in_work)
        outcome = np.full(len(rows), OK)
        if (some := self._has_faults[rows]).any():
            takes[some], outcome[some] = self._draw(rows[some], nodes[some], takes[some], is_fresh[some])
        patience = self._patience[rows]
        late = (takes > patience) & (outcome != THROTTLED) & (outcome != EXPIRED)
        return Fates(np.minimum(takes, patience), np.where(late, LOST_APPLIED, outcome))

    def _draw(self, rows: Ints, nodes: Ints, takes: Floats, is_fresh: Bools) -> tuple[Floats, Ints]:
        table = self._nodes
        kind = (self.rng.random(len(rows))[:, None] >= self._bounds[rows]).sum(axis=1)
        outcome = self._means[kind]
        spared = table.spared[nodes] | ((kind == self._partial) & ~table.adds[nodes])
        spared |= (outcome == EXPIRED) & (is_fresh | table.tokenless[nodes])
        outcome = np.where(spared, OK, outcome)
        return np.where(spared | self._takes_time[kind], takes, 0.0), outcome
