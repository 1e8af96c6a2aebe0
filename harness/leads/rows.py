"""Which rows are leads: one rule for the check before a run and for every read during it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import itemgetter

from harness.domain import LeadColumns, LeadId, Leads, Reject

BLOCK_ROWS = (
    500  # rows read at a time: more of them fall out of the CPU cache before they are used (measured: half the speed)
)
# Source: https://help.mypurecloud.com/articles/create-new-contact-list/, undated.
# Assumption: the limit counts characters, not bytes or UTF-16 units.
MAX_CELL_CHARACTERS = 512

Row = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive data rows as the input has them, and the line in the input on which each one starts."""

    lines: Sequence[int]
    rows: Sequence[Row] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """What makes a row a lead. `left_out` are lines that a check found to repeat the Lead ID of another line."""

    columns: LeadColumns
    id_limit: int | None = None  # characters
    left_out: frozenset[int] = frozenset()

    def reject(self, line: int, row: Row) -> Reject | None:
        """Why `row` is no lead, or None. The message never holds a value."""
        index = self.columns.lead_id_index
        lead_id = row[index] if index < len(row) else ""
        fault = self._fault(line, row, lead_id)
        return Reject(lead_id=lead_id, line=line, code=fault[0], message=fault[1]) if fault else None

    def _fault(self, line: int, row: Row, lead_id: str) -> tuple[str, str] | None:
        if line in self.left_out:
            return "DUPLICATE_LEAD", "another line with the same Lead ID was kept"
        if len(row) != len(self.columns.names):
            return "ROW_SHAPE", f"{len(row)} cells, the header has {len(self.columns.names)}"
        if not lead_id.strip():
            return "EMPTY_LEAD_ID", "the Lead ID is empty"
        if self.id_limit is not None and len(lead_id) > self.id_limit:
            return "LEAD_ID_TOO_LONG", f"the Lead ID has {len(lead_id)} characters, at most {self.id_limit} are taken"
        return self._long_cell(row)

    def _long_cell(self, row: Row) -> tuple[str, str] | None:
        for name, cell in zip(self.columns.names, row, strict=True):
            if len(cell) > MAX_CELL_CHARACTERS:
                count = f"{len(cell)} characters, at most {MAX_CELL_CHARACTERS} are taken"
                return "CELL_TOO_LONG", f"column {name!r} has {count}"
        return None

    def split(self, block: Block) -> tuple[Block, list[Reject]]:
        """The leads of `block`, and its other rows."""
        if self._all_leads(block):
            return block, []
        verdicts = list(map(self.reject, block.lines, block.rows))
        kept = [number for number, verdict in enumerate(verdicts) if verdict is None]
        leads = Block(lines=[block.lines[n] for n in kept], rows=[block.rows[n] for n in kept])
        return leads, [verdict for verdict in verdicts if verdict is not None]

    def _all_leads(self, block: Block) -> bool:
        """True only if `reject` would find nothing; a few C loops over the block instead of a call a row."""
        if set(map(len, block.rows)) != {len(self.columns.names)}:
            return False
        ids = ids_of(block.rows, self.columns)
        return (
            (not self.left_out or self.left_out.isdisjoint(block.lines))
            and all(map(str.strip, ids))
            and (self.id_limit is None or max(map(len, ids)) <= self.id_limit)
            # A row that is short as a whole has no long cell.
            and max(map(len, map("".join, block.rows))) <= MAX_CELL_CHARACTERS
        )


def ids_of(rows: Iterable[Row], columns: LeadColumns) -> list[LeadId]:
    """The Lead ID of each row, in order. Each row must have one."""
    return list(map(itemgetter(columns.lead_id_index), rows))


def batched(blocks: Iterable[Block], rules: RowRules, size: int, start: int, stop: int | None) -> Iterator[Leads]:
    """The leads at positions `start` to `stop` of the accepted ones, `size` at a time, the last batch maybe shorter."""
    if size < 1:
        raise ValueError(f"a batch has at least one lead, not {size}")
    rows = islice(chain.from_iterable(rules.split(block)[0].rows for block in blocks), start, stop)
    first = start
    while batch := list(islice(rows, size)):
        yield Leads(first=first, ids=ids_of(batch, rules.columns), rows=batch)
        first += len(batch)


def numbered(blocks: Iterable[Block], start: int) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each data row, accepted or not, without the first `start` ones."""
    pairs = chain.from_iterable(zip(block.lines, block.rows, strict=True) for block in blocks)
    return ((line, list(row)) for line, row in islice(pairs, start, None))
