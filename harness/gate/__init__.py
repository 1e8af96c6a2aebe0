"""The gate: fails a version that is slower or busier than another, by three layers. docs/gate.md explains them.

* `counts`: requests, bytes and virtual seconds of a small comparison, against committed figures. No tolerance.
* `instructions`: CPU instructions of hot paths by callgrind, head against base.
* `wall`: hot paths and whole uploads by the clock, head and base in turns.
"""

import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..checks import FAILED, Check, all_passed
from ..errors import RunError, UsageError
from ..files.atomic import own_folder
from ..mapping.files import write_json
from . import counts
from .hot_paths import PATHS
from .instructions import Tree, instruction_checks
from .wall_clock import wall_checks

LAYERS = ("counts", "instructions", "wall")
SCHEMA = 1
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOrder:
    layers: Sequence[str]
    expected: Path  # of the counts
    out: Path
    base: str | None = None  # a git ref; None: where this branch began
    base_tree: Path | None = None  # a checkout, in place of a ref
    head_tree: Path = Path()
    upload_leads: int = 20_000
    only: Sequence[str] = ()  # parts of names of hot paths
    accepted: str = ""  # the reason to let a failure pass this time

    def __post_init__(self) -> None:
        for layer in self.layers:
            if layer not in LAYERS:
                raise UsageError("UNKNOWN_LAYER", f"{layer!r}; choose from {', '.join(LAYERS)}.")
        for part in self.only:
            if not part or not any(part in path for path in PATHS):
                raise UsageError("NO_CHECKS", f"no hot path's name contains {part!r}; there are {', '.join(PATHS)}.")


class GateFailed(RunError):
    exit_code = FAILED


def gate(order: GateOrder, tell: Tell) -> tuple[list[Check], dict[str, Any]]:
    """Run the layers and write `gate.json`. Returns the checks and the document. Raises RunError."""
    began = time.perf_counter()
    own_folder(order.out)
    checks = _count_checks(order, tell) if "counts" in order.layers else []
    if set(order.layers) - {"counts"}:
        with _trees(order) as (base, head):
            checks += _tree_checks(order, base, head, tell)
    document = _document(order, checks, time.perf_counter() - began)
    write_json(order.out / "gate.json", document)
    if all(check.verdict == "not measured" for check in checks):
        why = "; ".join(sorted({check.note for check in checks if check.note})) or "nothing was chosen"
        raise UsageError("NO_CHECKS", f"nothing was measured, so nothing can pass: {why}.")
    return checks, document


def refusal(checks: Sequence[Check]) -> GateFailed | None:
    """The error if a check has failed."""
    failed = [check for check in checks if check.has_failed]
    if not failed:
        return None
    names = "; ".join(f"{check.suite}: {check.name}" for check in failed[:5])
    more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
    return GateFailed(
        "GATE",
        f"{len(failed)} of {len(checks)} checks failed: {names}{more}. If the change is intended, use --update for"
        " counts, or --accept REASON.",
    )


def update(played: counts.Workload, expected: Path, out: Path, tell: Tell) -> None:
    """Write the current counts as the expected ones."""
    counts.write(counts.Expected(played=played, figures=counts.measure(played, out / "counts", tell)), expected)


def _count_checks(order: GateOrder, tell: Tell) -> list[Check]:
    expected = counts.read(order.expected)
    found = counts.measure(expected.played, order.out / "counts", tell)
    return counts.differences(expected.figures, found)


def _tree_checks(order: GateOrder, base: Tree, head: Tree, tell: Tell) -> list[Check]:
    checks = []
    if "instructions" in order.layers:
        tell("instructions: hot paths of base and head under valgrind, about a minute")
        checks += instruction_checks(base, head, order.only, order.out / "callgrind")
    if "wall" in order.layers:
        checks += wall_checks(base, head, leads=order.upload_leads, only=order.only, tell=tell)
    return checks


@contextmanager
def _trees(order: GateOrder) -> Iterator[tuple[Tree, Tree]]:
    """The base and the head, the base as a worktree unless a checkout was given."""
    head = require_tree(order.head_tree)
    with tempfile.TemporaryDirectory(prefix="contactbench-compiled-") as compiled, ExitStack() as checkouts:
        if order.base_tree is not None:
            base = require_tree(order.base_tree)
        else:
            base = checkouts.enter_context(worktree(order.base or default_base(head), head))
        yield Tree(base, Path(compiled) / "base"), Tree(head, Path(compiled) / "head")


def _document(order: GateOrder, checks: Sequence[Check], wall_s: float) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": "gate",
        "tool": {"name": "contactbench", "version": __version__},
        "versions": {"python": platform.python_version()},
        "machine": {"cpus": os.cpu_count(), "machine": platform.machine(), "wall_s": round(wall_s, 3)},
        "layers": list(order.layers),
        "passed": all_passed(checks),
        "accepted": order.accepted,
        "checks": [check.entry() for check in checks],
    }


PACKAGE = Path("harness") / "__init__.py"


@contextmanager
def worktree(ref: str, repository: Path) -> Iterator[Path]:
    """A worktree of `ref` that exists while the context lasts. Raises UsageError."""
    with tempfile.TemporaryDirectory(prefix="contactbench-base-") as folder:
        tree = Path(folder) / "tree"
        _git(repository, "worktree", "add", "--quiet", "--detach", str(tree), ref)
        try:
            yield require_tree(tree)
        finally:
            _git(repository, "worktree", "remove", "--force", str(tree))


def default_base(repository: Path) -> str:
    """The commit at which this branch left the main one, else the commit before HEAD. Raises UsageError."""
    for main in ("origin/main", "main"):
        try:
            base = _git(repository, "merge-base", main, "HEAD")
        except UsageError:
            continue
        if base != _git(repository, "rev-parse", "HEAD"):
            return base
    return _git(repository, "rev-parse", "HEAD~1")


def require_tree(tree: Path) -> Path:
    """`tree` as an absolute path. Raises UsageError if it holds no version of this project."""
    if not (tree / PACKAGE).is_file():
        raise UsageError("NO_TREE", f"{tree} is not a checkout of contactbench: it has no {PACKAGE}.")
    return tree.resolve()


def _git(repository: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(repository), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        raise UsageError("NO_GIT", "git is not installed; name folders with --base-tree and --head-tree.") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["failed"]
        raise UsageError("NO_BASE", f"git {arguments[0]}: {lines[0]}; give --base REF.") from None
    return done.stdout.strip()
