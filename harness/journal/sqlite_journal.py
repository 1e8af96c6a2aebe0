"""What a run has done and has begun, durably, in one SQLite file. The same command reads it and goes on.

One row a batch, not one a lead: 1.5 million leads are 1,500 rows, and the view `mapping` unfolds them for anyone with
the sqlite3 shell. Holds Lead IDs and contact ids, and no other personal data.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import LocalResource, StateError
from . import schema
from .checksummed_tables import ChecksummedTables, NotAsStored
from .database_errors import is_local, not_taken, not_trusted
from .journal import Journal
from .lock import acquire_lock

SMALLEST = 512  # bytes of a database that holds anything


class SqliteJournal(Journal):
    """Raises StateError for a file that cannot be trusted, LocalResource when the disk does not take a commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._failed = False
        self._lock = acquire_lock(path.with_suffix(".lock"))
        try:
            with self._translate_errors():
                self._open()
        except BaseException:
            os.close(self._lock)  # whoever comes next may hold it; the connection goes with this object
            raise

    def _open(self) -> None:
        version = _version(self.path)
        if version > schema.VERSION:
            raise StateError(
                "STATE_CORRUPT",
                f"{self.path} has schema {version}, this version reads {schema.VERSION}; it is left as it is:"
                " go on with the newer version that wrote it.",
            )
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._tables = ChecksummedTables(self._db)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if self._db.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise NotAsStored("the file")
        if version == 0 and not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            self.path.chmod(0o600)
            with self._transaction():
                schema.create(self._db)
        elif version == 1:
            with self._transaction():
                schema.migrate(self._db, self._tables.put)
        self._check()
        with self._transaction():
            self._doubt()

    def _check(self) -> None:
        """Read all that is stored, once: what was altered is found before anything is sent."""
        if not schema.as_created(self._db):
            raise NotAsStored("the schema")
        self._tables.check()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """SQLite's complaints as ours."""
        try:
            yield
        except (NotAsStored, sqlite3.Error, UnicodeError) as error:
            local = isinstance(error, sqlite3.Error) and is_local(error, self.path)
            raise (not_taken(error, self.path) if local else not_trusted(error, self.path)) from None

    def close(self) -> None:
        self._db.close()
        os.close(self._lock)

    def _commit(self, change: Callable[[], None]) -> None:
        """Durable when this returns. Once the disk has refused a commit, none is tried again."""
        if self._failed:
            raise LocalResource(
                "NOT_WRITTEN", f"{self.path} did not take an earlier commit; run the same command again."
            )
        try:
            with self._translate_errors(), self._transaction():
                change()
        except LocalResource:
            self._failed = True
            raise

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _version(path: Path) -> int:
    """Of the schema; 0 for a file that is empty or not there. Looks without a right to write: nothing is altered."""
    if not path.exists() or not path.stat().st_size:
        return 0
    if path.stat().st_size < SMALLEST:
        raise NotAsStored("the file")  # SQLite would take it for an empty one
    try:
        return _user_version(f"{path.resolve().as_uri()}?mode=ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
    # Its maker was killed in the middle of a change, which SQLite takes back: for that it has to write.
    return _user_version(f"{path.resolve().as_uri()}?mode=rw")


def _user_version(uri: str) -> int:
    with closing(sqlite3.connect(uri, uri=True)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])
