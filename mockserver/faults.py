"""Faults on demand: which requests they strike is a pure decision on the rules and the requests so far.

A rule as the control API takes it:

    {"op": "contacts.add", "nth": 3, "when": "after_commit", "action": {"reset": true}}

`nth` strikes the nth request that matches (and the next ones up to `times`), `every` each nth, neither of them all.
`contains` matches requests whose body holds that text. `times` bounds how often a rule strikes.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from .errors import BadRequest
from .op_names import OpName

Moment = Literal["before_parse", "before_commit", "after_commit", "mid_response"]

_MAX_RULES = 1000
_NOT_BUILT = ("late_commit_s", "partial_commit", "truncate_at", "content_length_delta", "rewrite", "job")

HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
HeaderValue = Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]*$")]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Action(_Strict, frozen=True):
    """First a stall, if there is one; then an answer instead of the real one, or a cut connection, or neither."""

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    headers: dict[HeaderName, HeaderValue | None] = {}  # null leaves a header out
    body: Any = msgspec.UNSET  # a string is sent as it is, anything else as JSON; else the platform's error body
    reset: bool = False
    stall_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0


class Rule(_Strict, frozen=True):
    op: OpName | Literal["*"]
    action: Action
    nth: Positive | None = None
    every: Positive | None = None
    contains: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    when: Moment = "before_parse"
    times: Positive | None = None  # of `nth`: 1 unless told; of the others: without end

    @property
    def planned(self) -> int | None:
        """How often it will strike; None: without end."""
        return self.times or (1 if self.nth else None)


class _Armed:
    """A rule and what became of it."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0
        self.fired = 0
        self._text = rule.contains.encode() if rule.contains else b""

    def matches(self, op: str, when: Moment, body: bytes) -> bool:
        rule = self.rule
        return rule.op in ("*", op) and rule.when == when and self._text in body

    def strikes(self) -> bool:
        """Whether the match just counted is one to strike."""
        if self.rule.planned is not None and self.fired >= self.rule.planned:
            return False
        if self.rule.nth:
            return self.seen >= self.rule.nth
        return self.seen % (self.rule.every or 1) == 0


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
        return [
            msgspec.to_builtins(armed.rule)
            | {"when": armed.rule.when, "planned": armed.rule.planned, "seen": armed.seen, "fired": armed.fired}
            for armed in self._armed
        ]


def parse_rules(value: Any) -> list[Rule]:
    """The rules of a PUT: a list, or an object with `rules`. Raises BadRequest that says what is wrong where."""
    if isinstance(value, Mapping) and value.keys() == {"rules"}:
        value = value["rules"]
    if not isinstance(value, list) or len(value) > _MAX_RULES:
        raise BadRequest(f"Expected a list of at most {_MAX_RULES} fault rules.")
    return [_parse_rule(at, rule) for at, rule in enumerate(value)]


def _parse_rule(at: int, value: Any) -> Rule:
    _refuse_unbuilt(at, value)
    try:
        rule = msgspec.convert(value, Rule)
    except msgspec.ValidationError as error:
        raise BadRequest(f"Rule {at}: {error}") from error
    problem = _problem(rule)
    if problem:
        raise BadRequest(f"Rule {at}: {problem}")
    return rule


def _refuse_unbuilt(at: int, value: Any) -> None:
    action = value.get("action") if isinstance(value, dict) else None
    if isinstance(action, dict):
        for name in _NOT_BUILT:
            if name in action:
                raise BadRequest(f"Rule {at}: the action `{name}` is not built; status, reset and stall_s are.")


def _problem(rule: Rule) -> str | None:
    action = rule.action
    if rule.nth and rule.every:
        return "`nth` and `every` exclude each other"
    if not (action.status or action.reset or action.stall_s):
        return "the action does nothing; it needs `status`, `reset` or `stall_s`"
    if action.status and action.reset:
        return "an action answers with a `status` or cuts the connection with `reset`, not both"
    if not action.status and (action.headers or action.body is not msgspec.UNSET):
        return "`headers` and `body` belong to a `status`"
    if action.status and rule.when == "mid_response":
        return "half an answer can stall or be cut, but its status is out already"
    if rule.contains and rule.op == "import.upload":
        return "an upload is streamed, so `contains` cannot look into it"
    return None
