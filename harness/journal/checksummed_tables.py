"""Tables that notice alterations: every row has a digest, checked whenever it is read.

SQLite's own check does not notice a character altered inside a value, and this state is what keeps leads from being
sent twice.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from .schema import COLUMNS

DIGITS = 32  # of a digest, hexadecimal


class NotAsStored(Exception):
    """The message names the row or table that was altered."""


class ChecksummedTables:
    """Reads and writes rows of the tables in `schema`, within the caller's transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def rows(self, table: str, condition: str = "") -> Iterator[dict[str, Any]]:
        """The rows in the order of their keys. Raises NotAsStored at the first altered one."""
        for values, _ in self._checked_rows(table, condition):
            yield dict(zip(COLUMNS[table], values, strict=True))

    def _checked_rows(self, table: str, condition: str = "") -> Iterator[tuple[list[Any], str]]:
        """Each row's values and digest, once they are found to fit."""
        columns = COLUMNS[table]
        order = f"WHERE {condition or 'true'} ORDER BY {columns[0]}"
        for *values, digest in self._db.execute(f"SELECT {', '.join(columns)}, digest FROM {table} {order}"):
            if row_digest(table, values) != digest:
                raise NotAsStored(f"{table} {values[0]!r:.40}")
            yield values, digest

    def row(self, table: str, key: object) -> dict[str, Any] | None:
        return next(self.rows(table, _of(table, key)), None)

    def put(self, table: str, key: object, changes: dict[str, object]) -> None:
        """Update or insert a row, and update the seal."""
        columns = COLUMNS[table]
        former, without = next(self._checked_rows(table, _of(table, key)), ([None] * len(columns), ""))
        values = {**dict(zip(columns, former, strict=True)), columns[0]: key, **changes}
        row = [values[column] for column in columns]
        digest = row_digest(table, row)
        places = ", ".join("?" * (len(row) + 1))
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({places})", (*row, digest))
        rows, seal = self._seal(table)
        self._db.execute(
            "UPDATE seal SET rows = ?, digest = ? WHERE name = ?",
            (rows + (not without), combine_digests(combine_digests(seal, without), digest), table),
        )

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

    def _seal(self, table: str) -> tuple[int, str]:
        found = self._db.execute("SELECT rows, digest FROM seal WHERE name = ?", (table,)).fetchone()
        if found is None:
            raise NotAsStored(f"table {table}")
        rows, digest = found
        return rows, digest


def _of(table: str, key: object) -> str:
    literal = f"{key:d}" if isinstance(key, int) else "'" + str(key).replace("'", "''") + "'"
    return f"{COLUMNS[table][0]} = {literal}"


def row_digest(table: str, values: Sequence[object]) -> str:
    return sha256(msgspec.msgpack.encode((table, values))).hexdigest()[:DIGITS]


def combine_digests(one: str, other: str) -> str:
    """Both digests combined, in either order; combining a digest a second time removes it."""
    joined = int(one or "0", 16) ^ int(other or "0", 16)
    return f"{joined:0{DIGITS}x}" if joined else ""
