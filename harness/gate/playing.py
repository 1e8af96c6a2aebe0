"""Plays `twin/hot_paths.py` on a tree: one program of this version, the code of that one."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).parent.parent / "twin" / "hot_paths.py"
TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Tree:
    """A version: where its code is, and where what it compiles to is kept, since a fresh checkout has none of that."""

    path: Path
    compiled: Path


@dataclass(frozen=True, slots=True)
class Played:
    """A figure by path, and why others have none. `broken`: the program did not come to its end."""

    paths: Mapping[str, float]
    missing: Mapping[str, str]
    broken: str = ""

    def why_not(self, path: str) -> str:
        return self.broken or self.missing.get(path, "there is no such path")


def play(tree: Tree, arguments: Sequence[str], under: Sequence[str] = ()) -> Played:
    """What the program says of `tree`; `under` another one, if one is named. A tree's faults are told, not raised."""
    command = [*under, sys.executable, "-P", str(PROGRAM), *arguments]
    # Sets iterate in the order of hashes, and hashes of strings differ from process to process unless they are told.
    environ = {
        "PYTHONPATH": str(tree.path),
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(tree.compiled),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    with tempfile.TemporaryDirectory(prefix="contactbench-gate-") as elsewhere:  # a working folder is on the path, too
        try:
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, env=os.environ | environ, cwd=elsewhere, timeout=TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            return Played({}, {}, f"not done after {TIMEOUT_S:.0f} s")
    if done.returncode:
        told = done.stderr.strip().splitlines() or ["no message"]
        return Played({}, {}, f"exit {done.returncode}: {told[-1]}"[:200])
    document = json.loads(done.stdout)
    return Played(document["paths"], document["missing"])
