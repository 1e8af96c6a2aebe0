"""Fault rules as the control API takes them, and why one is refused.

    {"op": "contacts.add", "nth": 3, "when": "after_commit", "action": {"reset": true}}

`nth` fires on the nth request that matches (and the next ones up to `times`), `every` each nth, neither of them all.
`contains` matches requests whose body holds that text. `times` bounds how often a rule fires.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec

from mockserver.errors import BadRequest
from mockserver.operations import OP_NAMES, OpName

Moment = Literal["before_parse", "before_commit", "after_commit", "mid_response"]
Rewrite = Literal[
    "shuffle", "drop_one", "add_one", "duplicate_id", "no_id", "empty_id", "long_id", "lower_lead_id", "wrong_list"
]

REWRITTEN = ("contacts.add", "contacts.get", "contacts.update", "contacts.bulk", "contacts.search", "export.file")
_JOBS = {
    "import.upload": ("fail", "freeze", "drop_rows"),
    "presigned.put": ("fail", "freeze", "drop_rows"),
    "export.create": ("freeze", "drop_rows"),
}
_STREAMED = ("import.upload", "presigned.put")
_MAX_RULES = 1000

HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
HeaderValue = Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]*$")]
Positive = Annotated[int, msgspec.Meta(ge=1)]
FromZero = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Action(_Strict, frozen=True):
    """First a stall, if there is one; then an answer instead of the real one, a cut connection, or what is below."""

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    headers: dict[HeaderName, HeaderValue | None] = {}  # null leaves a header out
    body: Any = msgspec.UNSET  # a string is sent as it is, anything else as JSON; else the platform's error body
    reset: bool = False
    stall_s: Seconds = 0.0
    late_commit_s: Seconds | None = None  # the commit comes this much later, whatever became of the request
    partial_commit: FromZero | None = None  # only so many contacts are stored, then `status` (500) or `reset`
    truncate_at: FromZero | None = None  # the body ends there, and Content-Length agrees
    content_length_delta: int | None = None  # Content-Length is off by this, and the connection ends with the body
    rewrite: Rewrite | None = None  # the contacts of the answer
    job: Literal["fail", "freeze", "drop_rows"] | None = None  # the import or export that was just begun
    reason: str = ""  # of a job that fails; "": it gives none
    at_percent: Percent | None = None  # of a job that fails or freezes
    rows: Positive | None = None  # of a job that drops some

    @property
    def moment(self) -> Moment | None:
        """When it fires, if it has a moment of its own."""
        if self.late_commit_s is not None or self.partial_commit is not None:
            return "before_commit"
        if self.truncate_at is not None or self.content_length_delta is not None:
            return "mid_response"
        if self.rewrite or self.job or self.only_headers:
            return "after_commit"
        return None

    @property
    def only_headers(self) -> bool:
        """Whether it changes nothing but the headers of the real answer."""
        return bool(self.headers) and not (self.status or self.effects or self.reset or self.stall_s)

    @property
    def effects(self) -> list[str]:
        """Names of the settings that do something by themselves, besides status, reset and stall."""
        names = ("late_commit_s", "partial_commit", "truncate_at", "content_length_delta", "rewrite", "job")
        return [name for name in names if getattr(self, name) is not None]


class Rule(_Strict, frozen=True):
    op: OpName | Literal["*"]
    action: Action
    nth: Positive | None = None
    every: Positive | None = None
    contains: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    when: Moment | None = None  # the action's own moment, or else before_parse
    times: Positive | None = None  # of `nth`: 1 unless told; of the others: without end

    @property
    def moment(self) -> Moment:
        """When it fires. Actions with a moment of their own go before `when`."""
        return self.action.moment or self.when or "before_parse"

    @property
    def planned_count(self) -> int | None:
        """How often it will fire; None: without end."""
        return self.times or (1 if self.nth else None)


def parse_rules(value: Any) -> list[Rule]:
    """The rules of a PUT: a list, or an object with `rules`. Raises BadRequest that says what is wrong where."""
    if isinstance(value, Mapping) and value.keys() == {"rules"}:
        value = value["rules"]
    if not isinstance(value, list) or len(value) > _MAX_RULES:
        raise BadRequest(f"Expected a list of at most {_MAX_RULES} fault rules.")
    return [_parse_rule(at, rule) for at, rule in enumerate(value)]


def _parse_rule(at: int, value: Any) -> Rule:
    try:
        rule = msgspec.convert(value, Rule)
    except msgspec.ValidationError as error:
        known = f"; operations: {', '.join(sorted(OP_NAMES))}" if "$.op" in str(error) else ""
        raise BadRequest(f"Rule {at}: {error}{known}") from error
    for problem in _problems(rule):
        raise BadRequest(f"Rule {at}: {problem}")
    return rule


def _problems(rule: Rule) -> Iterator[str]:
    if rule.nth and rule.every:
        yield "`nth` and `every` exclude each other"
    if rule.contains and rule.op in _STREAMED:
        yield "an upload is streamed, so `contains` cannot look into it"
    yield from _senseless(rule.action)
    if rule.action.status and rule.moment == "mid_response":
        yield "half an answer can stall or be cut, but its status is out already"
    yield from _misplaced_effects(rule.op, rule.action)


def _senseless(action: Action) -> Iterator[str]:
    """What is wrong with the action by itself."""
    effects = action.effects
    if not (action.status or action.reset or action.stall_s or action.headers or effects):
        yield "the action does nothing; it needs `status`, `reset`, `stall_s` or another effect"
    if len(effects) > 1:
        yield f"`{effects[0]}` and `{effects[1]}` exclude each other; two rules can do both"
    if action.status and action.reset:
        yield "an action answers with a `status` or cuts the connection with `reset`, not both"
    if action.reset and effects and effects[0] not in ("late_commit_s", "partial_commit", "job"):
        yield f"`{effects[0]}` needs an answer, so it excludes `reset`"
    if (action.headers and action.reset) or (action.body is not msgspec.UNSET and not action.status):
        yield "`headers` and `body` belong to a `status`"
    if action.reason and action.job != "fail":
        yield "`reason` belongs to a `job` that fails"
    if action.at_percent is not None and action.job not in ("fail", "freeze"):
        yield "`at_percent` belongs to a `job` that fails or freezes"
    if (action.job == "drop_rows") != (action.rows is not None):
        yield '`rows` and `"job": "drop_rows"` belong together'


def _misplaced_effects(op: str, action: Action) -> Iterator[str]:
    """Effects that this operation cannot have."""
    if action.partial_commit is not None and op != "contacts.add":
        yield "`partial_commit` is for contacts.add"
    if action.rewrite and op not in REWRITTEN:
        yield f"`rewrite` is for {', '.join(REWRITTEN)}"
    if action.rewrite == "wrong_list" and op == "export.file":
        yield "the file of an export does not name its list, so `wrong_list` cannot change it"
    if action.job and action.job not in _JOBS.get(op, ()):
        offered = "; ".join(f"{name}: {', '.join(jobs)}" for name, jobs in _JOBS.items())
        yield f"no `job` of this kind here; there are {offered}"
