"""Runs that are made to fail in every way a seed can think of, and the proof that none of them lies about it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .plan import drawn
from .run import FINISHED, Ordeal
from .workers import ordeals

Tell = Callable[[str], None]
PARTS = 20  # of all runs, after each of which something is said


def torture(
    seeds: Iterable[int], strategies: Sequence[str], leads: int | None, tell: Tell, jobs: int = 1
) -> dict[str, Any]:
    """The document of all these runs, the same whatever `jobs` is; a run that is wrong is told as soon as it is known,
    with the command that plays it again."""
    began, done = time.perf_counter(), []
    plans = [drawn(seed, strategy, leads) for seed in seeds for strategy in strategies]
    for ordeal in ordeals(plans, jobs):
        done.append(ordeal)
        for line in _lines(ordeal):
            tell(line)
        if len(done) % max(1, len(plans) // PARTS) == 0:
            tell(_progress(done, len(plans), time.perf_counter() - began))
    return _document(done, time.perf_counter() - began)


def _lines(ordeal: Ordeal) -> list[str]:
    if not ordeal.violations:
        return []
    told = "; ".join(ordeal.violations)
    where = f"seed {ordeal.torture.seed}, {ordeal.torture.strategy}"
    return [f"{where}: {told} [{', '.join(ordeal.endings)}]", f"  {ordeal.torture.command}"]


def _progress(done: list[Ordeal], total: int, wall_s: float) -> str:
    wrong = sum(bool(ordeal.violations) for ordeal in done)
    return f"{len(done):,} of {total:,} runs, {wrong} violations, {wall_s:,.0f} s"


def _document(done: list[Ordeal], wall_s: float) -> dict[str, Any]:
    return {
        "seeds": len({ordeal.torture.seed for ordeal in done}),
        "runs": len(done),
        "violations": sum(bool(ordeal.violations) for ordeal in done),
        "finished": sum(ordeal.code in FINISHED for ordeal in done),
        "exit_codes": dict(sorted(Counter(str(ordeal.code) for ordeal in done).items())),
        "strategies": dict(sorted(Counter(ordeal.torture.strategy for ordeal in done).items())),
        "kills": sum(ordeal.endings.count("killed") for ordeal in done),
        "struck": sum(ordeal.struck for ordeal in done),
        "meddled": sum(ordeal.meddled for ordeal in done),
        "requests": sum(ordeal.requests for ordeal in done),
        "most_requests_a_start": max((ordeal.most_requests for ordeal in done), default=0),
        "virtual_s": round(sum(ordeal.virtual_s for ordeal in done), 1),
        "wall_s": round(wall_s, 1),
        "wrong": [_entry(ordeal) for ordeal in done if ordeal.violations],
    }


def _entry(ordeal: Ordeal) -> dict[str, Any]:
    return {
        "seed": ordeal.torture.seed,
        "strategy": ordeal.torture.strategy,
        "honest": ordeal.torture.honest,
        "endings": ordeal.endings,
        "violations": ordeal.violations,
        "command": ordeal.torture.command,
    }
