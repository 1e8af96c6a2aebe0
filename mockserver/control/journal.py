"""What was asked of an org, and the words in which a test is told that it was not what it expected."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from mockserver.op_names import OP_NAMES
from mockserver.state.request_log import Entry

Counts = Mapping[str, Mapping[int, int]]  # operation -> status -> number of requests

_NEWEST = 10


def checked_op(op: str) -> str:
    """The name of an operation. Raises ValueError, which names one that is close."""
    if op not in OP_NAMES:
        close = get_close_matches(op, OP_NAMES, n=1)
        raise ValueError(f"no operation is called {op!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return op


def matching_entries(
    entries: Sequence[Entry], op: str | None = None, status: int | None = None, list_id: str | None = None
) -> list[Entry]:
    """The entries that fit everything asked for. Raises ValueError for an operation that does not exist."""
    if op is not None:
        checked_op(op)
    return [
        entry
        for entry in entries
        if (op is None or entry.op == op)
        and (status is None or entry.status == status)
        and (list_id is None or entry.list == list_id)
    ]


def times_called(counts: Counts, op: str, status: int | None = None) -> int:
    """How many requests of `op` there were. Raises ValueError for an operation that does not exist."""
    of_op = counts.get(checked_op(op), {})
    return sum(of_op.values()) if status is None else of_op.get(status, 0)


def complaint(counts: Counts, op: str, times: int | None, status: int | None = None) -> str:
    """What is wrong with the number of requests of `op`; "" if nothing is. Without `times`, once is enough."""
    found = times_called(counts, op, status)
    if found == times or (times is None and found):
        return ""
    wanted = "at least 1" if times is None else str(times)
    answered = "" if status is None else f" answered {status}"
    return f"expected {wanted} of {op}{answered}, there were {found}. Requests so far: {summary(counts)}"


def summary(counts: Counts) -> str:
    """Every operation with its statuses: "contacts.add 200 x3, 429 x1; lists.create 200 x1"."""
    told = [
        f"{op or '(no operation)'} " + ", ".join(f"{status or 'cut'} x{count}" for status, count in statuses.items())
        for op, statuses in counts.items()
    ]
    return "; ".join(told) or "none"


def newest(entries: Sequence[Entry]) -> str:
    """The last requests, one a line."""
    return "\n".join(
        f"{entry.seq:>6}  {entry.op or '(no operation)':<22} {entry.status or 'cut'}  {entry.bytes} bytes"
        + (f"  list {entry.list}" if entry.list else "")
        for entry in entries[-_NEWEST:]
    )
