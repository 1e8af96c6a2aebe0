"""CPU instructions of the hot paths, by callgrind: the same on a busy machine and on an idle one."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..checks import Check, Verdict
from ..client.secret_sources import environment_of_children

PROGRAM = Path(__file__).parent / "hot_paths.py"
TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Tree:
    """A version: its code, and a folder for its bytecode, of which a fresh checkout has none."""

    path: Path
    compiled: Path


@dataclass(frozen=True, slots=True)
class PathFigures:
    """The figures by path, and the reasons of paths without one. `broken`: why the program failed, if it did."""

    paths: Mapping[str, float]
    missing: Mapping[str, str]
    broken: str = ""

    def why_not(self, path: str) -> str:
        return self.broken or self.missing.get(path, "there is no such path")


def run_hot_paths(tree: Tree, arguments: Sequence[str], under: Sequence[str] = ()) -> PathFigures:
    """Run the program on `tree`, `under` another program if one is given. Its failure is returned, not raised."""
    command = [*under, sys.executable, "-P", str(PROGRAM), *arguments]
    # Sets iterate in the order of hashes, and hashes of strings differ between processes unless they are fixed.
    environ = environment_of_children() | {
        "PYTHONPATH": str(tree.path),
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(tree.compiled),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    with tempfile.TemporaryDirectory(prefix="contactbench-gate-") as elsewhere:  # the working folder is on the path too
        try:
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, env=environ, cwd=elsewhere, timeout=TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            return PathFigures({}, {}, f"not finished after {TIMEOUT_S:.0f} s")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        return PathFigures({}, {}, f"exit {done.returncode}: {lines[-1]}"[:200])
    document = json.loads(done.stdout)
    return PathFigures(document["paths"], document["missing"])


SUITE = "instructions"
TOLERANCE = 0.03
VALGRIND = "valgrind"


def instruction_checks(base: Tree, head: Tree, only: Sequence[str], keep: Path) -> list[Check]:
    """A check for each path. callgrind's files are kept in `keep`, to show where the instructions went."""
    if shutil.which(VALGRIND) is None:
        note = "valgrind is not installed; on Debian: apt-get install valgrind"
        return [Check(suite=SUITE, name="hot paths", verdict="not measured", note=note)]
    before, after = (count_instructions(tree, only, keep / name) for tree, name in ((base, "base"), (head, "head")))
    if after.broken:
        return [Check(suite=SUITE, name="hot paths", verdict="failed", note=f"head: {after.broken}")]
    return [_check(name, before, after) for name in (*after.paths, *after.missing)]


def count_instructions(tree: Tree, only: Sequence[str], keep: Path) -> PathFigures:
    """Instructions by path; callgrind's files are kept in `keep`."""
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="contactbench-callgrind-") as folder:
        under = [
            VALGRIND,
            "--tool=callgrind",
            # Each path runs within one call through libffi, and nothing else does.
            "--toggle-collect=ffi_call",
            "--dump-after=ffi_call",
            f"--callgrind-out-file={folder}/callgrind.out",
        ]
        run_hot_paths(tree, ["count", *only])  # compiles the tree, which would take too long under valgrind
        played = run_hot_paths(tree, ["count", *only], under)
        dumps = [Path(folder) / f"callgrind.out.{number}" for number in range(1, len(played.paths) + 1)]
        if not all(dump.exists() for dump in dumps):
            return replace(played, paths={}, broken="callgrind sees no libffi in this Python")
        figures = {name: _total(dump) for name, dump in zip(played.paths, dumps, strict=True)}
        for name, dump in zip(played.paths, dumps, strict=True):
            shutil.copy(dump, keep / f"callgrind.out.{'-'.join(name.replace(':', '').split())}")
    return replace(played, paths=figures)


def _total(dump: Path) -> int:
    """Instructions in one of callgrind's files."""
    for line in dump.read_text(errors="replace").splitlines():
        if line.startswith("totals:"):
            return int(line.split()[1])
    return 0


def _check(name: str, before: PathFigures, after: PathFigures) -> Check:
    if name not in after.paths:
        return Check(suite=SUITE, name=name, verdict="failed", note=f"head: {after.why_not(name)}")
    found = f"{after.paths[name]:,.0f}"
    if not before.paths.get(name):
        note = f"nothing to compare with; base: {before.why_not(name)}"
        return Check(suite=SUITE, name=name, verdict="not measured", found=found, note=note)
    change = after.paths[name] / before.paths[name] - 1
    verdict: Verdict = "failed" if change > TOLERANCE else "passed"
    expected = f"{before.paths[name]:,.0f} + {TOLERANCE:.0%}"
    return Check(suite=SUITE, name=name, verdict=verdict, expected=expected, found=found, note=f"{change:+.2%}")
