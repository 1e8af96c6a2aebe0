"""What a run has done and has begun, durably, in one SQLite file. The same command reads it and goes on.

One row a batch, not one a lead: 1.5 million leads are 1,500 rows, and the view `mapping` unfolds them for anyone with
the sqlite3 shell. Holds Lead IDs and contact ids, and no other personal data.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

import msgspec

from .. import events
from ..domain import ContactId, LeadId, Reject, Shard
from ..errors import LocalResource, StateError
from . import schema
from .lock import locked
from .records import BatchRecord, BatchState, Learned, ShardRecord
from .sealed import NotAsStored, SealedTables
from .trouble import is_local, not_taken, not_trusted

SMALLEST = 512  # bytes of a database that holds anything
REJECT = ("lead_id", "line", "code", "message")
LEARNED = ("body_bytes", "contacts", "atomic")

encode, decode = msgspec.json.encode, msgspec.json.decode


class Journal:
    """Raises StateError for a file that cannot be trusted, LocalResource when the disk does not take a commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._failed = False
        self._lock = locked(path.with_suffix(".lock"))
        try:
            with self._trusted():
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
        self._tables = SealedTables(self._db)
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
            for first in [row["first"] for row in self._tables.rows("batch", "WHERE state = 'sending'")]:
                self._tables.put("batch", first, {"state": "in_doubt"})

    def _check(self) -> None:
        """Read all that is stored, once: what was altered is found before anything is sent."""
        if not schema.as_created(self._db):
            raise NotAsStored("the schema")
        self._tables.check()

    @contextmanager
    def _trusted(self) -> Iterator[None]:
        """SQLite's complaints as ours."""
        try:
            yield
        except (NotAsStored, sqlite3.Error, UnicodeError) as error:
            local = isinstance(error, sqlite3.Error) and is_local(error, self.path)
            raise (not_taken(error, self.path) if local else not_trusted(error, self.path)) from None

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
        with self._trusted(), self._transaction():
            for key, value in {**facts, "run_id": run_id}.items():
                self._tables.put("meta", key, {"value": value})
            for shard in shards:
                planned = {"first": shard.first, "count": shard.count, "list_name": shard.list_name}
                self._tables.put("shard", shard.number, {**planned, "state": "planned"})
        return run_id

    def facts(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self._rows("meta")}

    # --- events -------------------------------------------------------------------------------------------------------

    def save(self, event: events.Event) -> None:
        """Durable when this returns. Once the disk has refused a commit, none is tried again."""
        if self._failed:
            raise LocalResource(
                "NOT_WRITTEN", f"{self.path} did not take an earlier commit; run the same command again."
            )
        try:
            with self._trusted(), self._transaction():
                self._apply(event)
        except LocalResource:
            self._failed = True
            raise

    @singledispatchmethod
    def _apply(self, event: Any) -> None:
        raise TypeError(f"not an event: {event!r}")

    @_apply.register
    def _(self, event: events.ListCreated) -> None:
        self._shard(event, state="listed", contact_list_id=event.contact_list_id)

    @_apply.register
    def _(self, event: events.BatchSending) -> None:
        self._put_batch(event, "sending")

    @_apply.register
    def _(self, event: events.BatchSplit) -> None:
        for part in event.parts:
            self._put_batch(part, "in_doubt")

    def _put_batch(self, event: events.BatchSending, state: BatchState) -> None:
        about = {"shard": event.shard, "attempt": event.attempt, "sha256": event.sha256, "adopted": 0, "mapping": None}
        self._batch(event.first, state, lead_ids=encode(event.lead_ids).decode(), **about)

    @_apply.register
    def _(self, event: events.LeadRefused) -> None:
        self._batch(event.first, "refused")
        self._apply(events.LeadsRejected([event.reject]))

    @_apply.register
    def _(self, event: events.BatchInDoubt) -> None:
        self._batch(event.first, "in_doubt")

    @_apply.register
    def _(self, event: events.BatchAcked) -> None:
        self._batch(event.first, "acked", mapping=encode(event.mapping).decode(), adopted=event.adopted)

    @_apply.register
    def _(self, event: events.UploadSending) -> None:
        self._shard(event, state="sending", rows=event.rows, sha256=event.sha256)

    @_apply.register
    def _(self, event: events.UploadAccepted) -> None:
        self._shard(event, state="uploaded")

    @_apply.register
    def _(self, event: events.ImportFailed) -> None:
        self._shard(event, state="sending")

    @_apply.register
    def _(self, event: events.ShardAbandoned) -> None:
        self._shard(event, state="planned", contact_list_id=None)

    @_apply.register
    def _(self, event: events.ShardImported) -> None:
        self._shard(event, state="imported")

    @_apply.register
    def _(self, event: events.ShardMapped) -> None:
        self._shard(event, state="mapped", file=event.file, rows=event.rows, file_sha256=event.sha256)

    @_apply.register
    def _(self, event: events.PageMapped) -> None:
        lead_ids, mapping = encode(list(event.mapping)).decode(), encode(event.mapping).decode()
        about = {"shard": event.shard, "attempt": 1, "sha256": "", "adopted": 0}
        self._batch(event.first, "acked", lead_ids=lead_ids, mapping=mapping, **about)

    @_apply.register
    def _(self, event: events.LeadsRejected) -> None:
        known = self._tables.count("reject")
        for number, reject in enumerate(event.rejects, known):
            self._tables.put("reject", number, {name: getattr(reject, name) for name in REJECT})

    @_apply.register
    def _(self, event: events.CapsLearned) -> None:
        for name in LEARNED:
            if (value := getattr(event, name)) is not None:
                self._tables.put("learned", name, {"value": int(value)})

    def _shard(self, event: Any, **changes: object) -> None:
        self._tables.put("shard", event.shard, changes)

    def _batch(self, first: int, state: BatchState, **changes: object) -> None:
        self._tables.put("batch", first, {**changes, "state": state})

    # --- reading ------------------------------------------------------------------------------------------------------

    def shards(self) -> list[ShardRecord]:
        return [
            ShardRecord(
                shard=Shard(**{name: row[name] for name in ("number", "first", "count", "list_name")}),
                **{name: row[name] for name in ("contact_list_id", "state", "rows", "file", "file_sha256")},
            )
            for row in self._rows("shard")
        ]

    def batches(self) -> dict[int, BatchRecord]:
        return {
            row["first"]: BatchRecord(
                row["first"], row["state"], row["attempt"], row["sha256"], len(decode(row["lead_ids"]))
            )
            for row in self._rows("batch")
        }

    def leads_between(self, first: int, stop: int) -> tuple[set[LeadId], list[set[LeadId]]]:
        """Of the batches that begin at these positions: the leads that are settled, and those of each one in doubt."""
        settled: set[LeadId] = set()
        doubtful: list[set[LeadId]] = []
        for row in self._rows("batch", f"WHERE first >= {first:d} AND first < {stop:d}"):
            if row["state"] in ("acked", "refused"):
                settled.update(decode(row["lead_ids"]))
            else:
                doubtful.append(set(decode(row["lead_ids"])))
        return settled, doubtful

    def mapping(self) -> Iterator[tuple[LeadId, ContactId, str]]:
        """Every acknowledged lead with its contact and list, in the order of the input."""
        lists = {record.shard.number: record.contact_list_id or "" for record in self.shards()}
        for row in self._rows("batch", "WHERE state = 'acked'"):
            contact_ids = decode(row["mapping"])
            for lead_id in decode(row["lead_ids"]):
                if lead_id in contact_ids:
                    yield lead_id, contact_ids[lead_id], lists[row["shard"]]

    def rejects(self) -> list[Reject]:
        rejects = [Reject(**{name: row[name] for name in REJECT}) for row in self._rows("reject")]
        return sorted(rejects, key=lambda reject: (reject.line, reject.lead_id))

    def learned(self) -> Learned:
        """What the platform's refusals have taught the run so far."""
        known = {row["key"]: row["value"] for row in self._rows("learned")}
        atomic = known.pop("atomic", None)
        return Learned(**known, atomic=None if atomic is None else bool(atomic))

    def _rows(self, table: str, where: str = "") -> Iterator[dict[str, Any]]:
        with self._trusted():
            yield from self._tables.rows(table, where)

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
