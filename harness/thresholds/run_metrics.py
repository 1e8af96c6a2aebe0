"""The metrics of a run folder, from `run.json`, `requests.parquet` and `rejects.csv`."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..files.duckdb_files import database, parquet_table
from ..files.regular_file import NO_JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """One row per request. `failed` leaves out what belongs to a good run: a refusal (429, 401) after which the same
    request was answered, and an export that was not ready yet. Source: harness/api/csv_jobs.py, `export_of`.
    """

    op: NDArray[np.str_]
    planned_s: NDArray[np.float64]  # from the planned moment to the end
    service_s: NDArray[np.float64]  # from the sending to the end
    status: NDArray[np.int64]
    error: NDArray[np.str_]  # why there is no answer, or the platform's code for a refusal
    failed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.op)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetrics:
    """The metrics of one strategy. `numbers` holds those of the whole run: seconds, counts, rates per second."""

    strategy: str
    proved: bool
    numbers: Mapping[str, float | None]
    requests: Requests
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)


REQUESTS = """
    WITH outcome AS (
        SELECT *, status BETWEEN 200 AND 399 AND error = '' AS ok FROM {file}
    ), followed AS (
        SELECT *, max(CASE WHEN ok THEN done_at END) OVER (PARTITION BY op, contact_list_id, batch) AS last_ok
        FROM outcome
    )
    SELECT op, done_at - planned_at AS planned_s, done_at - sent_at AS service_s, status, error,
           NOT ok AND NOT (op = 'export.get' AND status IN (400, 404))
           AND NOT (status IN (401, 429) AND coalesce(last_ok > done_at, false)) AS failed
    FROM followed ORDER BY seq
"""
COUNTS = {name: name for name in ("leads", "mapped", "rejected", "requests", "retries", "in_doubt")}
FINDINGS = {"duplicates": "doubled", "lost": "lost", "orphaned": "orphaned", "wrong": "wrong"}
# Figures that only a proved run publishes.
PROVED = {
    "duration": "duration_s",
    "upload": "upload_s",
    "mapping": "mapping_s",
    "verification": "verification_s",
    "first_mapping": "first_mapping_s",
    "throttled": "throttled_s",
    "outage": "outage_s",
    "rate": "contacts_per_s",
}


def document_of(folder: Path) -> dict[str, Any]:
    """The `run.json` of a finished run. Raises UsageError if there is none."""
    try:
        document: dict[str, Any] = msgspec.json.decode((folder / "run.json").read_bytes(), type=dict)
        entries = document["strategies"]
        if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and "strategy" in entry for entry in entries
        ):
            raise KeyError
        return document
    except (OSError, *NO_JSON, KeyError, TypeError) as error:
        raise UsageError("NO_RUN", f"{folder} holds no run.json that can be read ({type(error).__name__}).") from None


def run_metrics(folder: Path) -> list[RunMetrics]:
    """The metrics of each strategy of the run in `folder`. Raises UsageError if there is none."""
    return [
        _strategy_metrics(entry, folder / entry.get("directory", ".")) for entry in document_of(folder)["strategies"]
    ]


def _strategy_metrics(entry: dict[str, Any], folder: Path) -> RunMetrics:
    proved = bool(entry.get("verified"))
    findings = entry.get("verification") or {}
    return RunMetrics(
        strategy=entry["strategy"],
        proved=proved,
        numbers={
            **{name: entry.get(key) for name, key in COUNTS.items()},
            **{name: findings.get(key) for name, key in FINDINGS.items()},
            **{name: entry.get(key) if proved else None for name, key in PROVED.items()},
        },
        requests=_requests(folder / "requests.parquet"),
        rejected_by_code=_rejects_by_code(folder / "rejects.csv"),
    )


def _requests(path: Path) -> Requests:
    if not path.is_file():
        raise UsageError("NO_RUN", f"{path} is missing; a finished run leaves it.")
    with database(path.parent) as db:
        columns = db.execute(REQUESTS.format(file=parquet_table(path))).fetchnumpy()
    kinds: dict[str, Any] = {"planned_s": np.float64, "service_s": np.float64, "status": np.int64, "failed": np.bool_}
    return Requests(**{name: np.asarray(values, dtype=kinds.get(name, np.str_)) for name, values in columns.items()})


def _rejects_by_code(path: Path) -> Counter[str]:
    """The number of rejected leads by code."""
    if not path.is_file():
        return Counter()
    with path.open(encoding="utf-8", newline="") as file:
        return Counter(row["code"] for row in csv.DictReader(file))
