"""What an org holds now, for those who look at it from outside: the control API and tests."""

from typing import Any

import msgspec

from mockserver.services import Services
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
            "importing": services.imports.running(contact_list.id),
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
