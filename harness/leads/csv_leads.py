"""Leads in a CSV file: UTF-8, a header first, commas between cells or what was given in their place."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Self

from harness.errors import InputBad
from harness.leads import csv_trouble
from harness.leads.file_kinds import refuse_other_kinds
from harness.leads.file_leads import FileLeads
from harness.leads.header import checked_columns
from harness.leads.regular_file import stamp_of
from harness.leads.rows import BLOCK_ROWS, Block, RowRules
from harness.leads.separators import COMMA, other_layout, separator_of


@dataclass(frozen=True, eq=False, kw_only=True)
class CsvLeads(FileLeads):
    separator: str = COMMA

    @classmethod
    def opened(cls, path: Path, *, lead_id: str, phone: str, separator: str = COMMA) -> Self:
        """The file with its header read and found good. Raises InputBad."""
        stamp, separator = stamp_of(path), separator_of(separator)
        refuse_other_kinds(path)
        line, names = _header(path, separator, {lead_id, phone})
        columns = checked_columns(f"{path.name}:{line}", names, lead_id=lead_id, phone=phone)
        return cls(path=path, stamp=stamp, rules=RowRules(columns=columns), separator=separator)

    @property
    def notices(self) -> Sequence[str]:
        return ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file. Raises InputBad where it is not UTF-8 text."""
        return csv_trouble.digest_of(self.path)

    def blocks(self) -> Iterator[Block]:
        """Every data row, blank lines left out. A file that only has a header has no block."""
        with _reader(self.path, self.separator) as reader:
            _first_record(reader)
            while (block := _next_block(reader)) is not None:
                if block.rows:
                    yield block


@contextmanager
def _reader(path: Path, separator: str) -> Iterator[Any]:
    """A csv reader whose troubles are told as InputBad, with their line."""
    try:
        with csv_trouble.open_text(path) as file:
            yield csv.reader(csv_trouble.lines_of(path, file), delimiter=separator, strict=True)
    except csv.Error:
        raise csv_trouble.quoting_trouble(path, separator) from None
    except OSError as error:
        raise InputBad("INPUT_BAD", f"{path}: {error.strerror}; put the file back as it was") from error
    except UnicodeDecodeError:
        csv_trouble.digest_of(path)  # raises, with the offset in the file
        raise


def _header(path: Path, separator: str, wanted: set[str]) -> tuple[int, list[str]]:
    """The line and the cells of the header. Raises InputBad, also where it is elsewhere or separated by other signs."""
    try:
        with _reader(path, separator) as reader:
            names, line = _first_record(reader), reader.line_num
    except InputBad as trouble:
        raise other_layout(path, separator, wanted) or trouble from None
    if any("\0" in name for name in names):
        csv_trouble.digest_of(path)  # raises: NULs, most likely UTF-16
    if not names:
        raise InputBad("INPUT_BAD", f"{path.name}:1: no header; the first line must name the columns")
    if (len(names) == 1 or not wanted <= set(names)) and (other := other_layout(path, separator, wanted)):
        raise other
    return line, names


def _first_record(reader: Any) -> list[str]:
    """The first row that is not blank, or an empty one."""
    return next(filter(None, reader), [])


def _next_block(reader: Any) -> Block | None:
    """The next rows, without blank lines; None at the end of the file."""
    before = reader.line_num
    found = list(islice(reader, BLOCK_ROWS))
    if not found:
        return None
    lines = _lines(found, before, reader.line_num)
    if all(found):
        return Block(lines=lines, rows=found)
    filled = [number for number, row in enumerate(found) if row]
    return Block(lines=[lines[n] for n in filled], rows=[found[n] for n in filled])


def _lines(found: list[list[str]], before: int, after: int) -> range | list[int]:
    """The line on which each row starts. Rows with line ends in a cell take more than one line."""
    if after - before == len(found):
        return range(before + 1, after + 1)
    lines, line = [], before + 1
    for row in found:
        lines.append(line)
        line += 1 + _line_ends_in(",".join(row))
    return lines


def _line_ends_in(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
