"""A folder of results that is replaced as a whole: the former one stays as it is until the new one is complete.

The new one is written beside it, so the disk has to hold both, and takes its name by two renames. What a process that
was killed has left is put right by the next one: between the renames, the former folder gets its name back.
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


@contextmanager
def replacement(out: Path, mark: str, tell: Callable[[str], None]) -> Iterator[Path]:
    """The folder that becomes `out` when the block ends well. Raises UsageError where `out` may not be replaced.

    `mark`: the file that says of a folder that it may be. What a failure leaves is kept as `out`.failed, unless the
    input was bad or the disk had no room.
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
            tell(f"what there is of the new comparison: {_keep_failed(fresh, out, mark)}; {out} is as it was")
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _require_replaceable(out: Path, mark: str) -> None:
    if not out.is_symlink() and not out.exists():
        return
    if not out.is_symlink() and not out.is_dir():
        raise UsageError("NO_FOLDER", f"{out} is no folder; name another one with --out.")
    require_own(out)
    if any(out.iterdir()) and not (out / mark).exists():
        raise UsageError("OUT_NOT_EMPTY", f"{out} holds files of something else; name another folder with --out.")
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


# Files that a user names for a command to write: one that is there already is somebody's, and stays.


HEAD = 4096


def require_free(path: Path | None, *, force: bool = False, ours: bytes = b"") -> None:
    """Raises UsageError where the file cannot be written, or is there. `ours`: in the head of one to be replaced."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise UsageError("NO_FOLDER", f"{path.parent} is no folder; make it, or name a file in another one.")
    require_ours(path, force=force, ours=ours)


def require_ours(path: Path | None, *, force: bool = False, ours: bytes = b"") -> None:
    """The same for a file whose folder is made if need be."""
    if path is None:
        return
    require_text(path)
    if not (path.exists() or path.is_symlink()):
        return
    if path.is_dir():
        raise UsageError("FILE_EXISTS", f"{path} is a folder; name a file in it.")
    if not (force or (ours and path.is_file() and ours in path.read_bytes()[:HEAD])):
        advice = "name another file" if ours else "name another file, or replace it with --force"
        raise UsageError("FILE_EXISTS", f"{path} is there already and stays as it is; {advice}.")
