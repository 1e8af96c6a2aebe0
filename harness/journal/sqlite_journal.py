"""A run's journal in one SQLite file, which the same command reads to resume the run; and the lock of its folder.

One row per batch, not per lead: 1.5 million leads are 1,500 rows. The view `mapping` lists them lead by lead for
sqlite3's own shell. The file holds Lead IDs and contact ids, and no other personal data.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import LocalResource, StateError, disk_error
from ..files.atomic import private_opener
from . import Journal, schema
from .checksummed_tables import NotAsStored, SqliteTables
from .database_errors import commit_error, corruption_error, is_local

SMALLEST = 512  # bytes of a database that is not empty


@contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """Hold the lock while the block lasts. Raises StateError if another process holds it."""
    handle = _acquire_lock(path)
    try:
        yield
    finally:
        os.close(handle)


def _acquire_lock(path: Path) -> int:
    """The open lock file. The lock is the kernel's, not a pid in a file: it ends with its holder."""
    try:
        handle = private_opener(str(path), os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise disk_error(error) or error from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 100).decode(errors="replace")
        os.close(handle)
        raise StateError(
            "STATE_LOCKED", f"{path.parent} is in use by process {holder}; wait for it or stop it."
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    return handle


class SqliteJournal(Journal):
    """Raises StateError for a file that cannot be trusted, LocalResource if the disk does not accept a commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._failed = False
        self._lock = _acquire_lock(path.with_suffix(".lock"))
        try:
            with self._translate_errors():
                self._open()
        except BaseException:
            os.close(self._lock)  # for the next process; the connection is closed with this object
            raise

    def _open(self) -> None:
        version = _version(self.path)
        if version > schema.VERSION:
            raise StateError(
                "STATE_CORRUPT",
                f"{self.path} has schema {version}, this version reads {schema.VERSION}; it is left unchanged:"
                " continue with the newer version that wrote it.",
            )
        self._db = schema.open_database(self.path, isolation_level=None, check_same_thread=False)
        self._tables = SqliteTables(self._db)
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
        """Read everything once, so that any alteration is found before anything is sent."""
        if not schema.as_created(self._db):
            raise NotAsStored("the schema")
        self._tables.check()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise SQLite's errors as this project's."""
        try:
            yield
        except (NotAsStored, sqlite3.Error, UnicodeError) as error:
            local = isinstance(error, sqlite3.Error) and is_local(error, self.path)
            raise (commit_error(error, self.path) if local else corruption_error(error, self.path)) from None

    def close(self) -> None:
        self._db.close()
        os.close(self._lock)

    def erase(self) -> None:
        """Its file is in the folder."""

    def _commit(self, change: Callable[[], None]) -> None:
        """Durable when this returns. After a commit that the disk did not accept, none is tried again."""
        if self._failed:
            raise LocalResource(
                "NOT_WRITTEN", f"{self.path} did not accept an earlier commit; run the same command again."
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
    """The schema's version; 0 for a missing or empty file. The file is opened read-only: nothing is altered."""
    if not path.exists() or not path.stat().st_size:
        return 0
    if path.stat().st_size < SMALLEST:
        raise NotAsStored("the file")  # SQLite would read it as an empty one
    try:
        return _user_version(f"{path.resolve().as_uri()}?mode=ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
    # Its writer was killed in the middle of a change. SQLite has to write to roll it back.
    return _user_version(f"{path.resolve().as_uri()}?mode=rw")


def _user_version(uri: str) -> int:
    with closing(schema.open_database(uri, uri=True)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])
