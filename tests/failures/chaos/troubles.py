"""Fault rules drawn at random, of every kind the mock knows. Pure.

An honest trouble is one that the harness promises to survive: whatever happens, the run ends well, if need be when the
same command is given again. Of a lie (a file short of rows, a 429 after the work was done) it promises only not to be
taken in: it may stop, but must not call a wrong mapping verified.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# The harness takes it that a request which nobody waits for any more has ended within its quiet period, 60 s.
LONGEST_HOLD_S = 45.0

_BASIC = ("oauth.token", "lists.create", "lists.list", "export.create", "export.get", "export.download", "export.file")
_IMPORT = ("import.upload", "import.upload", "import.status", "contacts.search", "lists.delete", *_BASIC)
_OPS: Mapping[str, tuple[str, ...]] = {
    "batch-api": ("contacts.add",) * 8 + ("contacts.search",) * 3 + _BASIC,
    "batch-api-own-ids": ("contacts.add",) * 8 + _BASIC,
    "csv-import-export": ("contacts.bulk", *_IMPORT),
    "csv-import-own-ids": _IMPORT,
    "csv-import-search": ("contacts.search",) * 3 + _IMPORT,
}
_MOMENTS = ("before_parse", "before_commit", "after_commit")
_RETRY_AFTER = (None, "0", "1", "7", "30", "99999", "abc", "-5", "1.5", "", "NaN", "1e400", "٣", "9" * 400, "3, 5")
_NOT_JSON = ("", "<html><h1>Bad Gateway</h1></html>", "[", '{"id":', "\ufeff{}")
_NOT_IT: tuple[Any, ...] = ([], {}, None, [None], [[]], 7, *_NOT_JSON)
_WRITES = ("contacts.add", "lists.create", "lists.delete", "import.upload", "export.create")


@dataclass(frozen=True, slots=True)
class Trouble:
    rule: dict[str, Any]  # as PUT /faults takes it
    honest: bool = True


def troubles(rng: random.Random, strategy: str, *, batches: int, lists: int) -> tuple[Trouble, ...]:
    """None to eight; one run in three has an org that lies now and then."""
    kinds = _HONEST if rng.random() < 0.67 else _HONEST + 4 * _LIES
    return tuple(_trouble(rng, kinds, _OPS[strategy], batches, lists) for _ in range(rng.randint(0, 8)))


def _trouble(rng: random.Random, kinds: tuple["_Kind", ...], ops: tuple[str, ...], batches: int, lists: int) -> Trouble:
    op = "*" if rng.random() < 0.05 else rng.choice(ops)
    fitting = [trouble for kind in rng.sample(kinds, len(kinds)) if (trouble := kind(rng, op)) is not None]
    struck = fitting[0]
    expected = batches if op in ("contacts.add", "*") else 3 * lists
    return Trouble({"op": op, **_how_often(rng, expected), **struck.rule}, struck.honest)


def _how_often(rng: random.Random, expected: int) -> dict[str, int]:
    """Every rule comes to an end: no promise holds against an org that is never well."""
    if rng.random() < 0.3:
        return {"every": rng.randint(2, 12), "times": rng.randint(1, 12)}
    return {"nth": rng.randint(1, max(2, expected)), "times": rng.choice((1, 1, 1, 2, 3, 10))}


def _with(action: dict[str, Any], when: str | None = None, *, honest: bool = True) -> Trouble:
    return Trouble({"action": action} | ({"when": when} if when else {}), honest)


_Kind = Callable[[random.Random, str], Trouble | None]  # None: not for this operation


# --- the honest ones --------------------------------------------------------------------------------------------------


def _failure(rng: random.Random, op: str) -> Trouble:
    action: dict[str, Any] = {"status": rng.choice((408, 500, 502, 503, 504))}
    if rng.random() < 0.3:
        action["headers"] = {"Retry-After": _ascii(rng.choice(_RETRY_AFTER))}
    elif rng.random() < 0.3:
        action["body"] = rng.choice(_NOT_JSON)
    return _with(action, rng.choice(_MOMENTS))


def _throttled(rng: random.Random, op: str) -> Trouble:
    headers = {"Retry-After": _ascii(rng.choice(_RETRY_AFTER))}
    return _with({"status": 429, "headers": headers}, rng.choice(_MOMENTS[:2]))


def _ascii(value: str | None) -> str | None:
    """Rules hold no other characters."""
    return value if value is None or value.isascii() else "0x3"


def _reset(rng: random.Random, op: str) -> Trouble:
    return _with({"reset": True}, rng.choice((*_MOMENTS, "mid_response")))


def _stall(rng: random.Random, op: str) -> Trouble:
    when = rng.choice((*_MOMENTS, "mid_response"))
    action: dict[str, Any] = {
        "stall_s": round(rng.uniform(0.1, 400 if when not in _MOMENTS[:2] else LONGEST_HOLD_S), 1)
    }
    if rng.random() < 0.3:
        action["reset"] = True
    elif rng.random() < 0.3 and when != "mid_response":
        action["status"] = 504
    return _with(action, when)


def _late(rng: random.Random, op: str) -> Trouble | None:
    if op not in _WRITES:
        return None
    action: dict[str, Any] = {"late_commit_s": round(rng.uniform(0.1, LONGEST_HOLD_S), 1)}
    return _with(action | rng.choice(({}, {"status": 504}, {"status": 500}, {"reset": True})))


def _partial(rng: random.Random, op: str) -> Trouble | None:
    if op != "contacts.add":
        return None
    action: dict[str, Any] = {"partial_commit": rng.randint(0, 100)}
    return _with(action | rng.choice(({}, {"status": 500}, {"status": 200}, {"reset": True})))


def _cut(rng: random.Random, op: str) -> Trouble | None:
    """Not as many bytes as announced, or too few. A file cut without a sign of it is a lie."""
    if op in ("*", "export.file") or rng.random() < 0.5:
        return _with({"content_length_delta": rng.randint(1, 500)})
    return _with(rng.choice(({"truncate_at": rng.randint(0, 300)}, {"content_length_delta": -rng.randint(1, 50)})))


def _shuffled(rng: random.Random, op: str) -> Trouble | None:
    return _with({"rewrite": "shuffle"}) if op in ("contacts.add", "contacts.search", "export.file") else None


def _wrong_answer(rng: random.Random, op: str) -> Trouble | None:
    """The work is done, and the answer says something that cannot be."""
    if op != "contacts.add":
        return None
    rewrites = ("drop_one", "add_one", "duplicate_id", "no_id", "empty_id", "lower_lead_id", "wrong_list")
    return _with({"rewrite": rng.choice(rewrites)})


def _nonsense(rng: random.Random, op: str) -> Trouble | None:
    """A 2xx that holds nothing. Not where an empty answer has a meaning, and is a lie."""
    if op in ("*", "import.upload", "lists.delete", "contacts.bulk"):
        return None
    return _with({"status": rng.choice((200, 200, 202)), "body": rng.choice(_NOT_IT)}, rng.choice(_MOMENTS))


def _expired(rng: random.Random, op: str) -> Trouble:
    return _with({"status": 401, "body": {"code": "bad.credentials", "status": 401}}, rng.choice(_MOMENTS[:2]))


def _frozen_export(rng: random.Random, op: str) -> Trouble | None:
    return _with({"job": "freeze"}) if op == "export.create" else None


# --- the lies ---------------------------------------------------------------------------------------------------------


def _refusal(rng: random.Random, op: str) -> Trouble:
    """A plain no, for no reason, before the work or after it."""
    return _with({"status": rng.choice((400, 403, 404, 409, 413))}, rng.choice(_MOMENTS), honest=False)


def _done_all_the_same(rng: random.Random, op: str) -> Trouble:
    """A status that says that nothing was done, when it was."""
    return _with({"status": rng.choice((401, 429))}, "after_commit", honest=False)


def _wrong_contacts(rng: random.Random, op: str) -> Trouble | None:
    rewrites = ["drop_one", "add_one", "duplicate_id", "no_id", "empty_id", "long_id", "lower_lead_id"]
    if op == "contacts.add":
        rewrites = ["long_id"]
    elif op not in ("contacts.search", "contacts.bulk", "export.file"):
        return None
    return _with({"rewrite": rng.choice(rewrites)}, honest=False)


def _short_file(rng: random.Random, op: str) -> Trouble | None:
    if op != "export.file":
        return None
    return _with(rng.choice(({"truncate_at": rng.randint(0, 60_000)}, {"content_length_delta": -50})), honest=False)


def _spoilt_job(rng: random.Random, op: str) -> Trouble | None:
    if op == "export.create":
        return _with({"job": "drop_rows", "rows": rng.randint(1, 40)}, honest=False)
    if op != "import.upload":
        return None
    failed = {
        "job": "fail",
        "at_percent": rng.randint(0, 100),
        "reason": rng.choice(("", "CONTACT_COLUMNS_LIMIT_EXCEEDED")),
    }
    return _with(rng.choice((failed, {"job": "drop_rows", "rows": rng.randint(1, 40)})), honest=False)


def _nothing_done(rng: random.Random, op: str) -> Trouble | None:
    """A 2xx for work that was not done."""
    if op not in ("lists.delete", "contacts.bulk", "contacts.search"):
        return None
    body = {"entities": [], "total": 0, "contactsCount": 0} if op == "contacts.search" else []
    return _with({"status": 200, "body": body}, rng.choice(_MOMENTS), honest=False)


def _elsewhere(rng: random.Random, op: str) -> Trouble | None:
    """An address that is not the platform's: a token must not go there, and nothing in the clear."""
    if op == "export.get":
        body = {"uri": f"{rng.choice(('https', 'http'))}://elsewhere.example/file", "exportTimestamp": "x"}
        return _with({"status": 200, "body": body}, rng.choice(_MOMENTS), honest=False)
    if op != "export.download":
        return None
    return _with(
        {"status": 302, "headers": {"Location": "http://elsewhere.example/file"}}, "after_commit", honest=False
    )


_HONEST: tuple[_Kind, ...] = (
    _failure, _failure, _throttled, _reset, _reset, _stall, _late, _late, _partial, _cut, _shuffled, _wrong_answer,
    _nonsense, _expired, _frozen_export,
)  # fmt: skip
_LIES: tuple[_Kind, ...] = (
    _refusal, _done_all_the_same, _wrong_contacts, _wrong_contacts, _short_file, _spoilt_job, _nothing_done,
    _elsewhere,
)  # fmt: skip
