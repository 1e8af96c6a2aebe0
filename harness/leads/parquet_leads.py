"""Leads in a Parquet file, streamed by DuckDB. Every value is read as text, NULL as an empty cell."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import duckdb

from harness.domain import LeadColumns, Leads
from harness.errors import InputBad
from harness.leads import rows
from harness.leads.header import checked_columns
from harness.leads.regular_file import Stamp, is_unchanged, stamp_of
from harness.leads.rows import BLOCK_ROWS, Block, RowRules
from harness.mapping.duck import QUIET

READ_AS_TEXT = "SELECT coalesce(CAST(COLUMNS(*) AS VARCHAR), '') FROM read_parquet($path)"
READ_NAMES = "SELECT name FROM (DESCRIBE SELECT * FROM read_parquet($path)) AS described(name, type, n, k, d, e)"


@dataclass(frozen=True, eq=False, kw_only=True)
class ParquetLeads:
    """A line of it is the number of the row, from 1."""

    path: Path
    stamp: Stamp
    rules: RowRules

    @classmethod
    def opened(cls, path: Path, *, lead_id: str, phone: str) -> Self:
        """The file with its schema read and found good. Raises InputBad."""
        stamp = stamp_of(path)
        with _result(path, READ_NAMES) as result:
            names = [name for (name,) in result.fetchall()]
        columns = checked_columns(path.name, names, lead_id=lead_id, phone=phone)
        return cls(path=path, stamp=stamp, rules=RowRules(columns=columns))

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def columns(self) -> LeadColumns:
        return self.rules.columns

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def accepting(self, rules: RowRules) -> Self:
        """The same file under other rules for its rows."""
        return replace(self, rules=rules)

    def unchanged(self) -> bool:
        return is_unchanged(self.path, self.stamp)

    def read(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        return rows.numbered(self.blocks(), start)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        return rows.batched(self.blocks(), self.rules, size, start, stop)

    def blocks(self) -> Iterator[Block]:
        """Every row, in the order of the file."""
        done = 0
        with _result(self.path, READ_AS_TEXT) as result:
            while found := result.fetchmany(BLOCK_ROWS):
                yield Block(lines=range(done + 1, done + len(found) + 1), rows=found)
                done += len(found)


@contextmanager
def _result(path: Path, query: str) -> Iterator[Any]:
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": "300MB"}) as connection:
            connection.execute(QUIET)
            yield connection.execute(query, {"path": str(path)})
    except duckdb.Error as error:  # its text may hold values of the file
        trouble = f"not readable as Parquet ({type(error).__name__}); write it again or use CSV"
        raise InputBad("INPUT_BAD", f"{path.name}: {trouble}") from None
