"""How long an operation takes: pure, and drawn from a generator that is an argument."""

import math
import random

from mockserver.profile import Latency, Profile

_NONE = Latency()


def latency_of(profile: Profile, op: str) -> Latency:
    """The model of one operation, else the one for all others."""
    return profile.latency.get(op) or profile.latency.get("*", _NONE)


def seconds(model: Latency, *, contacts: int, kib: float, in_work: int, rng: random.Random) -> float:
    """One draw. `in_work` counts the requests served at this moment, this one included.

    Every call takes the same draws from `rng` in the same order, whatever the settings: changing one setting
    leaves the luck of all requests as it was.
    """
    deviation = _standard_normal(rng)
    unlucky = rng.random() < model.tail_probability
    work = model.base_s + model.per_contact_s * contacts + model.per_kib_s * kib
    crowd = 1 + model.concurrency_penalty * max(0, in_work - 1)
    return work * math.exp(model.sigma * deviation) * crowd * (model.tail_factor if unlucky else 1.0)


def _standard_normal(rng: random.Random) -> float:
    """One draw from two uniform ones (Box-Muller), so that it always takes the same number of them."""
    radius = math.sqrt(-2.0 * math.log(1.0 - rng.random()))
    return radius * math.cos(math.tau * rng.random())
