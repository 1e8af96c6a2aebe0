"""Leads in an Excel workbook: its first visible sheet, with the header in the first row that is not empty.

python-calamine, of the extra `xlsx`, reads the cells; it loads the whole sheet for every pass. What it does not report,
which sheets are visible and which cells have no readable value, is found in the workbook's XML.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Self
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from harness.errors import InputBad, UsageError
from harness.files.regular_file import stamp_of
from harness.leads.header import checked_columns
from harness.leads.rows import BLOCK_ROWS, Block, FileLeads, RowRules
from harness.wording import quantity

OLD_OFFICE = b"\xd0\xcf\x11\xe0"  # the first bytes of an .xls, and of an .xlsx with a password
BLOCK_BYTES = 1 << 20
MOST_BYTES = 2 << 30  # unpacked: more than a full sheet of 50 columns
CELL = rb'<(?:\w+:)?c\b(?P<about>[^>]*\br="(?P<at>%s)"[^>]*%s[^>]*)>'
ANY = rb"[A-Z]+[0-9]+"
UNREADABLE = {  # each would be read as an empty cell, the last one by using all memory
    re.compile(CELL % (ANY, rb'\bt="e"')): "an error such as #N/A; correct the formula or the value",
    re.compile(CELL % (ANY, rb"") + rb"<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>"): (
        "a formula that was never calculated; open the workbook in Excel or LibreOffice and save it there"
    ),
    re.compile(CELL % (rb"(?:[A-Z]{3}|[D-Z][A-Z])[0-9]+", rb"") + rb"(?<!/>)"): (
        "a value far to the right of all others; remove it, a contact list has at most 50 columns"
    ),
}


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raises InputBad if the block finds that the file is not a workbook."""
    from python_calamine import CalamineError

    of_parts = (BadZipFile, zlib.error, struct.error, RuntimeError, EOFError)  # unknown methods are RuntimeErrors
    broken = (CalamineError, ElementTree.ParseError, LookupError, OSError, ValueError, StopIteration, *of_parts)
    try:
        yield
    except broken as error:
        with path.open("rb") as file:
            closed = file.read(4) == OLD_OFFICE
        advice = "it has a password or is an old .xls: save it as .xlsx without one" if closed else "save it anew"
        raise InputBad(
            "INPUT_BAD", f"{path.name}: not readable as a workbook ({type(error).__name__}); {advice}"
        ) from None


def require_bounded(path: Path) -> None:
    """Raises InputBad for a workbook that unpacks to more than a sheet can hold: it would take all memory."""
    with ZipFile(path) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
    if unpacked > MOST_BYTES:
        raise InputBad(
            "INPUT_BAD",
            f"{path.name}: unpacks to {unpacked:,} bytes, and at most {MOST_BYTES:,} are read; save the sheet as CSV",
        )


def visible_sheets(path: Path) -> list[tuple[str, str]]:
    """The name of each visible sheet, and its file within the workbook."""
    with ZipFile(path) as parts:
        relations = ElementTree.fromstring(parts.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 (no entities: expat)
        book = ElementTree.fromstring(parts.read("xl/workbook.xml"))  # noqa: S314
    targets = {each.get("Id"): each.get("Target", "") for each in relations if "/worksheet" in each.get("Type", "")}
    sheets = [
        (each.get("name", ""), targets.get(next(value for key, value in each.items() if key.endswith("}id")), ""))
        for each in book.iterfind(".//{*}sheet")
        if each.get("state", "visible") == "visible"
    ]
    return [(name, part[1:] if part[:1] == "/" else f"xl/{part}") for name, part in sheets if part]


def require_values(path: Path, part: str) -> None:
    """Raises InputBad for the first cell of a sheet that has no readable value."""
    with ZipFile(path) as parts, parts.open(part) as file:
        left = b""
        while block := file.read(BLOCK_BYTES):
            left += block
            whole, cut, left = left.rpartition(b"row>")
            for pattern, problem in UNREADABLE.items():
                for cell in pattern.finditer(whole + cut):
                    if b't="str"' not in cell["about"]:  # a formula whose value is an empty text
                        raise InputBad("INPUT_BAD", f"{path.name}: cell {cell['at'].decode()} holds {problem}")


LONG = 10**15  # from here on, a number has more than the 15 digits that Excel keeps
EXACT = 2**53
HALF_A_SECOND = timedelta(microseconds=500_000)


@dataclass(frozen=True, eq=False, kw_only=True)
class XlsxLeads(FileLeads):
    """The leads of a workbook. A lead's line is its row in the sheet."""

    sheet: str
    header: int  # its line

    @classmethod
    def from_file(cls, path: Path, *, lead_id: str, phone: str) -> Self:
        """The leads of a workbook whose header is valid. Raises InputBad."""
        stamp = stamp_of(path)
        if find_spec("python_calamine") is None:
            needed = "python-calamine; `pip install 'contactbench[xlsx]'`, or save the sheet as CSV"
            raise UsageError("NO_READER", f"{path.name}: to read a workbook needs {needed}.")
        with readable(path):
            require_bounded(path)
            sheet, part = visible_sheets(path)[0]
            require_values(path, part)
        with _rows(path, sheet) as found:
            line, names = next(found, (1, []))
        columns = checked_columns(f"{path.name}:{line}", list(map(_text, names)), lead_id=lead_id, phone=phone)
        return cls(path=path, stamp=stamp, rules=RowRules(columns=columns), sheet=sheet, header=line)

    @cached_property
    def notices(self) -> Sequence[str]:
        """Values that Excel may have changed. Raises InputBad if one is a Lead ID or a phone."""
        names = self.columns.names
        keys = [names.index(self.columns.lead_id), names.index(self.columns.phone)]
        long = dated = 0
        with _rows(self.path, self.sheet) as found:
            for line, cells in islice(found, 1, None):
                for name, cell in zip(names, cells, strict=True):
                    if isinstance(cell, str) and "\0" in cell:
                        raise InputBad("INPUT_BAD", f"{self.name}:{line}: column {name!r} holds a NUL; remove it")
                for key in keys:
                    if problem := _cell_problem(cells[key]):
                        raise InputBad("INPUT_BAD", f"{self.name}:{line}: column {names[key]!r} holds {problem}")
                long += sum(isinstance(cell, float) and abs(cell) >= LONG for cell in cells)
                dated += sum(isinstance(cell, date | time | timedelta) for cell in cells)
        digits = "of more than 15 digits, of which Excel keeps 15; write such columns as text"
        notices = {
            f"{quantity(long, 'number')} {digits}": long,
            f"{quantity(dated, 'date or time is', 'dates and times are')} written as 2026-01-31 08:30:00": dated,
            **self._other_sheets(),
        }
        return [notice for notice, count in notices.items() if count]

    def _other_sheets(self) -> dict[str, int]:
        with _workbook(self.path) as book:
            others = [name for name, _ in visible_sheets(self.path)[1:] if book.get_sheet_by_name(name).height]
        return {f"the sheet {self.sheet!r} is loaded, not {', '.join(map(repr, others))}": len(others)}

    def blocks(self) -> Iterator[Block]:
        """Every row that is not empty."""
        with _rows(self.path, self.sheet) as found:
            left = islice(found, 1, None)
            while chunk := list(islice(left, BLOCK_ROWS)):
                texts = [list(map(_text, cells)) for _, cells in chunk]
                yield Block(lines=[line for line, _ in chunk], rows=texts)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    from python_calamine import CalamineWorkbook

    with readable(path), CalamineWorkbook.from_path(path) as book:
        yield book


@contextmanager
def _rows(path: Path, sheet: str) -> Iterator[Iterator[tuple[int, list[Any]]]]:
    """The rows of the sheet that are not empty, each with its number, without blank columns at the left."""
    with _workbook(path) as book:
        every = enumerate(book.get_sheet_by_name(sheet).iter_rows(), 1)
        yield ((line, cells) for line, cells in every if any(cell != "" for cell in cells))


def _cell_problem(cell: object) -> str:
    """What is wrong with a Lead ID or a phone, or ""."""
    if isinstance(cell, bool | date | time | timedelta):
        return "a date, a time or a truth value, most likely made by Excel; write the column as text"
    if isinstance(cell, float) and (not cell.is_integer() or abs(cell) >= EXACT):
        return "a fraction, or more digits than Excel keeps; write the column as text"
    return ""


def _text(cell: object) -> str:
    """The cell as Excel shows it without a format; dates as ISO 8601."""
    match cell:
        case bool():
            return str(cell).upper()
        case float():
            return str(int(cell)) if cell.is_integer() else f"{cell:.15g}"
        case datetime():
            return (cell + HALF_A_SECOND).isoformat(" ", "seconds")  # stored as a fraction of a day
        case time():
            return cell.isoformat("seconds")
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)
