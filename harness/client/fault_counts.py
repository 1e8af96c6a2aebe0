"""What went wrong in a run and what became of it, counted as it goes."""

from dataclasses import dataclass, field
from typing import Any

from ..events import BatchAcked, BatchInDoubt, ShardAbandoned
from ..flow import Call, Reply, Wait
from .retry import outcome

LOST_TIME = ("backoff", "throttle", "quiet", "outage")  # kinds of waiting that a run without trouble does not have


@dataclass(slots=True)
class FaultCounts:
    """Since the command was started. A request without a clear answer counts once in each of the first two groups."""

    # What went wrong
    refused: int = 0  # 429
    expired: int = 0  # 401
    failed: int = 0  # 5xx or 408
    cut: int = 0  # no answer, or not all of it
    unsent: int = 0  # nothing of it can have left
    # What it meant
    not_applied: int = 0  # nothing was done: sent again
    repeatable: int = 0  # unknown what was done, but doing it twice is harmless: sent again
    doubtful: int = 0  # unknown what was done, and twice would be too often: looked up
    # What became of it
    batches_in_doubt: int = 0
    leads_found: int = 0  # of those batches: their contacts were there and are adopted
    leads_resent: int = 0  # of those batches: they were missing and were sent again
    lists_reloaded: int = 0  # that may have held half an upload: dropped, and loaded from the start
    waited_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(LOST_TIME, 0.0))  # summed over flows
    clock_s: dict[str, float] = field(default_factory=dict)  # by the clock: in which at least one flow waited
    _until: dict[str, float] = field(default_factory=dict)
    _in_doubt: set[int] = field(default_factory=set)  # batches, by their first leads

    @property
    def in_doubt_now(self) -> int:
        """Batches of which it is not known yet what became of them."""
        return len(self._in_doubt)

    def record_reply(self, call: Call, reply: Reply) -> None:
        """Count the answer, unless it is a clear one."""
        known = outcome(reply)
        if reply.status == 401:
            self.expired += 1
            self.not_applied += 1
        elif known == "throttled":
            self.refused += 1
            self.not_applied += 1
        elif known == "not_applied":
            self.unsent += 1
            self.not_applied += 1
        elif known == "unknown":
            self.cut += reply.status == 0 or reply.status < 400
            self.failed += reply.status >= 400
            self.repeatable += call.idempotent
            self.doubtful += not call.idempotent

    def record_wait(self, wait: Wait, now: float) -> None:
        if wait.why in self.waited_s:
            self.waited_s[wait.why] += wait.seconds
        kind, ends = "throttle" if wait.why == "hold" else wait.why, now + wait.seconds
        until = self._until.get(kind, 0.0)
        self.clock_s[kind] = self.clock_s.get(kind, 0.0) + max(0.0, ends - max(now, until))
        self._until[kind] = max(until, ends)

    def waits(self, now: float) -> dict[str, float]:
        """What is waited for: seconds until the last wait of each kind ends."""
        return {kind: ends - now for kind, ends in tuple(self._until.items()) if ends > now}

    def record_event(self, event: Any) -> None:
        match event:
            case BatchInDoubt():
                self.batches_in_doubt += event.first not in self._in_doubt
                self._in_doubt.add(event.first)
            case BatchAcked():
                self.leads_found += event.adopted
                if event.first in self._in_doubt:
                    self._in_doubt.remove(event.first)
                    self.leads_resent += len(event.mapping) - event.adopted
            case ShardAbandoned():
                self.lists_reloaded += 1

    def to_json(self) -> dict[str, Any]:
        """For `run.json`."""
        counts = {name: getattr(self, name) for name in self.__slots__ if not name.startswith(("_", "waited", "clock"))}
        return counts | {"waited_s": {why: round(seconds, 6) for why, seconds in self.waited_s.items()}}
