"""The samples of an operation, as arrays to fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .latency_fit import TERMS, LatencyFit, Observed, fit
from .notebook import Notebook, Seen

SAME_MOMENT_S = 1e-3  # of requests that leave within this time nobody knows which the server served first
ENOUGH = 0.6  # of the samples have to stay if those are left out


@dataclass(frozen=True, slots=True)
class OpSamples:
    seen: Sequence[Seen]
    observed: Observed

    def fitted(self, terms: Sequence[str] = TERMS, *, tail: bool = True) -> LatencyFit:
        return fit(self.observed, terms, tail=tail)


def observed(notebook: Notebook, *ops: str, phases: Sequence[str] = ()) -> OpSamples:
    """What these operations took, where it was answered well."""
    tied = _tied(notebook.seen)
    chosen = [
        (one, number in tied)
        for number, one in enumerate(notebook.seen)
        if one.op in ops and 200 <= one.status < 400 and one.done > one.sent and (not phases or one.phase in phases)
    ]
    clear = [one for one, is_tied in chosen if not is_tied]
    kept = clear if len(clear) >= ENOUGH * len(chosen) else [one for one, _ in chosen]
    columns = [[one.done - one.sent, one.contacts, one.kib, one.in_work] for one in kept]
    return OpSamples(kept, Observed(*np.array(columns, dtype=np.float64).reshape(-1, 4).T))


def _tied(seen: Sequence[Seen]) -> set[int]:
    """Requests that left together with another one."""
    order = sorted(range(len(seen)), key=lambda number: seen[number].sent)
    return {n for a, b in pairwise(order) if seen[b].sent - seen[a].sent < SAME_MOMENT_S for n in (a, b)}
