"""How long an operation may take. Pure: learns from answers that are slow, and from those that do not come."""

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field

from ..flow import Call

MARGIN = 3.0  # times the 99th percentile of the answers so far
SLOW_S = 10.0  # answers faster than this move no limit: the shortest one is three times as long
ROUNDS = 3  # of calls that run out of time, before the limit is what is wrong
RAISE = 4.0


@dataclass(slots=True)
class _Operation:
    answers: int = 0
    slow: list[float] = field(default_factory=list)  # sorted
    rounds: int = 0  # calls in a row that ran out of time, each sent after the one before had
    ran_out_at: float = 0.0
    raised_s: float = 0.0

    @property
    def p99_s(self) -> float:
        """Of the answers, or the slowest of the first ones; 0 if it is nothing to speak of."""
        rank = max(1, self.answers // 100)
        return self.slow[-rank] if rank <= len(self.slow) else 0.0


@dataclass(slots=True)
class TimeOuts:
    """One for all workers of a run. A limit is never lower than the call's own."""

    _operations: defaultdict[str, _Operation] = field(default_factory=lambda: defaultdict(_Operation))

    def limit_s(self, call: Call) -> float:
        known = self._operations[call.op]
        return max(call.timeout_s, known.raised_s, MARGIN * known.p99_s)

    def record_reply(self, op: str, seconds: float) -> None:
        known = self._operations[op]
        known.answers += 1
        known.rounds = 0
        if seconds > SLOW_S:
            insort(known.slow, seconds)

    def ran_out(self, op: str, limit_s: float, sent_at: float, now: float) -> str | None:
        """Note a call without an answer; what to tell if its limit is raised: once, and not if others get none too."""
        known = self._operations[op]
        if known.rounds and sent_at < known.ran_out_at:
            return None  # it was under way with another one
        known.rounds, known.ran_out_at = known.rounds + 1, now
        others = any(other.rounds for name, other in self._operations.items() if name != op)
        if known.rounds < ROUNDS or known.raised_s or others:
            return None
        known.raised_s = limit_s * RAISE
        return (
            f"{op}: no answer within {limit_s:.0f} s, {ROUNDS} times in a row, from a server that is there;"
            f" from now on it may take {known.raised_s:.0f} s"
        )
