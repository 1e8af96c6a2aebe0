"""Outcomes as `run.json` tells them. The one place that knows its shape; `docs/scripting.md` documents it."""

import os
import platform
import resource
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import Rejected, RunError, VerifyFailed
from ..files.duckdb_files import PARQUET, copy_to, csv_table, database
from ..leads.preflight import Preflight, reasons
from ..wording import quantity
from .run import Outcome

SCHEMA = 1
MAX_PROGRESS_POINTS = 400
LIBRARIES = ("aiohttp", "duckdb", "httpx", "locust", "msgspec", "numpy")


def strategy_entry(outcome: Outcome, directory: str) -> dict[str, Any]:
    """One strategy's part. Times in seconds; a strategy that is not verified publishes no rate."""
    context, samples, proof = outcome.context, outcome.context.samples, outcome.proof
    duration = outcome.duration_s
    uploaded = outcome.stage_ends.get("upload", 0.0)
    return {
        "strategy": outcome.plan.strategy.name,
        "directory": directory,
        "leads": outcome.plan.preflight.leads,
        "mapped": outcome.mapped,
        "rejected": len(outcome.rejects),
        "reject_reasons": reasons(outcome.rejects),
        "duration_s": round(duration, 6),
        "upload_s": round(uploaded, 6),
        "mapping_s": round(duration - uploaded, 6),
        "verification_s": round(outcome.ended_at - duration, 6),
        "wall_s": round(outcome.wall_s, 3),
        "requests": samples.count,
        "status_429": samples.status_429,
        "retries": samples.retries,
        "in_doubt": context.progress.in_doubt,
        "resolved": context.progress.resolved,
        "throttled_s": max(0.0, round(samples.throttled_s, 6)),
        "trouble": context.fault_counts.to_json(),
        "outage_s": round(context.outage_s, 6),
        "suspended_s": round(context.suspended_s, 6),
        "rate_limit": {"allowed": context.budget.allowed, "window_s": context.budget.window_s},
        "notices": outcome.notices,
        "contacts_per_s": _rate(outcome.mapped, duration, verified=proof.is_verified),
        "first_mapping_s": next((round(at, 6) for at, mapped in context.progress.points if mapped), None),
        "operations": samples.operations(),
        "main_op": outcome.plan.strategy.main_op,
        "lists": [
            {"id": record.contact_list_id, "name": record.shard.list_name, "size": record.shard.count}
            for record in outcome.lists
        ],
        "progress": _thin(context.progress.points),
        **_verdict(outcome, directory),
        "bottleneck": bottleneck(outcome),
    }


def _verdict(outcome: Outcome, directory: str) -> dict[str, Any]:
    proof = outcome.proof
    return {
        "mapping": {**outcome.manifest, "file": str(Path(directory) / "mapping.csv")},
        "verified": proof.is_verified,
        "verification": {
            "method": proof.method,
            "problem": proof.problem,
            **{name: getattr(proof.findings, name) for name in proof.findings.__dataclass_fields__},
        },
    }


def _rate(mapped: int, duration_s: float, *, verified: bool) -> float | None:
    return round(mapped / round(duration_s, 6), 3) if duration_s and verified else None


def judged_again(document: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    """The document of a run that had come to its end before this outcome: another verdict, if it is one."""
    (entry,) = document["strategies"]
    entry = entry | _verdict(outcome, entry["directory"])
    entry["contacts_per_s"] = _rate(entry["mapped"], entry["duration_s"], verified=entry["verified"])
    return document | {"strategies": [entry]}


def bottleneck(outcome: Outcome) -> str:
    """What most of the time went into, by the workers' own account."""
    waited_s = outcome.context.fault_counts.waited_s
    faults_s = waited_s["backoff"] + waited_s["quiet"] + waited_s["outage"]
    worker_s, throttled_s = outcome.duration_s * outcome.plan.concurrency, outcome.context.samples.throttled_s
    return bottleneck_of(outcome.plan.strategy.main_op, worker_s, throttled_s, faults_s)


def bottleneck_of(main_op: str, worker_s: float, throttled_s: float, faults_s: float = 0.0) -> str:
    """What most of the `worker_s` went into, if so much of them was spent waiting for rate limits and after faults."""
    if not worker_s:
        return "none"
    if faults_s > max(0.2 * worker_s, throttled_s):
        return "waiting after faults"
    if throttled_s > 0.2 * worker_s:
        return "rate limit"
    return "import and export jobs" if main_op == "import.upload" else "answer time of the requests in flight"


def run_document(kind: str, strategies: list[dict[str, Any]], **facts: Any) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": kind,
        "tool": {"name": "contactbench", "version": __version__},
        "versions": {"python": platform.python_version(), **_versions()},
        **facts,
        "strategies": strategies,
    }


def input_facts(preflight: Preflight) -> dict[str, Any]:
    columns = preflight.source.columns
    return {
        "name": preflight.source.name,
        "leads": preflight.leads,
        "rows": preflight.rows,
        "sha256": preflight.digest,
        "columns": columns.names,
        "lead_id_column": columns.lead_id,
        "phone_column": columns.phone,
    }


def complaint(document: dict[str, Any]) -> RunError | None:
    """What a caller has to be told beside the document: strategies that are not proved, or leads that were rejected."""
    unproved = [entry for entry in document["strategies"] if not entry["verified"]]
    if unproved:
        told = "; ".join(f"{entry['strategy']}: {_amiss(entry['verification'])}" for entry in unproved)
        return VerifyFailed(
            "VERIFY_FAILED",
            f"{told}. Whom it is about is in findings.csv,"
            " if contacts were counted; nobody should use mapping.csv before the org is mended.",
        )
    rejected = sum(entry["rejected"] for entry in document["strategies"])
    why = "; ".join(dict.fromkeys(entry["reject_reasons"] for entry in document["strategies"] if entry["rejected"]))
    told = f"{quantity(rejected, 'lead is', 'leads are')} not in the mapping ({why}); rejects.csv names them (people's"
    told += " data); open rejects.for-spreadsheets.csv in a spreadsheet, and load only what came from rejects.csv."
    return Rejected("REJECTED", told) if rejected else None


def _amiss(verification: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in verification.items() if isinstance(count, int) and count)
    return " ".join(filter(None, (verification["problem"], counts)))


def machine(wall_s: float) -> dict[str, Any]:
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpus": os.cpu_count(), "wall_s": round(wall_s, 3), "peak_rss_mib": round(peak_kib / 1024, 1)}


def write_requests(folder: Path) -> None:
    """`requests.parquet` from the samples that the run wrote as it went."""
    source, to = folder / "requests.csv", folder / "requests.parquet"
    numbers = ("seq", "batch", "attempt", "status", "sent_bytes", "received_bytes", "contacts")
    times = ("planned_at", "sent_at", "done_at")
    casts = ", ".join([f"{n}::BIGINT AS {n}" for n in numbers] + [f"{n}::DOUBLE AS {n}" for n in times])
    with database(folder) as db:
        rows = f"SELECT * REPLACE ({casts}, coalesce(error, '') AS error) FROM {csv_table(source)} ORDER BY seq"
        db.execute(copy_to(to, rows, PARQUET))


def _versions() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def _thin(points: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """At most so many of the points, the first and the last among them."""
    step = max(1, -(-len(points) // MAX_PROGRESS_POINTS))
    kept = points[::step]
    if kept[-1] != points[-1]:
        kept.append(points[-1])
    return [(round(at, 6), mapped) for at, mapped in kept]
