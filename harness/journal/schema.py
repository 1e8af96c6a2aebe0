"""The journal's tables: their creation, the migration of earlier versions, and the records read from them.

The first column of a table is its key. `digest` covers the row's values; `seal` holds the number of rows of each table
and their digests combined into one, so that both altered and lost rows are noticed.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..domain import Shard

VERSION = 2
COLUMNS = {
    "meta": ("key", "value"),
    "shard": (
        "number",
        "first",
        "count",
        "list_name",
        "contact_list_id",
        "state",
        "rows",
        "sha256",
        "file",
        "file_sha256",
    ),
    "batch": ("first", "shard", "attempt", "sha256", "lead_ids", "state", "mapping", "adopted"),
    "reject": ("number", "lead_id", "line", "code", "message"),
    "learned": ("key", "value"),
}
CREATION = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, digest TEXT NOT NULL)",
    """CREATE TABLE shard (
    number INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL, list_name TEXT NOT NULL,
    contact_list_id TEXT, state TEXT NOT NULL, rows INTEGER, sha256 TEXT, file TEXT, file_sha256 TEXT,
    digest TEXT NOT NULL
)""",
    """CREATE TABLE batch (
    first INTEGER PRIMARY KEY, shard INTEGER NOT NULL, attempt INTEGER NOT NULL, sha256 TEXT NOT NULL,
    lead_ids TEXT NOT NULL, state TEXT NOT NULL, mapping TEXT, adopted INTEGER NOT NULL, digest TEXT NOT NULL
)""",
    """CREATE TABLE reject (
    number INTEGER PRIMARY KEY, lead_id TEXT NOT NULL, line INTEGER NOT NULL, code TEXT NOT NULL,
    message TEXT NOT NULL, digest TEXT NOT NULL
)""",
    "CREATE TABLE learned (key TEXT PRIMARY KEY, value INTEGER NOT NULL, digest TEXT NOT NULL)",
    "CREATE TABLE seal (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, digest TEXT NOT NULL)",
    """CREATE VIEW mapping AS
    SELECT entry.key AS lead_id, entry.value AS contact_id, shard.contact_list_id
    FROM batch JOIN shard ON shard.number = batch.shard, json_each(batch.mapping) AS entry""",
)
FORMER = ("meta", "shard", "batch", "reject")  # tables of version 1, which had no digests

Put = Callable[[str, object, dict[str, object]], None]


def open_database(name: Path | str, **options: Any) -> sqlite3.Connection:
    """A connection that runs nothing with an effect for a schema that somebody has altered."""
    db: sqlite3.Connection = sqlite3.connect(name, **options)
    db.execute("PRAGMA trusted_schema = OFF")
    return db


def create(db: sqlite3.Connection) -> None:
    """Create an empty journal, in the caller's transaction."""
    for statement in CREATION:
        db.execute(statement)
    db.executemany("INSERT INTO seal VALUES (?, 0, '')", [(name,) for name in COLUMNS])
    db.execute(f"PRAGMA user_version = {VERSION}")


def migrate(db: sqlite3.Connection, put: Put) -> None:
    """Convert a journal of version 1, in the caller's transaction. `put` stores a row with its digest."""
    db.execute("DROP VIEW mapping")
    for table in FORMER:
        db.execute(f"ALTER TABLE {table} RENAME TO former_{table}")
    create(db)
    for table in FORMER:
        rows = db.execute(f"SELECT {'rowid AS number, ' if table == 'reject' else ''}* FROM former_{table}")
        names = [column[0] for column in rows.description]
        for row in rows.fetchall():
            put(table, row[0], dict(zip(names[1:], row[1:], strict=True)))
        db.execute(f"DROP TABLE former_{table}")


def as_created(db: sqlite3.Connection) -> bool:
    """Whether the file's tables are exactly those of this version."""
    statements = {sql for (sql,) in db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
    return statements == set(CREATION)


ShardState = Literal["planned", "listed", "sending", "uploaded", "imported", "mapped"]
BatchState = Literal["sending", "in_doubt", "acked", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRecord:
    shard: Shard
    contact_list_id: str | None
    state: ShardState
    rows: int | None
    file: str | None
    file_sha256: str | None = None

    @property
    def list_id(self) -> str:
        """The contact list's id. Raises ValueError before the list is created."""
        if self.contact_list_id is None:
            raise ValueError(f"shard {self.shard.number} has no contact list yet")
        return self.contact_list_id


@dataclass(frozen=True, slots=True)
class MappingPart:
    """A file in the run's folder with a part of the mapping."""

    file: str
    rows: int
    sha256: str


@dataclass(slots=True)
class Learned:
    """The limits that a run has learned from refusals; shared by its flows."""

    body_bytes: int | None = None  # of a POST at most, less than the settings say
    contacts: int | None = None  # in a POST at most
    atomic: bool | None = None  # whether a refused batch leaves nothing behind
    refused: int = 0  # leads


@dataclass(frozen=True, slots=True)
class BatchRecord:
    first: int
    state: BatchState
    attempt: int
    sha256: str
    leads: int = 0

    @property
    def is_settled(self) -> bool:
        return self.state in ("acked", "refused")
