"""Replacing what is already there: a folder of results as a whole, and files that a user names.

A new folder of results is written beside the old one, so the disk has to hold both, and takes its name by two renames.
The next process cleans up after a killed one; if the kill came between the renames, the old folder gets its name back.
A user's file is never overwritten unless the user says so or an earlier run wrote it.
"""

import glob
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import LocalResource, RunError, UsageError
from .atomic import is_alive, own_folder, require_own, sync_to_disk
from .regular_file import require_text

HEAD = 4096  # bytes in which `ours` is looked for


@contextmanager
def replacement(out: Path, mark: str, tell: Callable[[str], None]) -> Iterator[Path]:
    """The folder that becomes `out` if the block succeeds. Raises UsageError if `out` may not be replaced.

    `mark`: the file that marks a folder as replaceable. The results of a failed block are kept as `out`.failed, unless
    the input was bad or the disk was full.
    """
    _clear_up(out, mark)
    _require_replaceable(out, mark)
    fresh = own_folder(_beside(out, "new"))
    try:
        (fresh / mark).write_text("This folder is replaced by the next contactbench compare.\n")
        yield fresh
        _put_in_place(fresh, out)
    except RunError as error:
        if not isinstance(error, UsageError | LocalResource) or (fresh / "run.json").exists():
            tell(f"the failed comparison is kept in {_keep_failed(fresh, out, mark)}; {out} is unchanged")
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _require_replaceable(out: Path, mark: str) -> None:
    if not out.is_symlink() and not out.exists():
        return
    if not out.is_symlink() and not out.is_dir():
        raise UsageError("NO_FOLDER", f"{out} is not a folder; name another one with --out.")
    require_own(out)
    if any(out.iterdir()) and not (out / mark).exists():
        raise UsageError("OUT_NOT_EMPTY", f"{out} holds other files than a comparison; name another folder with --out.")
    if out.is_mount() or Path.cwd().is_relative_to(out.resolve()):
        raise UsageError("OUT_IN_USE", f"{out} cannot be replaced from within; name a folder in it with --out.")


def _beside(out: Path, what: str) -> Path:
    return out.parent / f".{out.resolve().name}.{os.getpid()}.{what}"


def _clear_up(out: Path, mark: str) -> None:
    for left in sorted(out.parent.glob(f".{glob.escape(out.resolve().name)}.*.*")):
        _, pid, what = left.name.rsplit(".", 2)
        if not pid.isdecimal() or is_alive(int(pid)) or not (left / mark).exists():
            continue
        if what == "old" and not out.exists():
            left.rename(out)
        elif what in ("old", "new"):
            shutil.rmtree(left, ignore_errors=True)


def _put_in_place(fresh: Path, out: Path) -> None:
    former = _beside(out, "old")
    try:
        if out.exists():
            out.rename(former)
        fresh.rename(out)
    except BaseException:
        if former.exists() and not out.exists():
            former.rename(out)
        raise
    sync_to_disk(out.parent)
    shutil.rmtree(former, ignore_errors=True)


def _keep_failed(fresh: Path, out: Path, mark: str) -> Path:
    failed = out.with_name(f"{out.name}.failed")
    if (failed / mark).exists():
        shutil.rmtree(failed)
    return fresh if failed.exists() else fresh.rename(failed)


def require_free(path: Path | None, *, force: bool = False, ours: bytes = b"") -> None:
    """Raises UsageError if the file exists or its folder does not. `ours` marks a file that may be replaced."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise UsageError("NO_FOLDER", f"{path.parent} is not a folder; create it, or name a file in another one.")
    require_ours(path, force=force, ours=ours)


def require_ours(path: Path | None, *, force: bool = False, ours: bytes = b"") -> None:
    """The same for a file whose folder is created if missing."""
    if path is None:
        return
    require_text(path)
    if not (path.exists() or path.is_symlink()):
        return
    if path.is_dir():
        raise UsageError("FILE_EXISTS", f"{path} is a folder; name a file in it.")
    if not (force or (ours and path.is_file() and ours in path.read_bytes()[:HEAD])):
        advice = "name another file" if ours else "name another file, or replace it with --force"
        raise UsageError("FILE_EXISTS", f"{path} is already there and is left unchanged; {advice}.")
