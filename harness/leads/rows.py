"""The rules that make a row a lead, for the check before a run and every read during it; leads from files."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Self

from harness.domain import LeadColumns, LeadId, Leads, Reject
from harness.files.regular_file import Stamp, is_unchanged
from harness.leads.header import fold, is_blank

BLOCK_ROWS = 500  # read at a time; more leave the CPU cache before they are used (measured: half the speed)
# Source: https://help.mypurecloud.com/articles/create-new-contact-list/, undated.
# Assumption: the limit counts characters, not bytes or UTF-16 units.
MAX_CELL_CHARACTERS = 512
HEADER_AGAIN, OTHER_HEADER = "HEADER_AGAIN", "OTHER_HEADER"
VISIBLE = bytes(range(ord(" "), ord("~") + 1))
BOM = "\ufeff"  # of a file that was appended to another

Row = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive data rows of the input, and the line on which each one starts."""

    lines: Sequence[int]
    rows: Sequence[Row] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """What makes a row a lead. `left_out`: lines that the check found to repeat the Lead ID of another line."""

    columns: LeadColumns
    id_limit: int | None = None  # characters
    left_out: frozenset[int] = frozenset()

    def reject(self, line: int, row: Row) -> Reject | None:
        """Why `row` is not a lead, or None. The message never contains a value."""
        index = self.columns.lead_id_index
        lead_id = row[index] if index < len(row) else ""
        fault = self._fault(line, row, lead_id)
        return Reject(lead_id=lead_id, line=line, code=fault[0], message=fault[1]) if fault else None

    def _fault(self, line: int, row: Row, lead_id: str) -> tuple[str, str] | None:
        if line in self.left_out:
            return "DUPLICATE_LEAD", "another line with the same Lead ID was kept"
        if len(row) != len(self.columns.names):
            return "ROW_SHAPE", f"{len(row)} cells, the header has {len(self.columns.names)}"
        if header := self._header_again(row, lead_id):
            return header
        if is_blank(lead_id):
            return "EMPTY_LEAD_ID", "the Lead ID is empty"
        if self.id_limit is not None and len(lead_id) > self.id_limit:
            return "LEAD_ID_TOO_LONG", f"the Lead ID has {len(lead_id)} characters, at most {self.id_limit} are taken"
        return self._long_cell(row)

    def _header_again(self, row: Row, lead_id: str) -> tuple[str, str] | None:
        """Concatenated files have a header before each part. A different header means that the columns change."""
        names = _names_in_rows(self.columns.names)
        if _name_in_row(lead_id) not in names:
            return None
        cells = list(map(_name_in_row, row))
        if cells == names:
            return HEADER_AGAIN, "the header again"
        at = self.columns.lead_id_index, self.columns.names.index(self.columns.phone)
        if sorted(cells) == sorted(names) or all(cells[n] == names[n] for n in at):
            return OTHER_HEADER, "another header"
        return None

    def _long_cell(self, row: Row) -> tuple[str, str] | None:
        for name, cell in zip(self.columns.names, row, strict=True):
            if len(cell) > MAX_CELL_CHARACTERS:
                count = f"{len(cell)} characters, at most {MAX_CELL_CHARACTERS} are taken"
                return "CELL_TOO_LONG", f"column {name!r} has {count}"
        return None

    def split(self, block: Block) -> tuple[Block, list[Reject]]:
        """The leads of `block` and its rejects. A row without any value is neither."""
        if self._all_leads(block):
            return block, []
        filled = [number for number, row in enumerate(block.rows) if not is_blank("".join(row))]
        block = Block(lines=[block.lines[n] for n in filled], rows=[block.rows[n] for n in filled])
        verdicts = list(map(self.reject, block.lines, block.rows))
        kept = [number for number, verdict in enumerate(verdicts) if verdict is None]
        leads = Block(lines=[block.lines[n] for n in kept], rows=[block.rows[n] for n in kept])
        return leads, [verdict for verdict in verdicts if verdict is not None]

    def _all_leads(self, block: Block) -> bool:
        """True only if `reject` would find nothing, by a few C loops over the block instead of a call per row."""
        if set(map(len, block.rows)) != {len(self.columns.names)}:
            return False
        ids = ids_of(block.rows, self.columns)
        text = ",".join(["", *ids, ""])
        signs = text.encode()
        plain = not signs.translate(None, VISIBLE)  # then everything but spaces is visible
        return (
            (not self.left_out or self.left_out.isdisjoint(block.lines))
            and (b",," not in signs.translate(None, b" ") if plain else not any(map(is_blank, ids)))
            and not self._may_be_header(ids, text)
            and (self.id_limit is None or max(map(len, ids)) <= self.id_limit)
            # A row that is short as a whole has no long cell.
            and max(map(len, map("".join, block.rows))) <= MAX_CELL_CHARACTERS
        )

    def _may_be_header(self, ids: Sequence[LeadId], text: str) -> bool:
        """Whether one of the ids, which `text` joins with commas, may be the name of a column."""
        text, name = text.lower(), self.columns.lead_id.lower()
        again = f",{name}," in text or (BOM in text and (f"{BOM}{name}," in text or f'{BOM}"{name}",' in text))
        return again or not frozenset(self.columns.names).isdisjoint(ids)


def _name_in_row(cell: str) -> str:
    """A cell for comparison with column names. After a byte order mark, csv reads quotes as part of the value."""
    return fold(cell).strip('"')


@lru_cache(maxsize=8)
def _names_in_rows(names: tuple[str, ...]) -> list[str]:
    return list(map(_name_in_row, names))


def ids_of(rows: Iterable[Row], columns: LeadColumns) -> list[LeadId]:
    """The Lead ID of each row, in order. Each row must have one."""
    return list(map(itemgetter(columns.lead_id_index), rows))


def lead_batches(blocks: Iterable[Block], rules: RowRules, size: int, start: int, stop: int | None) -> Iterator[Leads]:
    """The accepted leads at positions `start` to `stop`, in batches of `size`; the last one may be shorter."""
    if size < 1:
        raise ValueError(f"a batch has at least one lead, not {size}")
    rows = islice(chain.from_iterable(rules.split(block)[0].rows for block in blocks), start, stop)
    first = start
    while batch := list(islice(rows, size)):
        yield Leads(first=first, ids=ids_of(batch, rules.columns), rows=batch)
        first += len(batch)


def numbered_rows(blocks: Iterable[Block], start: int) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each data row, accepted or not, after the first `start` ones."""
    pairs = chain.from_iterable(zip(block.lines, block.rows, strict=True) for block in blocks)
    return ((line, list(row)) for line, row in islice(pairs, start, None))


@dataclass(frozen=True, eq=False, kw_only=True)
class FileLeads(ABC):
    """Leads in a file of any format."""

    path: Path
    stamp: Stamp
    rules: RowRules

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

    def is_unchanged(self) -> bool:
        return is_unchanged(self.path, self.stamp)

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Every data row, some thousands at a time."""

    def read(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        return numbered_rows(self.blocks(), start)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        return lead_batches(self.blocks(), self.rules, size, start, stop)
