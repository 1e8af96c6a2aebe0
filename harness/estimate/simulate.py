"""Plays recorded uploads for many replicates at once: one row a replicate, one column a worker.

Each turn takes the next event of every row: an answer that arrives, a request that wants to leave. Rows know nothing of
each other; only the arithmetic is shared. What happens in which order within a row is what the asyncio driver does.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..client.oauth import RENEWAL_POLL_S
from ..client.retry import MIN_WAIT_S, RetryPolicy
from .cases import Bools, CaseTables, Floats, Ints
from .recording import END, LOGIN, PROOF
from .server_model import (
    EXPIRED,
    FRESH,
    LIMITED,
    LOST,
    LOST_APPLIED,
    OK,
    THROTTLED,
    Budgets,
    JobModel,
    Outcomes,
    Windows,
)

WAITING: Final = np.inf  # for nothing: a worker without a flow
POLICY = RetryPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came out, one number a row. Times in seconds since the run began."""

    case: Ints
    duration_s: Floats  # until every lead is mapped
    ended_s: Floats  # the proof included
    first_mapping_s: Floats
    requests: Ints
    polls: Ints
    throttled_s: Floats  # of all workers together
    repeats: Ints
    in_doubt: Ints


def simulate(tables: CaseTables, seed: int) -> Replay:
    """Every row to its end, with the luck of that seed."""
    return Simulator(tables, Outcomes(tables, np.random.default_rng(seed))).play()


class Simulator:
    def __init__(self, tables: CaseTables, luck: Outcomes) -> None:
        rows = len(tables.case)
        self._tables, self._nodes = tables, tables.nodes
        self._luck = luck
        self._jobs = JobModel(tables)
        self._windows = Windows(
            tables.row(lambda case: case.rate_limit * case.clients, np.int64),
            tables.row(lambda case: case.profile.rate.window_s),
            tables.row(lambda case: case.profile.rate.window == "sliding", np.bool_),
        )
        self._by_token = tables.row(lambda case: case.profile.rate.scope == "token", np.bool_)
        self._retry_after = tables.row(lambda case: case.profile.faults.retry_after_s)
        self._concurrency = tables.row(lambda case: case.concurrency, np.int64)
        self._budgets = Budgets(rows)
        self._in_work = np.zeros(rows, np.int64)
        self._since_login = np.zeros(rows, np.int64)
        self._login = int(np.flatnonzero(self._nodes.spared)[0]) if self._nodes.spared.any() else -1
        # Of each worker, by row * workers + worker:
        size = rows * tables.workers
        self._at = np.full(size, WAITING)  # when its next event is
        self._leaves = np.ones(size, np.bool_)  # a request wants to leave; else an answer arrives
        self._node = np.zeros(size, np.int64)
        self._shard = np.zeros(size, np.int64)
        self._sent_at, self._used, self._reset_s = np.zeros(size), np.zeros(size, np.int64), np.full(size, -1.0)
        self._outcome, self._failures = np.zeros(size, np.int64), np.zeros(size, np.int64)
        # Of each row:
        self._now, self._next, self._last = np.zeros(rows), np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        self._first_mapping, self._throttled = np.full(rows, np.nan), np.zeros(rows)
        self._requests, self._polls = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        self._repeats, self._in_doubt = np.zeros(rows, np.int64), np.zeros(rows, np.int64)

    def play(self) -> Replay:
        """Every stage to its end, in every row."""
        duration = self._now
        for number, name in enumerate(self._tables.stages):
            if name == PROOF:
                duration = self._now.copy()
            self._begin(number)
            while self._turn():
                pass
        return Replay(
            case=self._tables.case,
            duration_s=duration,
            ended_s=self._now,
            first_mapping_s=self._first_mapping,
            requests=self._requests,
            polls=self._polls,
            throttled_s=self._throttled,
            repeats=self._repeats,
            in_doubt=self._in_doubt,
        )

    def _begin(self, stage: int) -> None:
        """Give each worker its first flow, as far as there are any."""
        tables, workers = self._tables, self._tables.workers
        self._rows = np.arange(len(tables.case))
        first, count = tables.first[stage][tables.case], tables.count[stage][tables.case]
        self._last, self._next = first + count, first.copy()
        begins = self._now.copy()
        for worker in range(workers):
            rows = np.flatnonzero((worker < self._concurrency) & (self._next < self._last))
            self._take_flow(rows * workers + worker, rows, begins[rows])
            if stage and tables.stages[stage - 1] == LOGIN:  # who does not log in looks for the token now and then
                begins = np.ceil(self._now / RENEWAL_POLL_S) * RENEWAL_POLL_S

    def _turn(self) -> bool:
        """One event of every row that has one; whether any had."""
        rows, workers = self._rows, self._tables.workers
        at = self._at.reshape(-1, workers)
        at = at if len(rows) == len(at) else at[rows]
        worker = at.argmin(axis=1)
        now = at[np.arange(len(rows)), worker]
        alive = now < WAITING
        if not alive.all():
            self._rows, rows, worker, now = rows[alive], rows[alive], worker[alive], now[alive]
        slots = rows * workers + worker
        arrives = ~self._leaves[slots]
        if arrives.any():
            self._arrive(slots[arrives], rows[arrives], now[arrives])
        leaves = self._leaves[slots] & (self._at[slots] == now)
        if leaves.any():
            self._leave(slots[leaves], rows[leaves], now[leaves])
        return bool(len(self._rows))

    # --- a request ----------------------------------------------------------------------------------------------------

    def _leave(self, slots: Ints, rows: Ints, now: Floats) -> None:
        """Send what the rate budget lets go; the rest asks again later."""
        hold = np.where(self._nodes.budgeted[self._node[slots]], self._budgets.wait_s(rows, now), 0.0)
        if (held := hold > 0).any():
            self._at[slots[held]] += hold[held]
            self._throttled[rows[held]] += hold[held]
            slots, rows, now = slots[~held], rows[~held], now[~held]
        nodes = self._node[slots]
        self._budgets.take(rows)
        self._requests[rows] += 1
        self._polls[rows] += self._nodes.asks_import[nodes] | self._nodes.asks_export[nodes]
        self._leaves[slots] = False
        self._sent_at[slots] = now
        limited = self._rate_limited(slots, rows, nodes, now)
        if limited.any():
            self._outcome[slots[limited]] = LIMITED  # answered at once
            slots, rows, nodes, now = slots[~limited], rows[~limited], nodes[~limited], now[~limited]
        self._in_work[rows] += 1
        self._since_login[rows] += 1
        fates = self._luck.fates(rows, nodes, self._in_work[rows], self._since_login[rows] <= FRESH)
        self._at[slots] = now + fates.takes_s
        self._outcome[slots] = fates.outcome

    def _rate_limited(self, slots: Ints, rows: Ints, nodes: Ints, now: Floats) -> Bools:
        """Which requests the server's rate limit refuses. What the headers say is kept until the answer is read."""
        limited = np.zeros(len(rows), np.bool_)
        self._reset_s[slots] = -1.0
        counted = self._nodes.counted[nodes] & (self._windows.allowed[rows] > 0)
        if counted.any():
            said = self._windows.admit(rows[counted], now[counted])
            limited[counted] = ~said.admitted
            self._used[slots[counted]] = said.used
            self._reset_s[slots[counted]] = said.reset_s
            refused = slots[counted][~said.admitted]
            self._failures[refused] = said.retry_after_s[~said.admitted].astype(np.int64)
        return limited

    # --- its answer ---------------------------------------------------------------------------------------------------

    def _arrive(self, slots: Ints, rows: Ints, now: Floats) -> None:
        outcome, nodes = self._outcome[slots], self._node[slots]
        self._budgets.release(rows)
        self._in_work[rows] -= outcome != LIMITED
        self._learn(slots, rows, now)
        applied = (outcome == OK) | (outcome == LOST_APPLIED)
        self._jobs.begin(rows[applied], nodes[applied], self._shard[slots[applied]], now[applied])
        self._leaves[slots] = True
        well = outcome == OK
        if well.all():
            self._go_on(slots, rows, nodes, now)
        else:
            self._go_on(slots[well], rows[well], nodes[well], now[well])
            self._repeat(slots[~well], rows[~well], nodes[~well], now[~well])

    def _learn(self, slots: Ints, rows: Ints, now: Floats) -> None:
        told = self._reset_s[slots] >= 0
        if told.any():
            slots, rows, now = slots[told], rows[told], now[told]
            allowed, used = self._windows.allowed[rows], self._used[slots]
            self._budgets.learn(rows, self._sent_at[slots], now, allowed, used, self._reset_s[slots])

    def _go_on(self, slots: Ints, rows: Ints, nodes: Ints, now: Floats) -> None:
        """The next request of the flow, or the next flow."""
        maps = self._nodes.maps[nodes]
        if maps.any():
            self._first_mapping[rows[maps]] = np.fmin(self._first_mapping[rows[maps]], now[maps])
        self._failures[slots] = 0
        after = self._jobs.after(rows, nodes, self._shard[slots], now)
        ends = after == END
        self._take_flow(slots[ends], rows[ends], now[ends])
        self._enter(slots[~ends], after[~ends], now[~ends])

    def _enter(self, slots: Ints, nodes: Ints, now: Floats) -> None:
        self._node[slots] = nodes
        self._at[slots] = now + self._nodes.pause_s[nodes]

    def _take_flow(self, slots: Ints, rows: Ints, now: Floats) -> None:
        number = self._next[rows]
        some = number < self._last[rows]
        self._at[slots] = np.where(some, now, WAITING)
        self._now[rows[~some]] = np.maximum(self._now[rows[~some]], now[~some])
        slots, rows, number = slots[some], rows[some], number[some]
        self._node[slots] = self._tables.entry[number]
        self._shard[slots] = self._tables.shard[number]
        self._next[rows] += 1

    def _repeat(self, slots: Ints, rows: Ints, nodes: Ints, now: Floats) -> None:
        """After a refusal the same request again; after silence too, if that is safe, or else what the flow did."""
        outcome, lost = self._outcome[slots], np.isin(self._outcome[slots], (LOST, LOST_APPLIED))
        throttled = (outcome == LIMITED) | (outcome == THROTTLED)
        asked = np.where(outcome == LIMITED, self._failures[slots], self._retry_after[rows])
        self._budgets.block(rows[throttled], now[throttled] + asked[throttled])
        pause = np.where(throttled, asked + self._luck.rng.uniform(0.0, MIN_WAIT_S, len(slots)), 0.0)
        self._throttled[rows] += pause
        pause += np.where(outcome == EXPIRED, self._login_s(rows, outcome == EXPIRED), 0.0)
        branch = np.where(outcome == LOST, self._nodes.lost[nodes], self._nodes.lost_applied[nodes])
        again = lost & self._nodes.repeated[nodes]
        self._failures[slots] = np.where(again, self._failures[slots] + 1, 0)
        pause += np.where(again, self._backoff_s(self._failures[slots]), 0.0)
        self._repeats[rows] += again | throttled
        self._in_doubt[rows] += lost & ~again & self._nodes.adds[nodes]
        stays = ~lost | again
        self._at[slots[stays]] = (now + pause)[stays]
        self._leave_flow(slots[~stays], rows[~stays], branch[~stays], now[~stays])

    def _leave_flow(self, slots: Ints, rows: Ints, branch: Ints, now: Floats) -> None:
        ends = branch == END
        self._take_flow(slots[ends], rows[ends], now[ends])
        self._enter(slots[~ends], branch[~ends], now[~ends])

    def _backoff_s(self, failures: Ints) -> Floats:
        ceiling = np.minimum(POLICY.cap_s, POLICY.initial_s * 2.0 ** np.minimum(failures - 1, 16))
        return np.maximum(MIN_WAIT_S, self._luck.rng.uniform(0.0, 1.0, len(failures)) * ceiling)

    def _login_s(self, rows: Ints, expired: Bools) -> Floats:
        """Another token, and with it, where limits are counted by token, another window."""
        takes = np.zeros(len(rows))
        if expired.any():
            again = rows[expired]
            takes[expired] = self._luck.seconds(np.full(len(again), self._login), self._in_work[again] + 1)
            self._requests[again] += 1
            self._since_login[again] = 0
            self._windows.forget(again[self._by_token[again]])
        return takes
