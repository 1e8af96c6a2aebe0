"""When a process is killed: at any time of its life, or while one of its requests is under way."""

import random
from typing import Any

from .case import Case
from .processes import Child

STALL_S = 0.1
WHEN = ("before_parse", "before_commit", "after_commit", "mid_response")
REQUESTS = {"batch-api": 26, "batch-api-own-ids": 26, "csv-import-export": 12, "csv-import-own-ids": 8}  # at least
LOOK_S = 0.02


def at_random(case: Case, rng: random.Random, span_s: float, **how: Any) -> Child:
    """The upload, started and come to the moment; it may have ended before."""
    if rng.random() < 0.5:
        return at_any_request(case, rng, **how)
    child = case.start(**how)
    child.ends_within(rng.uniform(0, span_s))
    return child


def at_any_request(case: Case, rng: random.Random, **how: Any) -> Child:
    """Started, and come to a request that is being stalled, or to shortly after it."""
    nth, when = rng.randint(1, REQUESTS[case.strategy]), rng.choice(WHEN)
    case.mock.faults({"op": "*", "nth": nth, "when": when, "action": {"stall_s": STALL_S}})
    child = case.start(**how)
    while case.mock.unfired():
        if child.ends_within(LOOK_S):
            break
    else:
        child.ends_within(rng.uniform(0, STALL_S))
    case.mock.faults()
    return child
