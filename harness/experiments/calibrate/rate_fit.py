"""The rate limit that explains what the headers of all answers said, by replaying the requests through the mock's own.

The limits themselves stand in the headers. What does not is how long a window lasts, to less than a second, and whether
it stands or slides: each candidate is asked what it would have said, and the one that is wrong least is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from mockserver.pacing import Limiter
from mockserver.profile import RateSettings

from .observations import RequestObservation

Kind = Literal["fixed", "sliding"]
KINDS: tuple[Kind, ...] = ("fixed", "sliding")
STEP_S = 0.05
REFUSED = 429
EXPLAINED = 0.8  # of the early refusals, by a limit that is then believed: refusals by chance follow none
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
    explains: str = ""  # the setting that is lower than the headers say and explains those refusals


def fit(seen: Sequence[RequestObservation]) -> RateFit | None:
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
        (kind, float(length)): _wrong(told, RateSettings(
            requests_per_window=allowed, window_s=float(length), window=kind,
            scope="token", counts_uploads=False, per_op=per_op,
        ))
        for kind in KINDS
        for length in tried
    }  # fmt: skip
    least = min(wrong.values())
    kind = min(wrong, key=lambda one: (wrong[one], one[0]))[0]
    lengths = [length for (each, length), count in wrong.items() if each == kind and count == least]
    found = RateFit(
        requests_per_window=allowed,
        window_s=round(_plain(lengths), 2),
        window=kind,
        per_op=per_op,
        off=least / len(told),
        between=(round(min(lengths), 2), round(max(lengths), 2)),
        refused=sum(one.status == REFUSED for one in seen),
    )
    return _with_hidden_limit(found, seen)


def _with_hidden_limit(found: RateFit, seen: Sequence[RequestObservation]) -> RateFit:
    """With the limit that explains refusals which came too early by the headers, if one does.

    It is taken for the limit of one operation if that alone was refused, and to have the window of the known one.
    """
    early = [one for one in seen if one.status == REFUSED and (one.used or 0) < (one.allowed or 1)]
    if not early:
        return found
    op = early[0].op if len({one.op for one in early}) == 1 else ""
    counted = sorted((one for one in seen if _counts(one, op)), key=lambda one: one.sent)
    passed = np.array([one.sent for one in counted if one.status != REFUSED])
    before = [int(((passed > one.sent - found.window_s) & (passed < one.sent)).sum()) for one in early]
    wrong = {limit: _count_errors(counted, found, limit) for limit in range(1, max(before) + 1)}
    lower = min(wrong, key=lambda limit: (wrong[limit], -limit), default=0)
    if not lower or wrong[lower] > (1 - EXPLAINED) * len(early):
        return replace(found, hidden=True)
    if op:
        return replace(found, hidden=True, per_op={**found.per_op, op: lower}, explains=f"rate.per_op.{op}")
    return replace(found, hidden=True, requests_per_window=lower, explains="rate.requests_per_window")


def _counts(one: RequestObservation, op: str) -> bool:
    return one.phase != OTHER_TOKENS and (one.op == op if op else one.op not in UNCOUNTED)


def _count_errors(counted: Sequence[RequestObservation], found: RateFit, limit: int) -> int:
    """How many requests such a limit would have let through that were refused, or refused though they went through."""
    rate = RateSettings(
        requests_per_window=limit, window_s=found.window_s, window=found.window,
        scope="token", counts_uploads=False, per_op={},
    )  # fmt: skip
    limiter, wrong = Limiter(), 0
    for one in counted:
        said = limiter.admit("", one.op, rate, one.sent)
        wrong += said is not None and said.admitted == (one.status == REFUSED)
    return wrong


def _least(told: Sequence[RequestObservation], op: str) -> int:
    return min(one.allowed or 0 for one in told if one.op == op)


def _plain(lengths: Sequence[float]) -> float:
    """Whole seconds if they are as good as any: limits are written so."""
    whole = [length for length in lengths if abs(length - round(length)) < STEP_S / 2]
    return float(round(whole[0])) if whole else float(np.mean(lengths))


def _wrong(told: Sequence[RequestObservation], rate: RateSettings) -> int:
    """How many answers the limit would have given other headers. Every token has windows of its own."""
    limiter, wrong = Limiter(), 0
    for one in told:
        if one.phase == OTHER_TOKENS:
            continue
        said = limiter.admit("", one.op, rate, one.sent)
        wrong += said is None or said.reset_s != one.reset or abs(said.used - (one.used or 0)) > OVERTAKING
    return wrong
