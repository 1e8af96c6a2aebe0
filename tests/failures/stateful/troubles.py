"""What an honest org may do wrong, by kind: it fails, it forgets to answer, it never lies.

Each kind strikes the next request or two of one operation. The harness promises to survive every one of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

# What is held up longer than this counts as lost for the harness, which then waits for 60 s before it looks.
LONGEST_HOLD_S = 45.0
COMMON = ("oauth.token", "lists.create", "lists.list", "export.create", "export.get", "export.download", "export.file")
IMPORT = ("import.upload", "import.upload", "import.status", "contacts.search", *COMMON)
OPS: Mapping[str, Sequence[str]] = {
    "batch-api": (*("contacts.add",) * 8, "contacts.search", "contacts.search", *COMMON),
    "batch-api-own-ids": (*("contacts.add",) * 8, *COMMON),
    "csv-import-export": (*IMPORT, "lists.delete", "contacts.bulk"),
    "csv-import-own-ids": IMPORT,
    "csv-import-search": (*IMPORT, "lists.delete"),
}
WRITES = ("contacts.add", "lists.create", "lists.delete", "import.upload", "export.create")
MEANINGFUL_WHEN_EMPTY = ("import.upload", "lists.delete", "contacts.bulk")  # an empty 2xx of these would be a lie
MOMENTS = ("before_parse", "before_commit", "after_commit")
WRONG = ("drop_one", "add_one", "duplicate_id", "no_id", "empty_id", "lower_lead_id", "wrong_list")


def _one(*values: Any) -> SearchStrategy[Any]:
    return st.sampled_from(values)


def _rule(action: SearchStrategy[dict[str, Any]], *moments: str) -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"action": action} | ({"when": _one(*moments)} if moments else {}))


_FAILED = _one(408, 500, 502, 503, 504).map(lambda status: {"status": status})
_WAIT = _one(None, "0", "1", "7", "30", "abc", "-5").map(lambda text: {"Retry-After": text})
_ANSWERED = _one({}, {"status": 504}, {"status": 500}, {"reset": True})
_HOLD_S = _one(0.5, 5.0, 30.0, LONGEST_HOLD_S)
_CUT = _one({"content_length_delta": 50}, {"content_length_delta": -5}, {"truncate_at": 0}, {"truncate_at": 40})
_NOT_IT = _one([], {}, None, [None], 7, "", "<html></html>", "[", '{"id":')

KINDS: Mapping[str, SearchStrategy[dict[str, Any]]] = {
    "failed": _rule(_FAILED, *MOMENTS),
    "throttled": _rule(_WAIT.map(lambda headers: {"status": 429, "headers": headers}), *MOMENTS[:2]),
    "reset": _rule(st.just({"reset": True}), *MOMENTS, "mid_response"),
    "stalled": _rule(_HOLD_S.map(lambda seconds: {"stall_s": seconds}), *MOMENTS[:2])
    | _rule(st.just({"stall_s": 130.0}), "after_commit"),
    "late": _rule(st.builds(lambda s, then: {"late_commit_s": s, **then}, _HOLD_S, _ANSWERED)),
    "partial": _rule(st.builds(lambda n, then: {"partial_commit": n, **then}, st.integers(0, 20), _ANSWERED)),
    "cut": _rule(_CUT),
    "wrong": _rule(_one(*WRONG).map(lambda name: {"rewrite": name})),
    "shuffled": _rule(st.just({"rewrite": "shuffle"})),
    "nonsense": _rule(_NOT_IT.map(lambda body: {"status": 200, "body": body}), *MOMENTS),
    "expired": _rule(st.just({"status": 401, "body": {"code": "bad.credentials", "status": 401}}), *MOMENTS[:2]),
    "frozen": _rule(st.just({"job": "freeze"})),
}


def kinds(strategy: str) -> list[str]:
    """Those that may strike an upload by this strategy."""
    return [kind for kind in KINDS if operations(kind, strategy)]


def operations(kind: str, strategy: str) -> list[str]:
    """Operations of the strategy that this kind may strike; those that matter most several times."""
    return [op for op in OPS[strategy] if _may_strike(kind, op)]


def _may_strike(kind: str, op: str) -> bool:
    match kind:
        case "partial" | "wrong":
            return op == "contacts.add"
        case "shuffled":
            return op in ("contacts.add", "contacts.search", "export.file")
        case "late":
            return op in WRITES
        case "frozen":
            return op == "export.create"
        case "nonsense":
            return op not in MEANINGFUL_WHEN_EMPTY
        case "cut":
            return op != "export.file"  # a file cut without a sign of it is a lie
        case _:
            return True


def reads_as_no(kind: str, op: str) -> bool:
    """Whether the harness may take it for a no (exit 6), though the same command would do.

    So it does with a second 401 in a row, with a login that answers nonsense, and with a file that is not the export.
    """
    return kind == "expired" or op == "oauth.token" or (kind in ("nonsense", "cut") and op.startswith("export."))
