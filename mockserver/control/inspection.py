"""What an org holds now, for those who look at it from outside: the control API and tests."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from mockserver.operations import OP_NAMES
from mockserver.services import Services
from mockserver.state.request_log import Entry
from mockserver.state.retention import Queue


def state(services: Services) -> dict[str, Any]:
    """Lists with their sizes, jobs on their way, tokens in force."""
    services.advance_to_now()
    org = services.org
    store, now = org.store, org.clock.now()
    lists = [
        {
            "id": contact_list.id,
            "name": contact_list.name,
            "size": store.size(contact_list.id),
            "importing": services.imports.is_running(contact_list.id),
            "queue": msgspec.to_builtins(org.queues.get(contact_list.id, Queue())),
        }
        for contact_list in store.contact_lists()
    ]
    tokens = [
        {"token": token.short, "client_id": token.client_id, "expires_in_s": round(token.expires_at - now, 3)}
        for token in org.tokens
    ]
    jobs = [{"list": item["id"], "job": "import"} for item in lists if item["importing"]]
    return {"now": now, "lists": lists, "contacts": store.total_size(), "jobs": jobs, "tokens": tokens}


def contacts(services: Services, list_id: str, offset: int, limit: int) -> bytes:
    """The JSON array of a page of a list's contacts as they are stored, in order of creation. Raises NotFound."""
    services.advance_to_now()
    page = services.org.store.page(list_id, offset, limit)
    stored = b",".join(
        b'{"id":%b,"data":%b}' % (msgspec.json.encode(contact_id), row)
        for contact_id, row in zip(page.ids, page.rows, strict=True)
    )
    return b"[" + stored + b"]"


# Counts for Prometheus: how many requests, lists, contacts, tokens and faults; never what is in them.


_PREFIX = "contactbench_mock_"


def exposition(services: Services) -> str:
    """All metrics in the text format, version 0.0.4."""
    org = services.org
    lines = [f"# TYPE {_PREFIX}requests_total counter"]
    for op, statuses in org.request_log.counts().items():
        for status, count in statuses.items():
            lines.append(f'{_PREFIX}requests_total{{op="{op}",status="{status}"}} {count}')
    if violations := org.request_log.violations():
        lines.append(f"# TYPE {_PREFIX}schema_violations_total counter")
        lines += [f'{_PREFIX}schema_violations_total{{op="{op}"}} {count}' for op, count in violations.items()]
    if org.chance_faults.counts:
        lines.append(f"# TYPE {_PREFIX}faults_by_chance_total counter")
        lines += [
            f'{_PREFIX}faults_by_chance_total{{kind="{k}"}} {n}' for k, n in sorted(org.chance_faults.counts.items())
        ]
    gauges = {
        "contact_lists": len(org.store.contact_lists()),
        "contacts": org.store.total_size(),
        "tokens": len(org.tokens),
        "notification_channels": len(services.notifications.channels),
        "requests_in_work": org.in_flight,
        "faults_fired": sum(rule["fired"] for rule in org.faults.report()),
    }
    for name, value in gauges.items():
        lines += [f"# TYPE {_PREFIX}{name} gauge", f"{_PREFIX}{name} {value}"]
    return "\n".join(lines) + "\n"


# What was asked of an org, and the words in which a test is told that it was not what it expected.


Counts = Mapping[str, Mapping[int, int]]  # operation -> status -> number of requests

_NEWEST = 10


def checked_op(op: str) -> str:
    """The name of an operation. Raises ValueError, which names one that is close."""
    if op not in OP_NAMES:
        close = get_close_matches(op, OP_NAMES, n=1)
        raise ValueError(f"no operation is called {op!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return op


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
