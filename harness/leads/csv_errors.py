"""What is wrong with a CSV file, and where: its format, its layout, its bytes and its quotes.

The bytes are checked in one pass before the run; the others are only examined once the file cannot be read as given.
"""

import codecs
import csv
import hashlib
import io
import os
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from harness.errors import InputBad

BLOCK_BYTES = 1 << 20
# A longer cell counts as an unclosed quote. Far above the limit of a cell, so that a cell that is merely too long is
# rejected by name.
FIELD_LIMIT = 1_000_000
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CELL = r'"(?:[^"]|"")*+(?P<closing>"?)|[^"{0}\r\n][^{0}\r\n]*+'  # {0}: the separator
END_OF_FILE = "\x1a"  # Ctrl-Z, with which DOS and some of its successors end a file
USUAL_IN_1252 = "\u20ac\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2122\xa0\xa3\xa7\xab\xbb\xb0\xb4\xbf\xa1"
LINE_END = re.compile(r"\r\n|\r|\n")
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", ":": "colons", "^": "carets"}
USUAL = (",", ";", "\t", "|")
HEADER_WITHIN = 20  # rows among which a header is looked for
MOST_CHARACTERS = 1 << 16
FOR_EXCEL = re.compile(r'"?sep=(.)"?[,;\t|]*', re.IGNORECASE)
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
    """Raises InputBad for a file that is recognised as another format by its first bytes."""
    with path.open("rb") as file:
        beginning = file.read(SNIFFED_BYTES)
    kind = next((kind for mark, kind in BINARY.items() if beginning.startswith(mark)), "")
    if beginning.startswith(b"PK\x03\x04"):
        kind = _zip_kind(path)
    elif beginning.startswith(UTF_32):
        kind = "UTF-32"
    text = beginning.removeprefix(codecs.BOM_UTF8)
    kind = kind or next((kind for kind, pattern in TEXT.items() if pattern.match(text)), "")
    if kind:
        advice = next((advice for start, advice in ADVICE.items() if kind.startswith(start)), "save it as CSV UTF-8")
        raise InputBad("INPUT_BAD", f"{path.name}:1: this is {kind}, not CSV; {advice}")


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        names = []
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook"
    return "an OpenDocument file" if "content.xml" in names else "a zip archive, or part of an Excel workbook"


def layout_error(path: Path, used: str, wanted: Collection[str]) -> InputBad | None:
    """The error for a file whose first row lacks the wanted columns because it is laid out differently; else None."""
    first, cells = next(_rows(path, used), (1, [""]))
    if for_excel := FOR_EXCEL.fullmatch(used.join(cells)):
        advice = f"sep={for_excel[1]} is a line for Excel alone; remove it"
        return InputBad("INPUT_BAD", f"{path.name}:{first}: {advice}{_option(for_excel[1], used)}")
    for sign in dict.fromkeys((used, *NAMES)):
        for line, names in _rows(path, sign):
            if set(wanted) <= set(names) and not _holds_others(names, sign):
                return _layout(path.name, sign, used, line, first)
    if len(cells) == 1:  # the separator that yields the most columns, the most usual one first
        sign = max(dict.fromkeys((used, *USUAL)), key=lambda sign: len(next(_rows(path, sign), (1, []))[1]))
        return _layout(path.name, sign, used, first, first)
    return None


def _holds_others(names: list[str], separator: str) -> bool:
    """Whether this is a single column only because the separator is wrong."""
    return len(names) == 1 and any(sign in names[0] for sign in USUAL if sign != separator)


def _layout(name: str, sign: str, used: str, line: int, first: int) -> InputBad | None:
    advice = [] if sign == used else [f"the cells are separated by {NAMES[sign]}{_option(sign, used)}"]
    if line != first:
        advice.append(f"the columns are named in line {line}; remove the lines before it")
    return InputBad("INPUT_BAD", f"{name}:{line}: {'; '.join(advice)}") if advice else None


def _option(sign: str, used: str) -> str:
    if sign == used:
        return ""
    option = f'; give --separator "{"tab" if sign == chr(9) else sign}"'
    return option if sign == "," else f"{option} or save the file with commas"


def _rows(path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the first rows that are not blank, as far as they are readable."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        beginning = io.StringIO(file.read(MOST_CHARACTERS), newline="")
    reader = csv.reader(beginning, delimiter=separator)
    try:
        yield from ((reader.line_num, cells) for cells in islice(reader, HEADER_WITHIN) if cells)
    except csv.Error:
        return


def open_text(path: Path) -> TextIO:
    """The file as `csv` expects it: line ends untranslated, without a byte order mark."""
    csv.field_size_limit(max(FIELD_LIMIT, csv.field_size_limit()))  # one setting a process: never lower another's
    return path.open(encoding="utf-8-sig", newline="")


def lines_of(path: Path, file: TextIO) -> Iterable[str]:
    """The lines of `file`, which is `path` opened. A Ctrl-Z that ends the file is not part of its last cell."""
    with path.open("rb") as end:
        end.seek(-1, os.SEEK_END)
        if end.read(1) != END_OF_FILE.encode():
            return file
    return (line.rstrip(END_OF_FILE) for line in file)  # any line but the last ends with a line end


def digest_of(path: Path) -> str:
    """SHA-256 of the file. Raises InputBad at the first byte that is not UTF-8 text."""
    digest, decoder, done = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 0
    for block in _blocks(path):
        digest.update(block)
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise _bad_byte(path, done - pending + error.start) from None
        if (zero := block.find(0)) >= 0:
            raise _bad_byte(path, done + zero)
        done += len(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in blocks, then one empty block."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block
    yield b""


def _bad_byte(path: Path, offset: int) -> InputBad:
    with path.open("rb") as file:
        beginning = file.read(4)
        file.seek(offset)
        bad = file.read(2)
    where = f"{path.name}:{_line_at(path, offset)}"
    guess = _guess(bad)
    if beginning.startswith(UTF16_MARKS) or 0 in beginning:
        guess = ", it looks like UTF-16"
    elif bad.startswith(b"\0"):
        return InputBad("INPUT_BAD", f"{where}: a NUL at byte {offset}; remove it")
    return InputBad("INPUT_BAD", f"{where}: not UTF-8 at byte {offset}{guess}; save the file as UTF-8")


def _guess(bad: bytes) -> str:
    """A guess at the encoding from the first byte that is not UTF-8 and the next one."""
    if re.match(rb"\xed[\xa0-\xbf]", bad):
        return ", it looks like half of a UTF-16 pair (CESU-8)"
    sign = bad[:1].decode("cp1252", errors="replace")
    return f", it looks like Windows-1252 ({sign})" if sign.isalpha() or sign in USUAL_IN_1252 else ""


def _line_at(path: Path, offset: int) -> int:
    """The line, from 1, that holds the byte at `offset`."""
    line = 0
    with path.open(encoding="latin-1", newline="") as file:  # one character a byte
        for text in file:
            line += 1
            offset -= len(text)
            if offset < 0:
                break
    return max(line, 1)


def quoting_error(path: Path, separator: str) -> InputBad:
    """The error of the first row that csv refuses, with the line on which it starts."""
    record: list[str] = []
    with open_text(path) as file:
        reader = csv.reader(_remember_lines(file, record), delimiter=separator, strict=True)
        try:
            for _ in reader:
                record.clear()
        except csv.Error as error:
            broken = _broken_cell("".join(record), separator)
            return _cell_error(path.name, reader.line_num - len(record) + 1, "".join(record), broken, str(error))
    return InputBad("INPUT_BAD", f"{path.name}: changed while it was read; wait until it is complete")


def _remember_lines(lines: TextIO, record: list[str]) -> Iterator[str]:
    for line in lines:
        record.append(line)
        yield line


def _cell_error(name: str, first_line: int, record: str, broken: re.Match[str] | None, reason: str) -> InputBad:
    if broken is None:
        return InputBad("INPUT_BAD", f"{name}:{first_line}: {reason}; correct the row that starts here")
    opened = first_line + _line_ends(record[: broken.start()])
    if not broken["closing"]:
        advice = "unclosed quote, it starts in this line; close it, or double it if it belongs to the value"
        return InputBad("INPUT_BAD", f"{name}:{opened}: {advice}")
    closed = first_line + _line_ends(record[: broken.end()])
    advice = f"text after a closing quote, the cell starts in line {opened}; double the quotes within a value"
    return InputBad("INPUT_BAD", f"{name}:{closed}: {advice}")


def _broken_cell(record: str, separator: str) -> re.Match[str] | None:
    after = "\r\n" + separator
    for cell in re.finditer(CELL.format(re.escape(separator)), record):
        if cell[0].startswith('"') and (not cell["closing"] or record[cell.end() : cell.end() + 1] not in after):
            return cell
    return None


def _line_ends(text: str) -> int:
    return len(LINE_END.findall(text))
