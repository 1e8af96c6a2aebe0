"""Folders for files on their way. One ends with its process, or where that was killed, when the next one starts."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "contactbench-spool-"


@contextmanager
def spool_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder (0700) in `parent`, or where the system has temporary files, removed when the block ends.

    A lock on it tells others that its process lives: the system takes it back, whatever ends the process.
    """
    parent = parent or Path(tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        _remove_abandoned(left)
    draft = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=parent))
    lock = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
    with suppress(OSError):  # a file system without such locks: nobody gets one there, and nothing is removed
        fcntl.flock(lock, fcntl.LOCK_EX)
    folder = draft.rename(parent / draft.name[1:])  # it is locked before it has a name that others look for
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_abandoned(folder: Path) -> None:
    """Remove the folder, if it is this user's and no process holds it."""
    with suppress(OSError):  # it is held, another user's, no folder, or gone by now
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)
