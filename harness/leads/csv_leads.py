"""Leads in a CSV file: UTF-8, a header first, commas between cells or what was given in their place."""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Self

from harness.errors import InputBad, UsageError
from harness.files.regular_file import stamp_of
from harness.leads import csv_trouble
from harness.leads.header import checked_columns
from harness.leads.rows import BLOCK_ROWS, Block, FileLeads, RowRules

# What separates the cells, where that is not what was said; and where the header is, if it is not at the top.


COMMA = ","
NAMES = {COMMA: "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", ":": "colons", "^": "carets"}
USUAL = (COMMA, ";", "\t", "|")
SPELLED = {"tab": "\t", "\\t": "\t", "comma": COMMA, "semicolon": ";", "pipe": "|"}
HEADER_WITHIN = 20  # rows among which a header is looked for
MOST_CHARACTERS = 1 << 16
FOR_EXCEL = re.compile(r'"?sep=(.)"?[,;\t|]*', re.IGNORECASE)


def separator_of(text: str) -> str:
    """The sign that an option names. Raises UsageError."""
    sign = SPELLED.get(text.lower(), text)
    if len(sign) != 1 or sign.isalnum() or sign in ' "\r\n\0':
        raise UsageError("BAD_OPTION", f"--separator {text!r}: give one sign, such as ';' or '|', or tab.")
    return sign


def other_layout(path: Path, used: str, wanted: Collection[str]) -> InputBad | None:
    """What to tell of a file whose first row does not name the wanted columns, if it is laid out in another way."""
    first, cells = next(_rows(path, used), (1, [""]))
    if for_excel := FOR_EXCEL.fullmatch(used.join(cells)):
        told = f"sep={for_excel[1]} is a line for Excel alone; remove it"
        return InputBad("INPUT_BAD", f"{path.name}:{first}: {told}{_option(for_excel[1], used)}")
    for sign in dict.fromkeys((used, *NAMES)):
        for line, names in _rows(path, sign):
            if set(wanted) <= set(names) and not _holds_others(names, sign):
                return _layout(path.name, sign, used, line, first)
    if len(cells) == 1:  # the first of those that make the most columns of it
        sign = max(dict.fromkeys((used, *USUAL)), key=lambda sign: len(next(_rows(path, sign), (1, []))[1]))
        return _layout(path.name, sign, used, first, first)
    return None


def _holds_others(names: list[str], separator: str) -> bool:
    """Whether this is one column only for want of the right separator."""
    return len(names) == 1 and any(sign in names[0] for sign in USUAL if sign != separator)


def _layout(name: str, sign: str, used: str, line: int, first: int) -> InputBad | None:
    told = [] if sign == used else [f"the cells are separated by {NAMES[sign]}{_option(sign, used)}"]
    if line != first:
        told.append(f"the columns are named in line {line}; remove the lines before it")
    return InputBad("INPUT_BAD", f"{name}:{line}: {'; '.join(told)}") if told else None


def _option(sign: str, used: str) -> str:
    if sign == used:
        return ""
    option = f'; give --separator "{"tab" if sign == chr(9) else sign}"'
    return option if sign == COMMA else f"{option} or save the file with commas"


def _rows(path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the first rows that are not blank, as far as they can be read."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        beginning = io.StringIO(file.read(MOST_CHARACTERS), newline="")
    reader = csv.reader(beginning, delimiter=separator)
    try:
        yield from ((reader.line_num, cells) for cells in islice(reader, HEADER_WITHIN) if cells)
    except csv.Error:
        return


# Files that are named .csv and are something else.


SNIFFED_BYTES = 1024
BINARY = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document (RTF)",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"\x1f\x8b": "packed by gzip",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
}
UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
TEXT = {
    "HTML": re.compile(rb"\s*<(!doctype html|html|head|body|table|meta|script|!--)", re.IGNORECASE),
    "XML": re.compile(rb"\s*<\?xml", re.IGNORECASE),
    "JSON": re.compile(rb'\s*(\{\s*["}]|\[\s*[{\["\]])'),
}
ADVICE = {
    "an Excel workbook": "save it as CSV UTF-8, or name it .xlsx",
    "a Parquet file": "name it .parquet",
    "packed": "unpack it first",
}


def refuse_other_kinds(path: Path) -> None:
    """Raises InputBad for a file that begins as no CSV file does."""
    with path.open("rb") as file:
        beginning = file.read(SNIFFED_BYTES)
    kind = next((kind for mark, kind in BINARY.items() if beginning.startswith(mark)), "")
    if beginning.startswith(b"PK\x03\x04"):
        kind = _packed_in(path)
    elif beginning.startswith(UTF_32):
        kind = "UTF-32"
    text = beginning.removeprefix(codecs.BOM_UTF8)
    kind = kind or next((kind for kind, pattern in TEXT.items() if pattern.match(text)), "")
    if kind:
        advice = next((advice for start, advice in ADVICE.items() if kind.startswith(start)), "save it as CSV UTF-8")
        raise InputBad("INPUT_BAD", f"{path.name}:1: this is {kind}, not CSV; {advice}")


def _packed_in(path: Path) -> str:
    """What a zip file is."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        names = []
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook"
    return "an OpenDocument file" if "content.xml" in names else "a zip archive, or part of an Excel workbook"


@dataclass(frozen=True, eq=False, kw_only=True)
class CsvLeads(FileLeads):
    separator: str = COMMA

    @classmethod
    def from_file(cls, path: Path, *, lead_id: str, phone: str, separator: str = COMMA) -> Self:
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
