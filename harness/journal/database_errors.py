"""SQLite's errors as this project's: those that a user can fix, and damage, after which a file is not trusted."""

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
RECONCILE = "rebuild it from the org with `contactbench reconcile --from-server` and the upload's other options"


def is_local(error: sqlite3.Error, path: Path) -> bool:
    """Whether the error is this machine's. Errors about the content of the file have other codes, or none."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_IOERR_SHORT_READ:  # a file that was truncated
        return False
    if code & 0xFF == sqlite3.SQLITE_READONLY:  # SQLite reports this for an altered header too
        return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    return code & 0xFF in LOCAL


def commit_error(error: Exception, path: Path) -> LocalResource:
    """The error of a commit that the disk did not accept: its changes count as not stored."""
    full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return LocalResource(
        "DISK_FULL" if full else "NOT_WRITTEN",
        f"{path} did not accept a commit ({error}); free space, check that the folder can be written, and run the same"
        " command again.",
    )


def corruption_error(error: Exception, path: Path) -> StateError:
    """The error of a file that is not as it was stored: trusting it might lose leads, or send them twice."""
    what = f"{error} is not as it was stored" if not isinstance(error, sqlite3.Error) else str(error)
    return StateError("STATE_CORRUPT", f"{path}: {what}; nothing was sent. Restore the file, or {RECONCILE}.")
