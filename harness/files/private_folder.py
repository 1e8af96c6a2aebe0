"""Folders that runs write into: private ones, in which nobody else can have put a link for the run to follow."""

import os
import stat
from pathlib import Path

from harness.errors import UsageError

OTHERS = stat.S_IWGRP | stat.S_IWOTH


def own_folder(path: Path) -> Path:
    """`path`, made if it is not there (0700). Raises UsageError for one in which to write is not safe."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError("NO_FOLDER", f"{error.filename} is no folder; name another one.") from None
    require_own(path)
    return path


def require_own(path: Path) -> None:
    """Raises UsageError for a folder that is a link, another user's or open to others, or that holds links."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise _unsafe(path, "is a link, which is not followed; name the folder itself")
    if status.st_uid != os.geteuid():
        raise _unsafe(path, f"belongs to user {status.st_uid}, not to you; name a folder of your own")
    entries = list(os.scandir(path))
    if status.st_mode & OTHERS:
        if entries or status.st_mode & stat.S_IWOTH:
            advice = f"see that all in it is yours, run `chmod go-w {path}`, then the same command again"
            raise _unsafe(path, f"can be written to by other users; {advice}")
        path.chmod(0o700)  # just made, under a umask for groups
    for entry in entries:
        if entry.is_symlink():
            raise _unsafe(path, f"holds a link, {entry.name}, which is not followed; remove it")
        if entry.name == "work" and entry.is_dir():
            require_own(path / entry.name)
        elif entry.is_file() and entry.stat().st_nlink > 1 and not _set_aside(path, entry.name):
            raise _unsafe(path, f"holds {entry.name}, which has another name elsewhere; put a copy of it in its place")


def _set_aside(folder: Path, name: str) -> bool:
    """Whether its other name is one that `reconcile` gave it, when it was killed."""
    return any(folder.joinpath(name).samefile(aside) for aside in folder.glob("journal.sqlite.corrupt-*"))


def _unsafe(path: Path, why: str) -> UsageError:
    return UsageError("UNSAFE_FOLDER", f"{path} {why}. Nothing was written or sent.")
