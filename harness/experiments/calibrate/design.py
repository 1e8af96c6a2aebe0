"""How many requests of which sizes say most about a POST of a full batch, for the contacts that may be spent. Pure.

What is asked for is the time of `FULL` contacts at once. The error of a request is a factor, so small requests say as
much about the parts of the model as large ones, as long as the contacts and not the base make up their time: of all
sizes the one whose contacts take as long as its base tells most per contact. Part of the contacts goes into full
batches all the same: that time is proportional to the number of contacts is an assumption, and they would show it.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

FULL = 1000
LEAST = 10
SHARE_OF_SINGLE = 0.75  # of the requests: jitter and tail are the same for all sizes
SHARE_OF_FULL = 0.2  # of the contacts, where smaller requests tell much more per contact
NEARLY_FULL = 500  # from this size on full batches tell nearly as much per contact: they get all


@dataclass(frozen=True, slots=True)
class Post:
    contacts: int
    wide: bool = False


def pilot_posts() -> list[Post]:
    """One after the other: what a contact costs, roughly, what its bytes cost, and what a quiet org is like."""
    full, hundreds = [Post(FULL)] * 2, [Post(100)] * 6
    return [Post(1)] * 60 + hundreds + [Post(100, wide=True)] * 3 + full


def concurrent_posts(
    base_s: float, per_contact_s: float, contacts: int, requests: int, rng: random.Random
) -> list[Post]:
    """At once: the sizes that tell most, full batches, and single contacts for jitter and tail; small ones first."""
    best = telling_size(base_s, per_contact_s)
    single = min(round(requests * SHARE_OF_SINGLE), contacts // 10)
    rest, free = contacts - single, requests - single
    full = rest // FULL if best >= NEARLY_FULL else round(rest * SHARE_OF_FULL / FULL)
    full = min(full, free)
    some = min((rest - full * FULL) // best, free - full) if best < NEARLY_FULL else 0
    spare = rest - full * FULL - some * best
    full_instead = min(some, spare // (FULL - best)) if some else 0  # where there are more contacts than requests
    large = [Post(FULL)] * (full + full_instead) + [Post(best)] * (some - full_instead)
    beginning, posts = [Post(1)] * min(single, 16), large + [Post(1)] * max(0, single - 16)
    rng.shuffle(posts)
    return beginning + posts


def telling_size(base_s: float, per_contact_s: float) -> int:
    """Of requests with so many contacts each, the contacts at hand say most about what a contact costs.

    With n contacts a request, B of them in all and an error of a factor, the variance of the slope is proportional to
    (base + slope * n)^2 / (B * n), which is least at n = base / slope.
    """
    if per_contact_s <= 0:
        return FULL
    return int(min(FULL, max(LEAST, base_s / per_contact_s)))


def remaining_posts(planned: Sequence[Post], done: Sequence[Post]) -> list[Post]:
    """What an earlier process did not come to."""
    counts = {post: done.count(post) for post in set(done)}
    remaining = []
    for post in planned:
        if counts.get(post, 0):
            counts[post] -= 1
        else:
            remaining.append(post)
    return remaining
