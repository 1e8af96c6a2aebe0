"""How long each request takes and what becomes of it, drawn for many replicates at once.

The distributions are those of mockserver/pacing/latency.py and mockserver/faults/chance.py; the draws are others.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .worlds import Bools, Floats, Ints, Tables

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
FRESH = 50  # requests of a token that are spared its end. Source: mockserver/faults/chance.py


@dataclass(frozen=True, slots=True)
class Fates:
    takes_s: Floats
    outcome: Ints


class Luck:
    def __init__(self, tables: Tables, rng: np.random.Generator) -> None:
        self._nodes, self.rng = tables.nodes, rng
        self._patience = tables.row(lambda world: world.profile.request_timeout_s or np.inf)
        kinds = [MEANS[kind] for kind in tables.worlds[0].profile.faults.by_kind]
        self._means = np.asarray([outcome for outcome, _ in kinds] + [OK])
        self._takes_time = np.asarray([takes for _, takes in kinds] + [True])
        self._partial = list(tables.worlds[0].profile.faults.by_kind).index("partial_commit")
        rates = np.asarray([list(world.profile.faults.by_kind.values()) for world in tables.worlds])
        self._bounds = rates.cumsum(axis=1)[tables.world]
        self._has_faults: Bools = (rates.sum(axis=1) > 0)[tables.world]

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
            takes[some], outcome[some] = self._struck(rows[some], nodes[some], takes[some], is_fresh[some])
        patience = self._patience[rows]
        late = (takes > patience) & (outcome != THROTTLED) & (outcome != EXPIRED)
        return Fates(np.minimum(takes, patience), np.where(late, LOST_APPLIED, outcome))

    def _struck(self, rows: Ints, nodes: Ints, takes: Floats, is_fresh: Bools) -> tuple[Floats, Ints]:
        table = self._nodes
        kind = (self.rng.random(len(rows))[:, None] >= self._bounds[rows]).sum(axis=1)
        outcome = self._means[kind]
        spared = table.spared[nodes] | ((kind == self._partial) & ~table.adds[nodes])
        spared |= (outcome == EXPIRED) & (is_fresh | table.tokenless[nodes])
        outcome = np.where(spared, OK, outcome)
        return np.where(spared | self._takes_time[kind], takes, 0.0), outcome
