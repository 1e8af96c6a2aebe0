"""The two versions that are compared: folders with a checkout each."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError

PACKAGE = Path("harness") / "__init__.py"


@contextmanager
def worktree(ref: str, repository: Path) -> Iterator[Path]:
    """A worktree of `ref`, for as long as the context lasts. Raises UsageError."""
    with tempfile.TemporaryDirectory(prefix="contactbench-base-") as folder:
        tree = Path(folder) / "tree"
        _git(repository, "worktree", "add", "--quiet", "--detach", str(tree), ref)
        try:
            yield require_tree(tree)
        finally:
            _git(repository, "worktree", "remove", "--force", str(tree))


def default_base(repository: Path) -> str:
    """Where this branch left the main one; the commit before this one where it did not. Raises UsageError."""
    for main in ("origin/main", "main"):
        try:
            base = _git(repository, "merge-base", main, "HEAD")
        except UsageError:
            continue
        if base != _git(repository, "rev-parse", "HEAD"):
            return base
    return _git(repository, "rev-parse", "HEAD~1")


def require_tree(tree: Path) -> Path:
    """`tree`, made absolute. Raises UsageError where it holds no version of this project."""
    if not (tree / PACKAGE).is_file():
        raise UsageError("NO_TREE", f"{tree} is no checkout of contactbench: it has no {PACKAGE}.")
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
        told = error.stderr.strip().splitlines()
        raise UsageError("NO_BASE", f"git {arguments[0]}: {told[0] if told else 'failed'}; give --base REF.") from None
    return done.stdout.strip()
