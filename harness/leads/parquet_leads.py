"""Leads in a Parquet file, streamed by DuckDB. Every value is read as text; NULL is an empty cell."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import duckdb

from harness.errors import InputBad, LocalResource
from harness.files.duckdb_files import QUIET, identifier, literal, parquet_table, plain
from harness.files.regular_file import stamp_of
from harness.leads.header import checked_columns
from harness.leads.rows import BLOCK_ROWS, Block, FileLeads, RowRules
from harness.wording import quantity

PLAIN = re.compile(r'VARCHAR|JSON|UUID|"NULL"|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(\d+,0\)')
CONVERTED = re.compile(r"BOOLEAN|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|DECIMAL\(.*\)")
EXACT = {"FLOAT": 2**24, "DOUBLE": 2**53}  # from here on, not every whole number can be represented
FRACTION = "a fraction, which no Lead ID or phone has; write the column as text"


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is read, in SQL. `faults`: conditions that no value may meet, each with its error message."""

    name: str
    kind: str
    text: str
    converted: bool = False  # the text is one of several that the value could have
    faults: Sequence[tuple[str, str]] = ()
    missing: str = "false"  # values that count as empty

    def notices(self, values: int, missing: int) -> list[str]:
        notices = []
        if self.converted and values:
            how = ", whole numbers without .0" if self.kind in EXACT else ""
            empty = f"; {quantity(missing, 'NaN is', 'NaN are')} read as empty" if missing else ""
            read = quantity(values, "value is", "values are")
            notices.append(f"column {self.name!r} is {self.kind}: {read} loaded as text{how}{empty}")
        if self.name.startswith("__index_level_"):
            notices.append(f"column {self.name!r} is a pandas index; to_parquet(index=False) would leave it out")
        return notices


def column(name: str, place: str, kind: str, *, key: bool) -> Column | None:
    """The column `name` of the file, called `place` in a query. `key`: it holds the Lead ID or the phone.

    None for a type with more than one value (a list, a structure) or without a customary text.
    """
    value = identifier(place)
    text = f"{value}::VARCHAR"
    fraction = [(f"{value} <> trunc({value})", FRACTION)] if key else []
    if PLAIN.fullmatch(kind):
        return Column(name, kind, text, faults=[_nul(text)])
    if kind in EXACT:
        limit = EXACT[kind] if key else EXACT["DOUBLE"]
        lossy = (f"abs({value}) >= {limit} AND NOT isnan({value})", f"{limit} or more, for which {kind} lacks digits")
        whole = f"WHEN {value} = trunc({value}) THEN TRY_CAST({value} AS BIGINT)::VARCHAR"
        text = f"CASE WHEN isnan({value}) THEN '' {whole} ELSE {text} END"
        return Column(name, kind, text, True, [lossy, *fraction], f"isnan({value})")
    if CONVERTED.fullmatch(kind):
        return Column(name, kind, f"split_part({text}, '.', 1)" if fraction and "DEC" in kind else text, True, fraction)
    if kind == "TIMESTAMP WITH TIME ZONE":  # a plain cast would use this machine's time zone
        return Column(name, kind, f"make_timestamp(epoch_us({value}))::VARCHAR || '+00'", True)
    if kind == "BLOB":
        text = f"TRY(decode({value}))"
        no_text = f"{value} IS NOT NULL AND {text} IS NULL"
        return Column(name, kind, text, faults=[(no_text, "bytes that are not UTF-8 text"), _nul(text)])
    return None


def _nul(text: str) -> tuple[str, str]:
    return f"contains({text}, chr(0))", "a NUL; remove it"


MEMORY = "300MB"  # a row group is read as a whole


@dataclass(frozen=True, eq=False, kw_only=True)
class ParquetLeads(FileLeads):
    """The leads of a Parquet file. A lead's line is the number of its row, from 1."""

    read_as: Sequence[Column]

    @classmethod
    def from_file(cls, path: Path, *, lead_id: str, phone: str) -> Self:
        """The leads of a file whose schema is valid. Raises InputBad."""
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
        """How values were converted to text. Raises InputBad for one that cannot be."""
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
            for condition, problem in each.faults:
                if count := next(counts):
                    raise self._fault(each.name, condition, f"{problem} ({count} in all)")
        return notices

    def _fault(self, name: str, condition: str, problem: str) -> InputBad:
        rows = f"SELECT row_number() OVER () AS line, {condition} AS bad FROM {parquet_table(self.path)}"
        with _result(self.path, f"SELECT min(line) FROM ({rows}) WHERE bad") as result:
            (line,) = result.fetchone()
        return InputBad("INPUT_BAD", f"{self.name}:{line}: column {name!r} holds {problem}")

    def blocks(self) -> Iterator[Block]:
        """Every row, in the order of the file."""
        done = 0
        texts = ", ".join(f"coalesce({each.text}, '')" for each in self.read_as)
        with _result(self.path, f"SELECT {texts} FROM {parquet_table(self.path)}") as result:
            while found := result.fetchmany(BLOCK_ROWS):
                yield Block(lines=range(done + 1, done + len(found) + 1), rows=found)
                done += len(found)


def _top_level(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """The names of the top-level columns, from the schema tree in depth-first order, root first."""
    names, below = [], 0
    for name, children in schema[1:]:
        if not below:
            names.append(name)
        below = max(0, below - 1) + (children or 0)
    return names


def _readable(path: Path, name: str, kind: str, found: Column | None) -> Column:
    if found is None:
        problem = f"column {name!r} is {kind.split('(')[0]}, which does not fit a cell; write it as text or omit it"
        raise InputBad("INPUT_BAD", f"{path.name}: {problem}")
    return found


@contextmanager
def _result(path: Path, query: str) -> Iterator[Any]:
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY}) as connection:
            connection.execute(QUIET)
            yield connection.execute(query)
    except duckdb.OutOfMemoryException:
        advice = f"its row groups do not fit {MEMORY}; write it with smaller ones, of 100,000 rows, or as CSV"
        raise LocalResource("OUT_OF_MEMORY", f"{path.name}: {advice}") from None
    except duckdb.Error as error:  # its message may quote values of the file
        advice = f"not readable as Parquet ({type(error).__name__}); write it again or use CSV"
        raise InputBad("INPUT_BAD", f"{path.name}: {advice}") from None
