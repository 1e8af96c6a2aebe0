"""Leads in a CSV file: UTF-8, with a header, its cells separated by commas or by the given sign."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Self

from harness.errors import InputBad, UsageError
from harness.files.regular_file import stamp_of
from harness.leads import csv_errors
from harness.leads.header import checked_columns
from harness.leads.rows import BLOCK_ROWS, Block, FileLeads, RowRules

COMMA = ","
SPELLED = {"tab": "\t", "\\t": "\t", "comma": COMMA, "semicolon": ";", "pipe": "|"}


def separator_of(text: str) -> str:
    """The separator that an option names. Raises UsageError."""
    sign = SPELLED.get(text.lower(), text)
    if len(sign) != 1 or sign.isalnum() or sign in ' "\r\n\0':
        raise UsageError("BAD_OPTION", f"--separator {text!r}: give one sign, such as ';' or '|', or tab.")
    return sign


@dataclass(frozen=True, eq=False, kw_only=True)
class CsvLeads(FileLeads):
    """The leads of a CSV file. A lead's line is the one on which its row starts, from 1."""

    separator: str = COMMA

    @classmethod
    def from_file(cls, path: Path, *, lead_id: str, phone: str, separator: str = COMMA) -> Self:
        """The leads of a file whose header is valid. Raises InputBad."""
        stamp, separator = stamp_of(path), separator_of(separator)
        csv_errors.refuse_other_kinds(path)
        line, names = _header(path, separator, {lead_id, phone})
        columns = checked_columns(f"{path.name}:{line}", names, lead_id=lead_id, phone=phone)
        return cls(path=path, stamp=stamp, rules=RowRules(columns=columns), separator=separator)

    @property
    def notices(self) -> Sequence[str]:
        return ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file. Raises InputBad if it is not UTF-8 text."""
        return csv_errors.digest_of(self.path)

    def blocks(self) -> Iterator[Block]:
        """Every data row, without blank lines. A file with only a header has no block."""
        with _reader(self.path, self.separator) as reader:
            _first_record(reader)
            while (block := _next_block(reader)) is not None:
                if block.rows:
                    yield block


@contextmanager
def _reader(path: Path, separator: str) -> Iterator[Any]:
    """A csv reader whose errors are raised as InputBad, with their line."""
    try:
        with csv_errors.open_text(path) as file:
            yield csv.reader(csv_errors.lines_of(path, file), delimiter=separator, strict=True)
    except csv.Error:
        raise csv_errors.quoting_error(path, separator) from None
    except OSError as error:
        raise InputBad("INPUT_BAD", f"{path}: {error.strerror}; put the file back as it was") from error
    except UnicodeDecodeError:
        csv_errors.digest_of(path)  # raises, with the offset in the file
        raise


def _header(path: Path, separator: str, wanted: set[str]) -> tuple[int, list[str]]:
    """The line and the cells of the header. Raises InputBad, also if it is in another line or separated differently."""
    try:
        with _reader(path, separator) as reader:
            names, line = _first_record(reader), reader.line_num
    except InputBad as error:
        raise csv_errors.layout_error(path, separator, wanted) or error from None
    if any("\0" in name for name in names):
        csv_errors.digest_of(path)  # raises: NULs, most likely UTF-16
    if not names:
        raise InputBad("INPUT_BAD", f"{path.name}:1: no header; the first line must name the columns")
    if (len(names) == 1 or not wanted <= set(names)) and (layout := csv_errors.layout_error(path, separator, wanted)):
        raise layout
    return line, names


def _first_record(reader: Any) -> list[str]:
    """The first row that is not blank, or an empty list."""
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
    """The line on which each row starts. A row with line ends in a cell takes more than one line."""
    if after - before == len(found):
        return range(before + 1, after + 1)
    lines, line = [], before + 1
    for row in found:
        lines.append(line)
        text = ",".join(row)
        line += 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
    return lines
