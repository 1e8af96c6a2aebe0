"""Faults on demand: which requests they fire is a pure decision on the rules and the requests so far."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

from mockserver.faults.rules import Action, Moment, Rule, parse_rules
from mockserver.profile import Profile

__all__ = ["Action", "Faults", "Moment", "Rule", "parse_rules"]


class _Armed:
    """A rule and what became of it."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0
        self.fired = 0
        self._moment = rule.moment
        self._text = rule.contains.encode() if rule.contains else b""

    def matches(self, op: str, when: Moment, body: bytes) -> bool:
        return self.rule.op in ("*", op) and self._moment == when and self._text in body

    def fires(self) -> bool:
        """Whether the match just counted is one to fire."""
        if self.rule.planned_count is not None and self.fired >= self.rule.planned_count:
            return False
        if self.rule.nth:
            return self.seen >= self.rule.nth
        return self.seen % (self.rule.every or 1) == 0

    def report(self) -> dict[str, Any]:
        when = self.rule.when or self._moment
        told: dict[str, Any] = msgspec.to_builtins(self.rule)
        return told | {"when": when, "planned": self.rule.planned_count, "seen": self.seen, "fired": self.fired}


class Faults:
    """The rules in force. Every rule counts every request it matches; the first that fires decides."""

    def __init__(self, rules: list[Rule] | None = None) -> None:
        self._armed = [_Armed(rule) for rule in rules or ()]

    def __len__(self) -> int:
        return len(self._armed)

    def reads_body(self, op: str) -> bool:
        """Whether a rule for `op` looks into bodies."""
        return any(armed.rule.contains and armed.rule.op in ("*", op) for armed in self._armed)

    def fire(self, op: str, when: Moment, body: bytes = b"") -> Action | None:
        """What fires on this request at this moment."""
        action = None
        for armed in self._armed:
            if armed.matches(op, when, body):
                armed.seen += 1
                if action is None and armed.fires():
                    armed.fired += 1
                    action = armed.rule.action
        return action

    def report(self) -> list[dict[str, Any]]:
        """Each rule as it was given, with `planned` (null: without end), `seen` and `fired`."""
        return [armed.report() for armed in self._armed]

    def shortfalls(self) -> list[dict[str, Any]]:
        """The rules that have not fired as often as planned, or not at all."""
        return [told for told in self.report() if told["fired"] < (told["planned"] or 1)]


# Faults by chance: which kind hits a request, and how, as a pure decision on the profile's rates and one draw.


SPARED = frozenset({"oauth.token", "oauth.authorize", "health", "openapi", "channels.connect"})
_FRESH = 50  # requests of a token that are spared its end
_REMEMBERED = 10_000  # tokens whose requests are counted

EXPIRED = "expired_token"


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault that awaits its moment."""

    kind: str  # as `FaultRates` calls it
    when: Moment
    action: Action


def chance_fault(profile: Profile, op: str, draw: float) -> InjectedFault | None:
    """The fault, if any, for a request of `op` whose draw is `draw`, from 0 up to but not 1."""
    if op in SPARED:
        return None
    for kind, rate in profile.faults.by_kind.items():
        if draw < rate:
            spared = kind == "partial_commit" and op != "contacts.add"
            return None if spared else InjectedFault(kind, _WHEN[kind], _action(kind, profile, draw / rate))
        draw -= rate
    return None


_WHEN: dict[str, Moment] = {
    "error_before_commit": "before_commit",
    "error_after_commit": "after_commit",
    "reset_before_parse": "before_parse",
    "reset_after_commit": "after_commit",
    "late_commit": "before_commit",
    "partial_commit": "before_commit",
    "truncated_answer": "mid_response",
    "throttled": "before_parse",
    EXPIRED: "before_parse",
}


def _action(kind: str, profile: Profile, share: float) -> Action:
    """What a fault of this kind does. `share`, uniform from 0 to 1, is what the draw left to decide."""
    match kind:
        case "error_before_commit":
            return Action(status=503)
        case "error_after_commit":
            return Action(status=500)
        case "late_commit":
            return Action(status=504, late_commit_s=profile.faults.late_commit_s)
        case "partial_commit":
            return Action(status=500, partial_commit=int(share * profile.limits.contacts_per_post))
        case "throttled":
            return Action(status=429, headers={"Retry-After": str(profile.faults.retry_after_s)})
        case "expired_token":
            return Action(status=401)
        case _:
            return Action(reset=True)


class ChanceFaults:
    """What came of the rates of one org: faults by kind, and the requests of tokens that may expire."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()

    def is_fresh(self, token: str) -> bool:
        """Whether the request now counted is one of the first of this token."""
        self._requests[token] += 1
        if len(self._requests) > _REMEMBERED:
            del self._requests[next(iter(self._requests))]  # the oldest
        return self._requests[token] <= _FRESH
