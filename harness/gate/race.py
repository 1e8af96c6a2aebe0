"""When one of two has been slower often enough to say so. Pure: seconds in, verdicts out.

What else runs on a machine can only slow a turn down, so the fastest turns say most; but one lucky turn proves
nothing, so turns are also compared in pairs, each beside the one that was next to it. Both have to agree before
anything fails, and as long as the answer is near the line there are more rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from ..checks import Verdict

FAIL, WARN = 1.25, 1.10
LEAST_ROUNDS, MOST_ROUNDS = 3, 20
FEW = 8  # rounds: with fewer, both measures have to say that nothing is wrong
SURE_AFTER = 5  # rounds: all of head's turns beyond all of base's are no chance


@dataclass(slots=True)
class Race:
    """Seconds of base and head, a pair a round."""

    base: list[float] = field(default_factory=list)
    head: list[float] = field(default_factory=list)

    def add(self, base: float, head: float) -> None:
        self.base.append(base)
        self.head.append(head)

    @property
    def ratio(self) -> float:
        """The fastest of head by the fastest of base."""
        return min(self.head) / min(self.base)

    @property
    def paired(self) -> float:
        """The median of the rounds' own ratios."""
        return median(head / base for base, head in zip(self.base, self.head, strict=True))

    @property
    def slower(self) -> float:
        """The smaller one: only where both are large is head the slower one."""
        return min(self.ratio, self.paired)

    @property
    def settled(self) -> bool:
        """More rounds would say the same."""
        rounds = len(self.base)
        if rounds < LEAST_ROUNDS:
            return False
        doubt = max(self.ratio, self.paired) if rounds < FEW else self.slower
        if doubt <= WARN or rounds >= MOST_ROUNDS:
            return True
        return rounds >= SURE_AFTER and min(self.head) > FAIL * max(self.base)

    @property
    def verdict(self) -> Verdict:
        return "failed" if self.slower > FAIL else "warned" if self.slower > WARN else "passed"


def orders(rounds: int) -> Sequence[tuple[str, str]]:
    """Who goes first in each round: in turns, since whoever is second finds warm caches, or a busier machine."""
    return [("base", "head") if number % 2 == 0 else ("head", "base") for number in range(rounds)]
