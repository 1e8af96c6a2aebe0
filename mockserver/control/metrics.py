"""Counts for Prometheus: how many requests, lists, contacts, tokens and faults; never what is in them."""

from mockserver.services import Services

_PREFIX = "contactbench_mock_"


def exposition(services: Services) -> str:
    """All metrics in the text format, version 0.0.4."""
    org = services.org
    lines = [f"# TYPE {_PREFIX}requests_total counter"]
    for op, statuses in org.ledger.counts().items():
        for status, count in statuses.items():
            lines.append(f'{_PREFIX}requests_total{{op="{op}",status="{status}"}} {count}')
    if violations := org.ledger.violations():
        lines.append(f"# TYPE {_PREFIX}schema_violations_total counter")
        lines += [f'{_PREFIX}schema_violations_total{{op="{op}"}} {count}' for op, count in violations.items()]
    if org.struck.counts:
        lines.append(f"# TYPE {_PREFIX}faults_by_chance_total counter")
        lines += [f'{_PREFIX}faults_by_chance_total{{kind="{k}"}} {n}' for k, n in sorted(org.struck.counts.items())]
    gauges = {
        "contact_lists": len(org.store.contact_lists()),
        "contacts": org.store.total_size(),
        "tokens": len(org.tokens),
        "notification_channels": len(services.notifications.channels),
        "requests_in_work": org.in_work,
        "faults_fired": sum(rule["fired"] for rule in org.faults.report()),
    }
    for name, value in gauges.items():
        lines += [f"# TYPE {_PREFIX}{name} gauge", f"{_PREFIX}{name} {value}"]
    return "\n".join(lines) + "\n"
