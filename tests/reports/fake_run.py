"""Builds run directories as a comparison leaves them: run.json and a plausible requests.parquet a strategy."""

import random
from pathlib import Path

import duckdb
import msgspec

LEADS = 1_500_000
STRATEGIES = {  # upload, making the mapping, requests of the main operation, their median
    "batch-api": (283.4, 0.0, "contacts.add", 1500, 1.15),
    "batch-api-own-ids": (279.1, 0.0, "contacts.add", 1500, 1.1),
    "csv-import-export": (310.0, 152.4, "import.upload", 2, 21.0),
    "csv-import-own-ids": (316.2, 0.0, "import.upload", 2, 22.0),
}
PROFILE = {
    "name": "default",
    "settings": {
        "limits.contacts_per_list": {"value": 1_000_000, "source": "Resource Centre, contact list limits"},
        "latency.contacts.add": {"value": {"base_s": 0.25, "per_contact_s": 0.0009}, "source": "assumption"},
        "rate.window": {"value": "fixed", "source": "assumption"},
    },
}


def entry(name: str, **changes) -> dict:
    """One strategy of run.json."""
    upload_s, mapping_s, op, count, median = STRATEGIES[name]
    total = upload_s + mapping_s
    polls = 20 if mapping_s else 10
    steps = 100 if op == "contacts.add" else 4
    start = 1.3 if op == "contacts.add" else total - 12.0
    values = {
        "strategy": name,
        "directory": name,
        "leads": LEADS,
        "mapped": LEADS,
        "rejected": 0,
        "duration_s": total,
        "upload_s": upload_s,
        "mapping_s": mapping_s,
        "verification_s": 140.0,
        "wall_s": 21.0,
        "requests": count + polls,
        "status_429": count // 100,
        "retries": 3,
        "in_doubt": 1,
        "resolved": 1,
        "throttled_s": 1200.0,
        "trouble": trouble(),
        "contacts_per_s": LEADS / total,
        "first_mapping_s": start,
        "operations": {op: operation(count, median), "export.get": operation(polls, 0.2)},
        "main_op": op,
        "lists": [{"id": f"{name}-{n}", "name": f"Leads {n} {name}", "size": LEADS // 2} for n in (1, 2)],
        "progress": [[start + (total - start) * n / steps, LEADS * n // steps] for n in range(1, steps + 1)],
        "mapping": {"rows": LEADS, "sha256": "ab" * 32, "file": f"{name}/mapping.csv"},
        "verified": True,
        "verification": {"method": "export", "lost": 0, "doubled": 0, "orphaned": 0, "wrong": 0, "unread": 0},
        "bottleneck": "rate limit" if op == "contacts.add" else "import speed",
    }
    return values | changes


def trouble(**counts) -> dict:
    """What went wrong: nothing but what is given."""
    return {"refused": 0, "failed": 0, "waited_s": {"backoff": 0.0, "throttle": 0.0, "quiet": 0.0}} | counts


def operation(count: int, median: float) -> dict:
    times = {"p50_s": median, "p95_s": median * 1.7, "p99_s": median * 2, "max_s": median * 3.4}
    return {"count": count, "errors": 0, **times, "latency_p50_s": median + 30, "latency_p95_s": median + 50}


def run(*strategies: dict, **changes) -> dict:
    """run.json of a comparison of `strategies`, by default of all four."""
    values = {
        "schema": 1,
        "kind": "compare",
        "tool": {"name": "contactbench", "version": "0.1.0"},
        "created": "2026-11-23T08:00:00Z",
        "command": "contactbench compare --leads 1500000 --seed 1",
        "run_id": "20261123-080000-1",
        "target": {"kind": "mock", "host": "mock", "org": None},
        "pace": "virtual",
        "seed": 1,
        "profile": PROFILE,
        "input": {
            "name": "synthetic",
            "leads": LEADS,
            "rows": LEADS,
            "sha256": "cd" * 32,
            "columns": ["Lead ID", "Phone"],
            "lead_id_column": "Lead ID",
            "phone_column": "Phone",
        },
        "versions": {"python": "3.11.7", "httpx": "0.28.1"},
        "machine": {"cpus": 2, "wall_s": 88.1, "peak_rss_mib": 700.0},
        "strategies": list(strategies) or [entry(name) for name in STRATEGIES],
        "added_later": {"is": "ignored"},
    }
    return values | changes


def estimate(times: dict[str, dict[str, float]] | None = None, **changes) -> dict:
    """estimate.json with these P50 by profile and strategy; the questions are asked of the first profile."""
    times = times or {"default": {name: sum(of[:2]) for name, of in STRATEGIES.items()}}
    values = {
        "schema": 1,
        "kind": "estimate",
        "tool": {"name": "contactbench", "version": "0.1.0"},
        "command": "contactbench estimate --to runs/x",
        "leads": LEADS,
        "replicates": 1000,
        "seed": 1,
        "concurrency": 8,
        "profiles": list(times),
        "assumptions_of": next(iter(times)),
        "assumptions": [],
        "strategies": [played(name, profile, p50) for profile, of in times.items() for name, p50 in of.items()],
    }
    return values | changes


def played(name: str, profile: str, p50: float, **changes) -> dict:
    """One strategy under one profile."""
    spread = {"p10": p50 * 0.9, "p50": p50, "p90": p50 * 1.2}
    values = {"strategy": name, "profile": profile, "duration_s": spread, "first_mapping_s": spread, "lists": 2}
    return values | {"requests": {"p50": 1535.0}, "bottleneck": "rate limit", "sensitivity": []} | changes


def write(directory: Path, values: dict) -> Path:
    """`directory` with run.json and the requests of every strategy in it."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "run.json").write_bytes(msgspec.json.encode(values))
    for one in values["strategies"]:
        place = directory / one["directory"]
        place.mkdir(exist_ok=True)
        write_requests(place / "requests.parquet", list(_requests(one["strategy"])))
    return directory


def write_requests(path: Path, rows: list[tuple]) -> None:
    """A requests.parquet with (op, sent_at, done_at, status, error) of `rows`."""
    columns = "seq BIGINT, op VARCHAR, sent_at DOUBLE, done_at DOUBLE, status INTEGER, error VARCHAR"
    numbered = [list(column) for column in zip(*((n, *row) for n, row in enumerate(rows)), strict=True)]
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE r ({columns})")
        database.execute(f"INSERT INTO r SELECT {', '.join(['unnest(?)'] * len(numbered))}", numbered)
        database.execute(f"COPY r TO '{path}' (FORMAT parquet)")


def _requests(name: str):
    upload_s, mapping_s, op, count, median = STRATEGIES.get(name, STRATEGIES["batch-api"])
    rng = random.Random(name)
    for n in range(count):
        sent_at = upload_s * n / count
        refused = n % 100 == 99
        took = 0.02 if refused else median * rng.lognormvariate(0, 0.3)
        yield op, sent_at, sent_at + took, 429 if refused else 200, ""
    for n in range(20 if mapping_s else 10):
        sent_at = upload_s + 1 + n * 7
        yield "export.get", sent_at, sent_at + rng.uniform(0.1, 0.4), 404 if n % 4 else 200, ""
