"""The tables of all journals in one database: those of `journal.schema`, with the run's name before every key.

Digests and seals are as in `journal.checksummed_tables`.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ..checksummed_tables import DIGITS, CheckedRow, ChecksummedTables, NotAsStored, combine_digests, intact_row
from ..schema import COLUMNS
from .connection import Connection

SCHEMA = "contactbench"
PAGE = 200  # rows read at a time
NUMBERS = {"number", "first", "count", "rows", "shard", "attempt", "adopted", "line"}
CREATION_LOCK = 0x636F6E7461637462  # "contactb": the advisory lock held while the tables are created
# A run's current owner and its number of commits. A process that finds another owner has lost the run.
RUN = "(name text PRIMARY KEY, version integer NOT NULL, owner text NOT NULL, commits bigint NOT NULL)"
SEAL = (
    "(run text NOT NULL, name text NOT NULL, rows bigint NOT NULL, digest bit(128) NOT NULL, PRIMARY KEY (run, name))"
)
VIEW = f"""
    SELECT batch.run, entry.key AS lead_id, entry.value AS contact_id, shard.contact_list_id
    FROM {SCHEMA}.batch JOIN {SCHEMA}.shard ON shard.run = batch.run AND shard.number = batch.shard,
        json_each_text(batch.mapping::json) AS entry"""


def create(db: Connection) -> None:
    """Create the tables if they are missing; of several processes at once, one creates them."""
    if db.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.mapping",)).fetchone() != (None,):
        return
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (CREATION_LOCK,))
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for name, definition in definitions().items():
            db.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} {definition}")
        db.execute(f"CREATE OR REPLACE VIEW {SCHEMA}.mapping AS {VIEW}")


def definitions() -> dict[str, str]:
    return {"run": RUN, "seal": SEAL, **{table: _definition(table) for table in COLUMNS}}


def _definition(table: str) -> str:
    columns = ", ".join(f"{_quote(name)} {_type(table, name)}" for name in COLUMNS[table])
    return f"(run text NOT NULL, {columns}, digest text NOT NULL, PRIMARY KEY (run, {_quote(COLUMNS[table][0])}))"


def require_as_created(db: Connection) -> None:
    """Raises NotAsStored if a table has other columns than it was created with."""
    found = db.execute(
        "SELECT table_name, string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns"
        " WHERE table_schema = %s GROUP BY table_name",
        (SCHEMA,),
    ).fetchall()
    known = dict(found)
    for table, columns in COLUMNS.items():
        if known.get(table) != " ".join(("run", *columns, "digest")):
            raise NotAsStored(f"table {SCHEMA}.{table}")


def _type(table: str, column: str) -> str:
    return "bigint" if column in NUMBERS or (table, column) == ("learned", "value") else "text"


def _quote(name: str) -> str:
    return f'"{name}"'


class RunTables(ChecksummedTables):
    """The rows of one run in the tables of a database; read a page at a time."""

    def __init__(self, db: Connection, run: str) -> None:
        self._db, self._run = db, run

    def create(self) -> None:
        for table in COLUMNS:
            self._db.execute(f"INSERT INTO {SCHEMA}.seal VALUES (%s, %s, 0, 0::bit(128))", (self._run, table))

    def _checked_row(self, table: str, key: object) -> CheckedRow | None:
        return next(iter(self._page(table, f"{_key(table)} = %s", (self._run, key))), None)

    def _store(self, table: str, row: Sequence[object], digest: str, without: str) -> None:
        change = combine_digests(without, digest).rjust(DIGITS, "0")
        seal = (int(not without), f"x{change}", self._run, table)
        self._db.execute(_store_statement(table), (self._run, *row, digest, *seal))

    def _seal(self, table: str) -> tuple[int, str]:
        found = self._db.execute(
            f"SELECT rows, digest::text FROM {SCHEMA}.seal WHERE run = %s AND name = %s", (self._run, table)
        ).fetchone()
        if found is None:
            raise NotAsStored(f"table {table}")
        return int(found[0]), combine_digests(f"{int(found[1], 2):x}", "")

    def _checked_rows(self, table: str, condition: str = "") -> Iterator[CheckedRow]:
        where, values = condition or "true", [self._run]
        while page := self._page(table, where, values):
            yield from page
            where = f"({condition or 'true'}) AND {_key(table)} > %s"
            values = [self._run, page[-1][0][0]]

    def _page(self, table: str, where: str, values: Sequence[object]) -> list[CheckedRow]:
        query = f"SELECT {_names(table)} FROM {SCHEMA}.{table} WHERE run = %s AND {where} ORDER BY {_key(table)}"
        return [intact_row(table, row, digest) for *row, digest in self._db.execute(f"{query} LIMIT {PAGE}", values)]


@cache
def _names(table: str) -> str:
    return ", ".join(f'"{name}"' for name in (*COLUMNS[table], "digest"))


def _key(table: str) -> str:
    return f'"{COLUMNS[table][0]}"'


@cache
def _store_statement(table: str) -> Any:
    """The statement that stores a row and its seal in one round trip."""
    places = ", ".join(["%s"] * (len(COLUMNS[table]) + 2))
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in (*COLUMNS[table][1:], "digest"))
    return (
        f"WITH stored AS (INSERT INTO {SCHEMA}.{table} VALUES ({places})"
        f" ON CONFLICT (run, {_key(table)}) DO UPDATE SET {changes})"
        f" UPDATE {SCHEMA}.seal SET rows = rows + %s, digest = digest # (%s::text)::bit(128)"
        " WHERE run = %s AND name = %s"
    )
