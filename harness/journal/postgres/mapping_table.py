"""Copies a finished mapping to a table: all of it or nothing, with the same result however often it is repeated."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from ...errors import StateError, UsageError
from .connection import Connection, connect, public_address, run_error

COLUMNS = ("lead_id", "contact_id", "contact_list_id", "status")
OURS = "contactbench mapping"  # the comment of a table that this program created and may therefore empty
CHUNK = 1024 * 1024


def copy_to_table(mapping: Path, manifest: dict[str, Any], url: str) -> str:
    """Copy the mapping and return the table's address without secrets. `url` ends with `/DATABASE/TABLE` or
    `/DATABASE/SCHEMA.TABLE`.

    Raises UsageError for a table that this program did not create: its content would be lost.
    """
    database, table = _split_address(url)
    db = connect(database)
    try:
        with db, db.transaction():
            _replace(db, table, mapping, manifest)
    except psycopg.Error as error:
        raise run_error(error, database) from None
    return f"{public_address(database)}/{'.'.join(table)}"


def _split_address(url: str) -> tuple[str, tuple[str, ...]]:
    """The address of the database, and the parts of the table's name."""
    parts = urlsplit(url)
    database, _, table = parts.path.lstrip("/").partition("/")
    names = tuple(unquote(table).split("."))
    if not database or not all(names) or len(names) > 2 or "/" in table:
        raise UsageError("BAD_TARGET", "name database and table: postgresql://USER@HOST:PORT/DATABASE/TABLE.")
    return urlunsplit(parts._replace(path=f"/{database}")), names


def _replace(db: Connection, table: tuple[str, ...], mapping: Path, manifest: dict[str, Any]) -> None:
    name = sql.Identifier(*table)
    _create_if_missing(db, name)
    db.execute(sql.SQL("TRUNCATE {}").format(name))
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    # An empty cell is an empty string, not NULL.
    query = sql.SQL("COPY {} ({columns}) FROM STDIN (FORMAT csv, HEADER, FORCE_NOT_NULL ({columns}))")
    with db.cursor() as cursor, mapping.open("rb") as file:
        with cursor.copy(query.format(name, columns=columns)) as copy:
            while chunk := file.read(CHUNK):
                copy.write(chunk)
        rows = cursor.rowcount
    if rows != manifest["rows"]:
        raise StateError("STATE_CORRUPT", f"{rows} rows were copied, but the manifest says {manifest['rows']}.")
    about = f"{OURS}; rows={rows} sha256={manifest['sha256']} verified={manifest['verified']}"
    db.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(about)))


def _create_if_missing(db: Connection, name: sql.Identifier) -> None:
    known = db.execute(
        "SELECT obj_description(to_regclass(%s), 'pg_class'), to_regclass(%s)", [name.as_string(db)] * 2
    ).fetchone()
    if known is not None and known[1] is None:
        columns = sql.SQL(", ").join(sql.SQL("{} text NOT NULL").format(sql.Identifier(column)) for column in COLUMNS)
        db.execute(sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY (lead_id))").format(name, columns))
    elif known is None or not str(known[0]).startswith(OURS):
        raise UsageError(
            "NOT_OURS",
            f"the table {name.as_string(db)} was not created by `contactbench mapping`; its content would be lost. Name"
            " another one.",
        )
