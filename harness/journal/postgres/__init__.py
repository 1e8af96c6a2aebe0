"""A run's journal in a PostgreSQL database, which holds any number of them. Imported only by commands
that are given one.

One process owns a run: it holds an advisory lock, which ends with its connection, and every commit checks the owner
and the number of the last commit. When a connection is lost during a commit, its outcome is unknown. Once the lock is
held again the former session has ended, and the number tells whether the commit took effect.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from threading import RLock
from typing import Any

import psycopg

from ...errors import GaveUp, RunError, StateError
from .. import Journal
from ..checksummed_tables import NotAsStored
from ..database_errors import RECONCILE
from ..schema import VERSION
from . import tables
from .connection import AGAIN, connect, is_connection_lost, public_address, run_error
from .tables import SCHEMA, RunTables

REPEATS = 5  # of a transaction that the database rolls back in favour of others
RECONNECTS, PAUSE_S = 40, 0.25  # of a lost connection: ten seconds, in which nothing is sent
LOCK_ATTEMPTS = 5  # with pauses: the session of a killed process ends a moment after it


class PostgresJournal(Journal):
    """Raises the same errors as `Journal`."""

    def __init__(
        self, url: str, run: str, owner: str, *, new: bool = True, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`owner`: a unique name for this process. `new`: create the run if it does not exist."""
        self.run = run
        self._url, self._owner, self._sleep = url, owner, sleep
        self._mutex = RLock()  # greenlets switch while they wait for the database
        self._failed = False
        self._commits = 0
        self._connect()
        try:
            with self._translate_errors():
                self._open(new)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    def erase(self) -> None:
        """Remove the run; the server frees the space of its rows with the next vacuum."""
        with self._translate_errors(), self._transaction():
            for table in tables.definitions():
                key = "name" if table == "run" else "run"
                self._db.execute(f"DELETE FROM {SCHEMA}.{table} WHERE {key} = %s", (self.run,))

    def _connect(self) -> None:
        self._db = connect(self._url, f"contactbench {os.getpid()}")
        self._backend = self._db.info.backend_pid
        self._tables: RunTables = RunTables(self._db, self.run)

    # --- ownership ----------------------------------------------------------------------------------------------------

    def _open(self, new: bool) -> None:
        tables.create(self._db)
        tables.require_as_created(self._db)
        if not self._wait_for_lock():
            raise StateError("STATE_LOCKED", f"run {self.run!r} is in use by {self._holder()}; wait for it or stop it.")
        with self._transaction():
            self._take(new)
        self._tables.check()
        self._commit(self._doubt)

    def _take(self, new: bool) -> None:
        """Make this process the owner of the run, which is created if it does not exist."""
        found = self._db.execute(f"SELECT version, commits FROM {SCHEMA}.run WHERE name = %s", (self.run,)).fetchone()
        if found is None and not new:
            raise StateError(
                "STATE_LOST",
                f"the database at {public_address(self._url)} has no run {self.run!r}: restore it, or {RECONCILE}.",
            )
        if found is None:
            self._db.execute(f"INSERT INTO {SCHEMA}.run VALUES (%s, %s, %s, 0)", (self.run, VERSION, self._owner))
            self._tables.create()
            return
        version, self._commits = found
        if version != VERSION:
            raise StateError(
                "STATE_CORRUPT",
                f"run {self.run!r} has schema {version}, this version reads {VERSION}; it is left unchanged:"
                " continue with the version that wrote it.",
            )
        self._db.execute(f"UPDATE {SCHEMA}.run SET owner = %s WHERE name = %s", (self._owner, self.run))

    def _try_lock(self) -> bool:
        """Whether this session holds the run's lock now. It is released when the session ends."""
        return self._db.execute("SELECT pg_try_advisory_lock(%s)", (_key(self.run),)).fetchone() == (True,)

    def _wait_for_lock(self) -> bool:
        for _ in range(LOCK_ATTEMPTS - 1):
            if self._try_lock():
                return True
            self._sleep(PAUSE_S)
        return self._try_lock()

    def _holder(self) -> str:
        key = _key(self.run)
        found = self._db.execute(
            "SELECT application_name, client_addr FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND ((classid::bigint << 32) | objid::bigint) = %s AND granted",
            (key,),
        ).fetchone()
        return "another process" if found is None else f"{found[0]} at {found[1] or 'this machine'}"

    def _rows(self, table: str, condition: str = "") -> Iterator[dict[str, Any]]:
        with self._mutex:  # between two commits, not within one
            yield from super()._rows(table, condition)

    # --- commits ------------------------------------------------------------------------------------------------------

    def _commit(self, change: Callable[[], None]) -> None:
        """Durable when this returns. After a commit that failed for good, none is tried again."""
        with self._mutex:
            if self._failed:
                raise GaveUp("JOURNAL_AWAY", f"run {self.run!r}: an earlier commit failed; run the same command again.")
            try:
                self._commit_with_retries(change)
            except RunError:
                self._failed = True
                raise

    def _commit_with_retries(self, change: Callable[[], None]) -> None:
        for last in [False] * (REPEATS - 1) + [True]:
            try:
                with self._translate_errors(), self._transaction():
                    change()
                    self._number_commit()
                self._commits += 1
            except _Again:
                if last:
                    raise
                continue
            except _Lost:
                if not self._has_taken_effect():
                    continue
            return
        raise _connection_lost(self._url)

    def _number_commit(self) -> None:
        """Raises StateError if the run has another owner by now."""
        done = self._db.execute(
            f"UPDATE {SCHEMA}.run SET commits = commits + 1 WHERE name = %s AND owner = %s AND commits = %s",
            (self.run, self._owner, self._commits),
        )
        if done.rowcount != 1:
            raise _taken_over(self.run)

    def _has_taken_effect(self) -> bool:
        """Reconnect, and say whether the interrupted commit took effect. Raises GaveUp if the server stays away."""
        former = self._backend
        for attempt in range(RECONNECTS):
            if attempt:
                self._sleep(PAUSE_S)
            self._db.close()
            try:
                self._connect()
            except GaveUp:
                continue
            with suppress(_Lost), self._translate_errors():
                if self._try_lock():
                    return self._commit_was_counted()
                # The former session has not noticed yet that its client is gone.
                self._db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND application_name = %s",
                    (former, f"contactbench {os.getpid()}"),
                )
        raise _connection_lost(self._url)

    def _commit_was_counted(self) -> bool:
        found = self._db.execute(f"SELECT owner, commits FROM {SCHEMA}.run WHERE name = %s", (self.run,)).fetchone()
        if found is None or found[0] != self._owner:
            raise _taken_over(self.run)
        before, self._commits = self._commits, found[1]
        return bool(self._commits == before + 1)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._db.transaction():
            yield

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise PostgreSQL's errors as this project's; _Again and _Lost if the run need not end."""
        try:
            yield
        except NotAsStored as error:
            raise StateError(
                "STATE_CORRUPT",
                f"run {self.run!r} in the database at {public_address(self._url)}: {error} is not as it was stored;"
                f" nothing was sent. Restore it, or {RECONCILE}.",
            ) from None
        except psycopg.Error as error:
            translated = run_error(error, self._url)
            if isinstance(error, AGAIN):
                raise _Again(translated) from None
            if is_connection_lost(error) or self._db.broken:
                raise _Lost(translated) from None
            raise translated from None


class _Passing(GaveUp):
    """An error that need not end the run."""

    def __init__(self, error: RunError) -> None:
        super().__init__(error.code, str(error).removeprefix(f"{error.code} "))


class _Again(_Passing):
    """The transaction was rolled back."""


class _Lost(_Passing):
    """The connection is lost and the outcome of the transaction unknown."""


def _connection_lost(url: str) -> RunError:
    return run_error(psycopg.OperationalError("the connection was lost"), url)


def _taken_over(run: str) -> StateError:
    return StateError("STATE_LOCKED", f"run {run!r} was taken over by another process; leave it to that one.")


def _key(run: str) -> int:
    """The key of the run's advisory lock: 63 bits of its name's digest."""
    return int.from_bytes(sha256(f"contactbench {run}".encode()).digest()[:8], "big") >> 1
