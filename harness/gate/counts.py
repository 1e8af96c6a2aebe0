"""Figures that are the same on every machine: requests, bytes and virtual seconds of a small comparison."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..checks import Check
from ..commands.compare import Comparison, compare
from ..errors import UsageError
from ..files.duckdb_files import database, parquet_table
from ..mapping.files import write_json
from ..strategies import MAIN

SUITE = "counts"
SCHEMA = 1
Figures = dict[str, dict[str, float]]  # by strategy and name
BODIES = """
    SELECT op, count(*), sum(sent_bytes), sum(received_bytes) FROM {file} GROUP BY op ORDER BY op
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The comparison that is run; its figures are the same on every machine."""

    leads: int = 4000
    seed: int = 1
    profile: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    played: Workload
    figures: Figures


def measure(played: Workload, out: Path, tell: Callable[[str], None]) -> Figures:
    """Run the comparison in `out`, and return the figures of the main strategies."""
    order = Comparison(
        leads=played.leads, strategies=MAIN, pace="virtual", profile=played.profile, seed=played.seed, out=out
    )
    return {entry["strategy"]: _figures(entry, out) for entry in compare(order, tell)["strategies"]}


def _figures(entry: dict[str, Any], out: Path) -> dict[str, float]:
    folder = out / entry["directory"]
    with database(folder) as db:
        rows = db.execute(BODIES.format(file=parquet_table(folder / "requests.parquet"))).fetchall()
    bodies: dict[str, float] = {}
    for op, requests, sent, received in rows:
        of_op = {f"{op}, requests": requests, f"{op}, bytes sent": sent, f"{op}, bytes received": received}
        bodies |= {name: figure for name, figure in of_op.items() if figure}
    spans = {f"{name}, virtual s": entry[f"{name}_s"] for name in ("duration", "upload", "verification")}
    counts = {name: entry[name] for name in ("mapped", "requests", "retries")}
    return {**counts, "verified": int(entry["verified"]), **spans, **bodies}


def differences(expected: Figures, found: Figures) -> list[Check]:
    """A failed check for each figure that is not as expected; a passed one for each strategy without any."""
    return [
        check for name in {**expected, **found} for check in _strategy_checks(name, expected.get(name), found.get(name))
    ]


def _strategy_checks(strategy: str, expected: dict[str, float] | None, found: dict[str, float] | None) -> list[Check]:
    if found is None or expected is None:
        note = "no such strategy any more" if found is None else "no figures are expected of it; --update writes them"
        return [Check(suite=SUITE, name=strategy, verdict="failed", note=note)]
    differing = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
    if not differing:
        return [Check(suite=SUITE, name=strategy, verdict="passed", note=f"{len(found)} figures")]
    return [
        Check(
            suite=SUITE,
            name=f"{strategy}: {name}",
            verdict="failed",
            expected=_number(expected.get(name)),
            found=_number(found.get(name)),
        )
        for name in differing
    ]


def _number(figure: float | None) -> str:
    return "none" if figure is None else f"{figure:,}"


def read(path: Path) -> Expected:
    """The committed figures. Raises UsageError."""
    try:
        document = msgspec.json.decode(path.read_bytes())
        if document["schema"] != SCHEMA:
            raise ValueError
        return Expected(played=Workload(**document["played"]), figures=document["strategies"])
    except OSError as error:
        problem = f"{path}: {error.strerror}; `contactbench gate --update` writes it"
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        problem = f"{path} holds no figures that this version can read; `contactbench gate --update` writes them"
    raise UsageError("NO_EXPECTATION", f"{problem}.")


def write(expected: Expected, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"schema": SCHEMA, "played": asdict(expected.played), "strategies": expected.figures})
