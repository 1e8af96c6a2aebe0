"""What SQLite complains of: the disk, which somebody can mend, or the file, which nobody should believe any more."""

import errno
import os
import sqlite3
from pathlib import Path

from ..errors import LocalResource, StateError

LOCAL = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}
RECONCILE = "rebuild it from the org with `contactbench reconcile --from-server` and the upload's other options"


def is_local(error: sqlite3.Error, path: Path) -> bool:
    """Whether the trouble is this machine's. Complaints about what is in the file have other codes, or none."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_IOERR_SHORT_READ:  # a file that was cut
        return False
    if code & 0xFF == sqlite3.SQLITE_READONLY:  # SQLite says so of an altered header too
        return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    return code & 0xFF in LOCAL


def not_taken(error: Exception, path: Path) -> LocalResource:
    """The disk did not take a commit: what it was about counts as not stored."""
    full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return LocalResource(
        "DISK_FULL" if full else "NOT_WRITTEN",
        f"{path} did not take a commit ({error}); free space, see that the folder can be written, and run the same"
        " command again.",
    )


def of_the_disk(error: OSError) -> LocalResource | None:
    """What to tell of a file that cannot be written, wherever it was; None for a trouble that is another one."""
    if error.errno not in DISK:
        return None
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return LocalResource(
        "DISK_FULL" if full else "NOT_WRITTEN",
        f"{error.filename or 'a file of the run'}: {error.strerror}; make room or mend the disk, then run the same"
        " command again.",
    )


def not_trusted(error: Exception, path: Path) -> StateError:
    """The file is not what was stored: to believe it might lose leads, or send them twice."""
    what = f"{error} is not as it was stored" if not isinstance(error, sqlite3.Error) else str(error)
    return StateError("STATE_CORRUPT", f"{path}: {what}; nothing was sent. Restore the file, or {RECONCILE}.")
