"""What a run has done and has begun, durably, in one SQLite file. The same command reads it and goes on.

One row a batch, not one a lead: 1.5 million leads are 1,500 rows, and the view `mapping` unfolds them for anyone with
the sqlite3 shell. Holds Lead IDs and contact ids, and no other personal data.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

import msgspec

from .. import events
from ..domain import ContactId, LeadId, Reject, Shard
from ..errors import LocalResource, StateError
from .records import BatchRecord, BatchState, ShardRecord

SCHEMA_VERSION = 1
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE shard (
    number INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL, list_name TEXT NOT NULL,
    contact_list_id TEXT, state TEXT NOT NULL DEFAULT 'planned', rows INTEGER, sha256 TEXT, file TEXT
);
CREATE TABLE batch (
    first INTEGER PRIMARY KEY, shard INTEGER NOT NULL, attempt INTEGER NOT NULL, sha256 TEXT NOT NULL,
    lead_ids TEXT NOT NULL, state TEXT NOT NULL, mapping TEXT, adopted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE reject (lead_id TEXT NOT NULL, line INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL);
CREATE VIEW mapping AS
    SELECT entry.key AS lead_id, entry.value AS contact_id, shard.contact_list_id
    FROM batch JOIN shard ON shard.number = batch.shard, json_each(batch.mapping) AS entry;
"""
encode, decode = msgspec.json.encode, msgspec.json.decode


class Journal:
    """Raises StateError for a file that cannot be trusted, LocalResource when the disk does not take a commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _locked(path.with_suffix(".lock"))
        try:
            with self._trusted():
                self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                self._open()
        except BaseException:
            os.close(self._lock)  # whoever comes next may hold it; the connection goes with this object
            raise

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0 and not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            self.path.chmod(0o600)
            self._db.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise StateError("STATE_CORRUPT", f"{self.path} has schema {version}, this version reads {SCHEMA_VERSION}.")
        self._db.execute("UPDATE batch SET state = 'in_doubt' WHERE state = 'sending'")

    @contextmanager
    def _trusted(self) -> Iterator[None]:
        """SQLite's complaints as ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LocalResource(
                "DISK_FULL", f"{self.path} did not take a commit ({error}); free space and run the same command again."
            ) from None
        except sqlite3.DatabaseError as error:
            raise StateError(
                "STATE_CORRUPT", f"{self.path}: {error}; restore the file, or start in another run folder."
            ) from None

    def close(self) -> None:
        self._db.close()
        os.close(self._lock)

    # --- the plan -----------------------------------------------------------------------------------------------------

    def plan(self, facts: dict[str, str], shards: list[Shard], run_id: str) -> str:
        """Store what the run is about, once, and return the run's id, which is that of the first time.

        Raises StateError when the folder's run is about something else.
        """
        known = self.facts()
        if known:
            for key, value in facts.items():
                if known.get(key) != value:
                    raise StateError(
                        "STATE_MISMATCH",
                        f"this run folder belongs to {key} {known.get(key)!r}, not {value!r};"
                        " give the former inputs to go on, or another run folder to start anew.",
                    )
            return str(known["run_id"])
        with self._transaction():
            self._db.executemany("INSERT INTO meta VALUES (?, ?)", {**facts, "run_id": run_id}.items())
            self._db.executemany(
                "INSERT INTO shard (number, first, count, list_name) VALUES (?, ?, ?, ?)",
                [(s.number, s.first, s.count, s.list_name) for s in shards],
            )
        return run_id

    def facts(self) -> dict[str, str]:
        return dict(self._rows("SELECT key, value FROM meta"))

    # --- events -------------------------------------------------------------------------------------------------------

    def save(self, event: events.Event) -> None:
        """Durable when this returns."""
        with self._trusted(), self._transaction():
            self._apply(event)

    @singledispatchmethod
    def _apply(self, event: Any) -> None:
        raise TypeError(f"not an event: {event!r}")

    @_apply.register
    def _(self, event: events.ListCreated) -> None:
        self._db.execute(
            "UPDATE shard SET contact_list_id = ?, state = 'listed' WHERE number = ?",
            (event.contact_list_id, event.shard),
        )

    @_apply.register
    def _(self, event: events.BatchSending) -> None:
        self._put_batch(event, "sending")

    @_apply.register
    def _(self, event: events.BatchSplit) -> None:
        for part in event.parts:
            self._put_batch(part, "in_doubt")

    def _put_batch(self, event: events.BatchSending, state: BatchState) -> None:
        self._db.execute(
            "INSERT INTO batch (first, shard, attempt, sha256, lead_ids, state) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (first) DO UPDATE SET attempt = excluded.attempt, sha256 = excluded.sha256,"
            " lead_ids = excluded.lead_ids, state = excluded.state",
            (event.first, event.shard, event.attempt, event.sha256, encode(event.lead_ids).decode(), state),
        )

    @_apply.register
    def _(self, event: events.LeadRefused) -> None:
        self._db.execute("UPDATE batch SET state = 'refused' WHERE first = ?", (event.first,))
        self._apply(events.LeadsRejected([event.reject]))

    @_apply.register
    def _(self, event: events.BatchInDoubt) -> None:
        self._db.execute("UPDATE batch SET state = 'in_doubt' WHERE first = ?", (event.first,))

    @_apply.register
    def _(self, event: events.BatchAcked) -> None:
        self._db.execute(
            "UPDATE batch SET state = 'acked', mapping = ?, adopted = ? WHERE first = ?",
            (encode(event.mapping).decode(), event.adopted, event.first),
        )

    @_apply.register
    def _(self, event: events.UploadSending) -> None:
        self._db.execute(
            "UPDATE shard SET state = 'sending', rows = ?, sha256 = ? WHERE number = ?",
            (event.rows, event.sha256, event.shard),
        )

    @_apply.register
    def _(self, event: events.UploadAccepted) -> None:
        self._db.execute("UPDATE shard SET state = 'uploaded' WHERE number = ?", (event.shard,))

    @_apply.register
    def _(self, event: events.ImportFailed) -> None:
        self._db.execute("UPDATE shard SET state = 'sending' WHERE number = ?", (event.shard,))

    @_apply.register
    def _(self, event: events.ShardAbandoned) -> None:
        self._db.execute("UPDATE shard SET state = 'planned', contact_list_id = NULL WHERE number = ?", (event.shard,))

    @_apply.register
    def _(self, event: events.ShardImported) -> None:
        self._db.execute("UPDATE shard SET state = 'imported' WHERE number = ?", (event.shard,))

    @_apply.register
    def _(self, event: events.ShardMapped) -> None:
        self._db.execute(
            "UPDATE shard SET state = 'mapped', file = ?, rows = ? WHERE number = ?",
            (event.file, event.rows, event.shard),
        )

    @_apply.register
    def _(self, event: events.PageMapped) -> None:
        self._db.execute(
            "INSERT INTO batch (first, shard, attempt, sha256, lead_ids, state, mapping)"
            " VALUES (?, ?, 1, '', ?, 'acked', ?)",
            (event.first, event.shard, encode(list(event.mapping)).decode(), encode(event.mapping).decode()),
        )

    @_apply.register
    def _(self, event: events.LeadsRejected) -> None:
        self._db.executemany(
            "INSERT INTO reject VALUES (?, ?, ?, ?)", [(r.lead_id, r.line, r.code, r.message) for r in event.rejects]
        )

    # --- reading ------------------------------------------------------------------------------------------------------

    def shards(self) -> list[ShardRecord]:
        rows = self._rows(
            "SELECT number, first, count, list_name, contact_list_id, state, rows, file FROM shard ORDER BY number"
        )
        return [
            ShardRecord(
                shard=Shard(number=n, first=first, count=count, list_name=name),
                contact_list_id=list_id,
                state=state,
                rows=size,
                file=file,
            )
            for n, first, count, name, list_id, state, size, file in rows
        ]

    def batches(self) -> dict[int, BatchRecord]:
        columns = "first, state, attempt, sha256, json_array_length(lead_ids)"
        return {row[0]: BatchRecord(*row) for row in self._rows(f"SELECT {columns} FROM batch ORDER BY first")}

    def leads_between(self, first: int, stop: int) -> tuple[set[LeadId], set[LeadId]]:
        """Of the batches that begin at these positions: the leads that are settled, and those in doubt."""
        settled: set[LeadId] = set()
        doubtful: set[LeadId] = set()
        rows = self._rows(f"SELECT state, lead_ids FROM batch WHERE first >= {first:d} AND first < {stop:d}")
        for state, lead_ids in rows:
            (settled if state in ("acked", "refused") else doubtful).update(decode(lead_ids))
        return settled, doubtful

    def mapping(self) -> Iterator[tuple[LeadId, ContactId, str]]:
        """Every acknowledged lead with its contact and list, in the order of the input."""
        for lead_ids, mapping, list_id in self._rows(
            "SELECT batch.lead_ids, batch.mapping, shard.contact_list_id FROM batch"
            " JOIN shard ON shard.number = batch.shard WHERE batch.state = 'acked' ORDER BY batch.first"
        ):
            contact_ids = decode(mapping)
            for lead_id in decode(lead_ids):
                if lead_id in contact_ids:
                    yield lead_id, contact_ids[lead_id], list_id

    def rejects(self) -> list[Reject]:
        rows = self._rows("SELECT lead_id, line, code, message FROM reject ORDER BY line, lead_id")
        return [Reject(lead_id=a, line=b, code=c, message=d) for a, b, c, d in rows]

    def _rows(self, query: str) -> Iterator[Any]:
        with self._trusted():
            yield from self._db.execute(query)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _locked(path: Path) -> int:
    """The open lock file. A lock of the kernel's, not a pid in a file: it dies with its holder."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
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
