"""Tables that notice alterations: every row has a digest, checked whenever it is read.

SQLite's own check does not notice a character altered inside a value, and this state is what keeps leads from being
sent twice.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from .schema import COLUMNS

DIGITS = 32  # of a digest, hexadecimal
CheckedRow = tuple[list[Any], str]  # values and digest, which fit


class NotAsStored(Exception):
    """The message names the row or table that was altered."""


class ChecksummedTables(ABC):
    """Reads and writes rows of the tables in `schema`, within the caller's transactions. Conditions are plain SQL."""

    def rows(self, table: str, condition: str = "") -> Iterator[dict[str, Any]]:
        """The rows in the order of their keys. Raises NotAsStored at the first altered one."""
        for values, _ in self._checked_rows(table, condition):
            yield dict(zip(COLUMNS[table], values, strict=True))

    def put(self, table: str, key: object, changes: dict[str, object]) -> None:
        """Update or insert a row, and update the seal."""
        columns = COLUMNS[table]
        former, without = self._checked_row(table, key) or ([None] * len(columns), "")
        values = {**dict(zip(columns, former, strict=True)), columns[0]: key, **changes}
        row = [values[column] for column in columns]
        self._store(table, row, row_digest(table, row), without)

    def count(self, table: str) -> int:
        return self._seal(table)[0]

    def check(self) -> None:
        """Read everything. Raises NotAsStored if a row was altered, added or lost."""
        for table in COLUMNS:
            count, seal = 0, ""
            for _, digest in self._checked_rows(table):
                count, seal = count + 1, combine_digests(seal, digest)
            if self._seal(table) != (count, seal):
                raise NotAsStored(f"table {table}")

    @abstractmethod
    def _checked_rows(self, table: str, condition: str = "") -> Iterator[CheckedRow]:
        """The rows in the order of their keys. Raises NotAsStored at the first altered one."""

    @abstractmethod
    def _checked_row(self, table: str, key: object) -> CheckedRow | None: ...

    @abstractmethod
    def _store(self, table: str, row: Sequence[object], digest: str, without: str) -> None:
        """Store the row, and replace the digest `without` in the seal by its digest; "": the row is new."""

    @abstractmethod
    def _seal(self, table: str) -> tuple[int, str]:
        """The number of rows and their combined digest."""


class SqliteTables(ChecksummedTables):
    """The tables of one journal, in a SQLite database of its own."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def _checked_rows(self, table: str, condition: str = "") -> Iterator[CheckedRow]:
        columns = COLUMNS[table]
        order = f"WHERE {condition or 'true'} ORDER BY {columns[0]}"
        for *values, digest in self._db.execute(f"SELECT {', '.join(columns)}, digest FROM {table} {order}"):
            yield intact_row(table, values, digest)

    def _checked_row(self, table: str, key: object) -> CheckedRow | None:
        return next(self._checked_rows(table, _of(table, key)), None)

    def row(self, table: str, key: object) -> dict[str, Any] | None:
        return next(self.rows(table, _of(table, key)), None)

    def _store(self, table: str, row: Sequence[object], digest: str, without: str) -> None:
        places = ", ".join("?" * (len(row) + 1))
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({places})", (*row, digest))
        rows, seal = self._seal(table)
        self._db.execute(
            "UPDATE seal SET rows = ?, digest = ? WHERE name = ?",
            (rows + (not without), combine_digests(combine_digests(seal, without), digest), table),
        )

    def _seal(self, table: str) -> tuple[int, str]:
        found = self._db.execute("SELECT rows, digest FROM seal WHERE name = ?", (table,)).fetchone()
        if found is None:
            raise NotAsStored(f"table {table}")
        rows, digest = found
        return rows, digest


def intact_row(table: str, values: list[Any], digest: str) -> CheckedRow:
    """The row and its digest. Raises NotAsStored if they do not fit."""
    if row_digest(table, values) != digest:
        raise NotAsStored(f"{table} {values[0]!r:.40}")
    return values, digest


def _of(table: str, key: object) -> str:
    literal = f"{key:d}" if isinstance(key, int) else "'" + str(key).replace("'", "''") + "'"
    return f"{COLUMNS[table][0]} = {literal}"


def row_digest(table: str, values: Sequence[object]) -> str:
    return sha256(msgspec.msgpack.encode((table, values))).hexdigest()[:DIGITS]


def combine_digests(one: str, other: str) -> str:
    """Both digests combined, in either order; combining a digest a second time removes it."""
    joined = int(one or "0", 16) ^ int(other or "0", 16)
    return f"{joined:0{DIGITS}x}" if joined else ""
