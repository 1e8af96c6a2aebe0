"""Leads in a Parquet file, streamed by DuckDB. Every value is read as text, NULL as an empty cell."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import duckdb

from harness.errors import InputBad, LocalResource
from harness.leads.file_leads import FileLeads
from harness.leads.header import checked_columns
from harness.leads.parquet_columns import Column, column
from harness.leads.regular_file import stamp_of
from harness.leads.rows import BLOCK_ROWS, Block, RowRules
from harness.mapping.duck import QUIET, literal, parquet_table, plain

MEMORY = "300MB"  # a row group is read as a whole


@dataclass(frozen=True, eq=False, kw_only=True)
class ParquetLeads(FileLeads):
    """A line of it is the number of the row, from 1."""

    read_as: Sequence[Column]

    @classmethod
    def opened(cls, path: Path, *, lead_id: str, phone: str) -> Self:
        """The file with its schema read and found good. Raises InputBad."""
        stamp = stamp_of(path)
        with _result(path, f"SELECT name, num_children FROM parquet_schema({literal(plain(path))})") as result:
            names = _top_level(result.fetchall())
        columns = checked_columns(path.name, names, lead_id=lead_id, phone=phone)
        with _result(path, f"DESCRIBE FROM {parquet_table(path)}") as result:
            types = [(place, kind) for place, kind, *_ in result.fetchall()]
        read_as = [
            _readable(path, name, kind, column(name, place, kind, key=name in (lead_id, phone)))
            for name, (place, kind) in zip(names, types, strict=True)
        ]
        return cls(path=path, stamp=stamp, rules=RowRules(columns=columns), read_as=read_as)

    @cached_property
    def notices(self) -> Sequence[str]:
        """How values became text. Raises InputBad where one cannot."""
        counted = [
            condition
            for each in self.read_as
            for condition in (f"{each.text} <> ''", each.missing, *(fault for fault, _ in each.faults))
        ]
        totals = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in counted)
        with _result(self.path, f"SELECT {totals} FROM {parquet_table(self.path)}") as result:
            counts = iter(result.fetchone())
        notices: list[str] = []
        for each in self.read_as:
            notices += each.notices(next(counts), next(counts))
            for condition, trouble in each.faults:
                if count := next(counts):
                    raise self._fault(each.name, condition, f"{trouble} ({count} in all)")
        return notices

    def _fault(self, name: str, condition: str, trouble: str) -> InputBad:
        rows = f"SELECT row_number() OVER () AS line, {condition} AS bad FROM {parquet_table(self.path)}"
        with _result(self.path, f"SELECT min(line) FROM ({rows}) WHERE bad") as result:
            (line,) = result.fetchone()
        return InputBad("INPUT_BAD", f"{self.name}:{line}: column {name!r} holds {trouble}")

    def blocks(self) -> Iterator[Block]:
        """Every row, in the order of the file."""
        done = 0
        texts = ", ".join(f"coalesce({each.text}, '')" for each in self.read_as)
        with _result(self.path, f"SELECT {texts} FROM {parquet_table(self.path)}") as result:
            while found := result.fetchmany(BLOCK_ROWS):
                yield Block(lines=range(done + 1, done + len(found) + 1), rows=found)
                done += len(found)


def _top_level(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """The names of the columns as the file has them, from its tree in depth-first order, whose root comes first."""
    names, below = [], 0
    for name, children in schema[1:]:
        if not below:
            names.append(name)
        below = max(0, below - 1) + (children or 0)
    return names


def _readable(path: Path, name: str, kind: str, found: Column | None) -> Column:
    if found is None:
        told = f"column {name!r} is {kind.split('(')[0]}, which does not fit a cell; write it as text or leave it out"
        raise InputBad("INPUT_BAD", f"{path.name}: {told}")
    return found


@contextmanager
def _result(path: Path, query: str) -> Iterator[Any]:
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY}) as connection:
            connection.execute(QUIET)
            yield connection.execute(query)
    except duckdb.OutOfMemoryException:
        trouble = f"its row groups do not fit {MEMORY}; write it with smaller ones, of 100,000 rows, or as CSV"
        raise LocalResource("OUT_OF_MEMORY", f"{path.name}: {trouble}") from None
    except duckdb.Error as error:  # its text may hold values of the file
        trouble = f"not readable as Parquet ({type(error).__name__}); write it again or use CSV"
        raise InputBad("INPUT_BAD", f"{path.name}: {trouble}") from None
