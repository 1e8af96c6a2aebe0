"""Faults on demand: which requests they strike is a pure decision on the rules and the requests so far."""

from typing import Any

import msgspec

from mockserver.faults.rules import Action, Moment, Rule, parse_rules

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

    def strikes(self) -> bool:
        """Whether the match just counted is one to strike."""
        if self.rule.planned is not None and self.fired >= self.rule.planned:
            return False
        if self.rule.nth:
            return self.seen >= self.rule.nth
        return self.seen % (self.rule.every or 1) == 0

    def report(self) -> dict[str, Any]:
        when = self.rule.when or self._moment
        told: dict[str, Any] = msgspec.to_builtins(self.rule)
        return told | {"when": when, "planned": self.rule.planned, "seen": self.seen, "fired": self.fired}


class Faults:
    """The rules in force. Every rule counts every request it matches; the first that strikes decides."""

    def __init__(self, rules: list[Rule] | None = None) -> None:
        self._armed = [_Armed(rule) for rule in rules or ()]

    def __len__(self) -> int:
        return len(self._armed)

    def reads_body(self, op: str) -> bool:
        """Whether a rule for `op` looks into bodies."""
        return any(armed.rule.contains and armed.rule.op in ("*", op) for armed in self._armed)

    def fire(self, op: str, when: Moment, body: bytes = b"") -> Action | None:
        """What strikes this request at this moment."""
        action = None
        for armed in self._armed:
            if armed.matches(op, when, body):
                armed.seen += 1
                if action is None and armed.strikes():
                    armed.fired += 1
                    action = armed.rule.action
        return action

    def report(self) -> list[dict[str, Any]]:
        """Each rule as it was given, with `planned` (null: without end), `seen` and `fired`."""
        return [armed.report() for armed in self._armed]

    def unfired(self) -> list[dict[str, Any]]:
        """The rules that have not struck as often as planned, or not at all."""
        return [told for told in self.report() if told["fired"] < (told["planned"] or 1)]
