"""The rate limit that explains what the headers of all answers said, by replaying the requests through the mock's own.

The limits themselves stand in the headers. What does not is how long a window lasts, to less than a second, and whether
it stands or slides: each candidate is asked what it would have said, and the one that is wrong least is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mockserver.pacing.limits import Limiter
from mockserver.profile import Rate

from .notebook import Seen

Kind = Literal["fixed", "sliding"]
KINDS: tuple[Kind, ...] = ("fixed", "sliding")
STEP_S = 0.05
REFUSED = 429
OTHER_TOKENS = "logins"  # the phase whose requests have tokens of their own
OVERTAKING = 8  # requests that leave together are counted in an order of their own
UNCOUNTED = ("oauth.token", "import.upload", "export.file")  # whose answers say nothing of a limit


@dataclass(frozen=True, slots=True)
class RateFit:
    requests_per_window: int
    window_s: float
    window: Kind
    per_op: dict[str, int] = field(default_factory=dict)
    off: float = 0.0  # share of the answers whose headers it does not explain
    between: tuple[float, float] = (0.0, 0.0)  # window lengths that explain as much
    refused: int = 0
    hidden: bool = False  # refusals came before the headers' limit was reached


def fit(seen: Sequence[Seen]) -> RateFit | None:
    """None where no header tells of a limit."""
    told = sorted((one for one in seen if one.allowed is not None and one.reset is not None), key=lambda one: one.sent)
    if not told:
        return None
    allowed = max(one.allowed or 0 for one in told)
    if {one.op for one in seen if one.status == 200} - {one.op for one in told} - set(UNCOUNTED):
        allowed = 0  # some operations have limits of their own, and nothing else is limited
    limits = {op: _least(told, op) for op in sorted({one.op for one in told})}
    per_op = {op: least for op, least in limits.items() if least < allowed or not allowed}
    longest = max(one.reset or 0 for one in told)
    tried = np.arange(max(STEP_S, longest - 1), longest + STEP_S / 2, STEP_S)
    wrong = {
        (kind, float(length)): _wrong(told, Rate(
            requests_per_window=allowed, window_s=float(length), window=kind,
            scope="token", counts_uploads=False, per_op=per_op,
        ))
        for kind in KINDS
        for length in tried
    }  # fmt: skip
    least = min(wrong.values())
    kind = min(wrong, key=lambda one: (wrong[one], one[0]))[0]
    lengths = [length for (each, length), count in wrong.items() if each == kind and count == least]
    refused = [one for one in told if one.status == REFUSED]
    return RateFit(
        requests_per_window=allowed,
        window_s=round(_plain(lengths), 2),
        window=kind,
        per_op=per_op,
        off=least / len(told),
        between=(round(min(lengths), 2), round(max(lengths), 2)),
        refused=len(refused),
        hidden=any((one.used or 0) < (one.allowed or 0) for one in refused),
    )


def _least(told: Sequence[Seen], op: str) -> int:
    return min(one.allowed or 0 for one in told if one.op == op)


def _plain(lengths: Sequence[float]) -> float:
    """Whole seconds if they are as good as any: limits are written so."""
    whole = [length for length in lengths if abs(length - round(length)) < STEP_S / 2]
    return float(round(whole[0])) if whole else float(np.mean(lengths))


def _wrong(told: Sequence[Seen], rate: Rate) -> int:
    """How many answers the limit would have given other headers. Every token has windows of its own."""
    limiter, wrong = Limiter(), 0
    for one in told:
        if one.phase == OTHER_TOKENS:
            continue
        said = limiter.admit("", one.op, rate, one.sent)
        wrong += said is None or said.reset_s != one.reset or abs(said.used - (one.used or 0)) > OVERTAKING
    return wrong
