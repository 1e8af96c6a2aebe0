import sys

import numpy as np
import pytest

from harness.thresholds.run_metrics import Requests, RunMetrics

# op, seconds from the plan, seconds from the sending, status, error, failed
ROWS = [
    ("oauth.token", 0.1, 0.1, 200, "", False),
    *(("contacts.add", float(n), n / 10, 200, "", False) for n in range(1, 11)),
    ("contacts.add", 20.0, 0.1, 429, "too.many.requests", False),
    ("contacts.add", 20.0, 2.0, 0, "ReadTimeout", True),
    ("export.get", 0.2, 0.2, 404, "no.available.list.export.uri", False),
    ("export.get", 0.2, 0.2, 503, "", True),
]
NUMBERS = {"leads": 1000, "mapped": 990, "rejected": 10, "requests": 15, "retries": 2, "in_doubt": 0, "duplicates": 0}
TIMES = {"duration": 30.0, "rate": 33.0}


def facts(strategy="batch-api", proved=True, rows=ROWS, **numbers):
    op, planned, service, status, error, failed = (np.array(column) for column in zip(*rows, strict=True))
    return RunMetrics(
        strategy=strategy,
        proved=proved,
        numbers=NUMBERS | {name: value if proved else None for name, value in TIMES.items()} | numbers,
        requests=Requests(op=op, planned_s=planned, service_s=service, status=status, error=error, failed=failed),
        rejected_by_code={"PHONE_MISSING": 10},
    )


@pytest.fixture
def made():
    """A function: the facts of a strategy that has sent 15 requests in 30 seconds."""
    return facts


@pytest.fixture(autouse=True)
def without_charts(monkeypatch):
    """Reports of commands in this process have no charts: to draw them takes longer than a small upload."""
    monkeypatch.setitem(sys.modules, "altair", None)
