"""A log of records in one SQLite file: what is appended is on the disk when `append` returns.

One process at a time: a lock beside the file belongs to the process that has it open, and ends with it in any case.
"""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mockserver.errors import StoreFull

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x6D6F636B  # marks the files that are ours
# Large pages suit records of some 300 kB; a checkpoint every 16 MiB keeps its pause short.
_CREATE = f"""
PRAGMA page_size = 16384;
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE log (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, list_id TEXT NOT NULL, payload BLOB NOT NULL);
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""
_INSERT = "INSERT INTO log (kind, list_id, payload) VALUES (?, ?, ?)"


class StoreError(Exception):
    """The store cannot be opened or written; the message says why and what is unharmed."""


class UnusableError(StoreError):
    """The path can be no store, whatever a mock may do with it."""


class Record(NamedTuple):
    kind: str
    list_id: str
    payload: bytes


class StoreLog:
    """Raises StoreError if the file is in use, of a newer version, or no log at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        new = not Path(f"{path}.lock").exists()
        self._lock = _lock(path)
        try:
            self._db = _open(path)
        except BaseException:
            if new:
                Path(f"{path}.lock").unlink(missing_ok=True)  # what was refused is somebody else's file
            os.close(self._lock)
            raise

    def append(self, record: Record) -> None:
        """Raises StoreError, or StoreFull where the disk is the reason; the record is not in the log then."""
        try:
            self._db.execute(_INSERT, record)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise StoreFull from error
            raise StoreError(f"{self._path} could not be written ({error}); the change was not made") from error

    def records(self) -> Iterator[Record]:
        return map(Record._make, self._db.execute("SELECT kind, list_id, payload FROM log ORDER BY seq"))

    def payload_bytes(self) -> int:
        (total,) = self._db.execute("SELECT COALESCE(SUM(LENGTH(payload)), 0) FROM log").fetchone()
        return int(total)

    def rewrite(self, records: Iterable[Record]) -> None:
        """Put `records` in the place of all that is there, in one transaction; a disk without room keeps the old."""
        with suppress(sqlite3.OperationalError):
            with self._db:
                self._db.execute("BEGIN")
                self._db.execute("DELETE FROM log")
                self._db.executemany(_INSERT, records)
            self._db.execute("VACUUM")

    def close(self) -> None:
        self._db.close()
        os.close(self._lock)


def _lock(path: Path) -> int:
    """Raises UnusableError before there is a lock: nothing is left beside a file that can be no store."""
    try:
        if path.exists() and not path.is_file():
            raise UnusableError(f"{path} is not a file; name one, or a new one")
        if path.exists():
            path.open("rb").close()
        elif not path.parent.is_dir():
            raise UnusableError(f"{path}: there is no folder {path.parent}; make it")
        _check_place(path)
        return _acquire(path)
    except OSError as error:
        raise UnusableError(f"{path}: {error.strerror}; name another file") from error


def _check_place(path: Path) -> None:
    """Raises UnusableError where somebody else could put another file, or a link, into the store's place."""
    about = path.parent.stat()
    if about.st_uid != os.geteuid():
        raise UnusableError(f"{path.parent} belongs to user {about.st_uid}, not to you; name a folder of your own")
    if about.st_mode & stat.S_IWOTH:
        raise UnusableError(f"{path.parent} can be written to by other users; name a folder of your own")
    if link := next((each for each in (path, Path(f"{path}.lock")) if each.is_symlink()), None):
        raise UnusableError(f"{link} is a link, which is not followed; name the file itself")


def _acquire(path: Path) -> int:
    handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StoreError(f"{path} is in use by another process") from error
    return handle


def _open(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    # Autocommit: each INSERT is a transaction. The server works in one thread, not always the one that opened the file.
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA trusted_schema = OFF")  # an altered schema runs nothing with an effect
        _prepare(db, path)
    except sqlite3.DatabaseError as error:
        db.close()
        raise StoreError(f"{path} is not a store of this mock ({error})") from error
    except StoreError:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    (tables,) = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if not tables:
        db.executescript(_CREATE)
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if application_id != _APPLICATION_ID:
        raise StoreError(f"{path} is a database, but not a store of this mock")
    if version > SCHEMA_VERSION:
        raise StoreError(f"{path} has schema {version}; this version reads up to {SCHEMA_VERSION}")
    db.execute("PRAGMA synchronous = FULL")
