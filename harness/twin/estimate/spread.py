"""The ends of an estimate's interval: an interval that is made to hold, not one that holds in the middle of its luck.

Of `RUNS` runs at least `HOLDS` shall lie between the ends, with `CONFIDENCE`. Percentiles 10 and 90 would fail that two
times in five, since of 50 runs as many as by chance lie outside. So the ends lie further out: the least so
many ranks in from the first and the last replicate for which it is true, whatever the distribution is.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .worlds import Floats

HOLDS, RUNS, CONFIDENCE = 0.8, 50, 0.99  # not 0.95: a table has a dozen of intervals, and each of them should hold
DIGITS = 3  # of the ends of an interval


def spread(values: Floats) -> dict[str, float]:
    """`p10`, `p50`, `p90` of the values that are known; 0 if none is."""
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return {"p10": 0.0, "p50": 0.0, "p90": 0.0}
    rank = rank_of_an_end(len(known))
    found = {"p10": known[rank - 1], "p50": np.median(known), "p90": known[-rank]}
    return {name: round(float(value), 3) for name, value in found.items()}


def outward(times: dict[str, float]) -> dict[str, float]:
    """The lower end rounded down, the upper one up to three digits: an interval promises no more than it knows."""
    return times | {"p10": _to_digits(times["p10"], math.floor), "p90": _to_digits(times["p90"], math.ceil)}


def _to_digits(value: float, rounded: Callable[[float], int]) -> float:
    if not value:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - DIGITS + 1)
    return round(rounded(round(value / unit, 6)) * unit, 9)


def told(replicates: int) -> dict[str, Any]:
    """What `p10` and `p90` are, for whoever reads the document. Of few replicates nobody can be sure enough."""
    rank = rank_of_an_end(replicates)
    out, sure = rank / (replicates + 1), min(CONFIDENCE, sureness(replicates, rank))
    return {
        "p10_p90": f"ends between which at least {HOLDS:.0%} of {RUNS} runs lie, with a confidence of {sure:.0%}",
        "holds": HOLDS,
        "runs": RUNS,
        "confidence": round(sure, 4),
        "percentiles": [round(100 * out, 1), round(100 * (1 - out), 1)],
    }


@lru_cache(maxsize=256)
def rank_of_an_end(replicates: int) -> int:
    """How many replicates in from the first and the last one the ends are; 1 where there are too few to be sure."""
    least, most = 1, max(1, (replicates + 1) // 2)
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if sureness(replicates, middle) >= CONFIDENCE else (least, middle)
    return least


def sureness(replicates: int, rank: int) -> float:
    """How likely at least `HOLDS` of `RUNS` further runs lie between the replicates of that rank from both ends.

    What lies between two order statistics is beta-distributed, so the number of further runs there is beta-binomial.
    """
    inside, outside = replicates + 1 - 2 * rank, 2 * rank
    if inside <= 0:
        return 0.0
    least = math.ceil(HOLDS * RUNS)
    all_replicates = _log_beta(inside, outside)
    return math.fsum(
        math.comb(RUNS, count) * math.exp(_log_beta(inside + count, outside + RUNS - count) - all_replicates)
        for count in range(least, RUNS + 1)
    )


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
