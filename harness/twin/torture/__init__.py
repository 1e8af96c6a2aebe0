"""Runs that are made to fail in every way a seed can think of, and the proof that none of them lies about it."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .. import mock_org
from .plan import drawn
from .run import FINISHED, Ordeal, tortured

Tell = Callable[[str], None]


def torture(seeds: Iterable[int], strategy: str | None, leads: int | None, tell: Tell) -> dict[str, Any]:
    """The document of all these runs; each that is wrong is told at once, with the command that plays it again."""
    began, profile, ordeals = time.perf_counter(), mock_org.loaded("default"), []
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="contactbench-torture-") as folder:
            ordeal = tortured(drawn(seed, strategy, leads), profile, Path(folder))
        for line in _lines(ordeal):
            tell(line)
        ordeals.append(ordeal)
    return _document(ordeals, time.perf_counter() - began)


def _lines(ordeal: Ordeal) -> list[str]:
    if not ordeal.violations:
        return []
    told = "; ".join(ordeal.violations)
    return [f"seed {ordeal.torture.seed}: {told} [{', '.join(ordeal.endings)}]", f"  {ordeal.torture.command}"]


def _document(ordeals: list[Ordeal], wall_s: float) -> dict[str, Any]:
    return {
        "seeds": len(ordeals),
        "violations": sum(bool(ordeal.violations) for ordeal in ordeals),
        "finished": sum(ordeal.code in FINISHED for ordeal in ordeals),
        "exit_codes": dict(sorted(Counter(str(ordeal.code) for ordeal in ordeals).items())),
        "strategies": dict(sorted(Counter(ordeal.torture.strategy for ordeal in ordeals).items())),
        "kills": sum(ordeal.endings.count("killed") for ordeal in ordeals),
        "struck": sum(ordeal.struck for ordeal in ordeals),
        "requests": sum(ordeal.requests for ordeal in ordeals),
        "virtual_s": round(sum(ordeal.virtual_s for ordeal in ordeals), 1),
        "wall_s": round(wall_s, 1),
        "runs": [_entry(ordeal) for ordeal in ordeals if ordeal.violations],
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
