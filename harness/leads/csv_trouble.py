"""Where a CSV file is broken, in words: bytes by one pass before the run, quotes by a second look."""

import codecs
import csv
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from harness.errors import InputBad

BLOCK_BYTES = 1 << 20
# A longer cell is taken for a quote that was never closed. Far above what a cell may have, so that one is told by name.
FIELD_LIMIT = 1_000_000
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CELL = r'"(?:[^"]|"")*+(?P<closing>"?)|[^"{0}\r\n][^{0}\r\n]*+'  # {0}: the separator
END_OF_FILE = "\x1a"  # Ctrl-Z, as DOS and some of its descendants end a file
USUAL_IN_1252 = "\u20ac\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2122\xa0\xa3\xa7\xab\xbb\xb0\xb4\xbf\xa1"
LINE_END = re.compile(r"\r\n|\r|\n")


def open_text(path: Path) -> TextIO:
    """The file as csv wants it: line ends as they are, no byte order mark."""
    csv.field_size_limit(max(FIELD_LIMIT, csv.field_size_limit()))  # one setting a process: never lower another's
    return path.open(encoding="utf-8-sig", newline="")


def lines_of(path: Path, file: TextIO) -> Iterable[str]:
    """The lines of `file`, which is `path` opened. A Ctrl-Z that ends the file is no part of its last cell."""
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
    looks = _looks_like(bad)
    if beginning.startswith(UTF16_MARKS) or 0 in beginning:
        looks = ", it looks like UTF-16"
    elif bad.startswith(b"\0"):
        return InputBad("INPUT_BAD", f"{where}: a NUL at byte {offset}; remove it")
    return InputBad("INPUT_BAD", f"{where}: not UTF-8 at byte {offset}{looks}; save the file as UTF-8")


def _looks_like(bad: bytes) -> str:
    """A guess at the encoding, by the first byte that is not UTF-8 and the one after it."""
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


def quoting_trouble(path: Path, separator: str) -> InputBad:
    """What is wrong with the first row that csv refuses, with the line on which the trouble starts."""
    record: list[str] = []
    with open_text(path) as file:
        reader = csv.reader(_remember_lines(file, record), delimiter=separator, strict=True)
        try:
            for _ in reader:
                record.clear()
        except csv.Error as error:
            broken = _broken_cell("".join(record), separator)
            return _in_words(path.name, reader.line_num - len(record) + 1, "".join(record), broken, str(error))
    return InputBad("INPUT_BAD", f"{path.name}: changed while it was read; wait until it is complete")


def _remember_lines(lines: TextIO, record: list[str]) -> Iterator[str]:
    for line in lines:
        record.append(line)
        yield line


def _in_words(name: str, first_line: int, record: str, broken: re.Match[str] | None, complaint: str) -> InputBad:
    if broken is None:
        return InputBad("INPUT_BAD", f"{name}:{first_line}: {complaint}; correct the row that starts here")
    opened = first_line + _line_ends(record[: broken.start()])
    if not broken["closing"]:
        trouble = "unclosed quote, it starts in this line; close it, or double it if it belongs to the value"
        return InputBad("INPUT_BAD", f"{name}:{opened}: {trouble}")
    closed = first_line + _line_ends(record[: broken.end()])
    trouble = f"text after a closing quote, the cell starts in line {opened}; double the quotes within a value"
    return InputBad("INPUT_BAD", f"{name}:{closed}: {trouble}")


def _broken_cell(record: str, separator: str) -> re.Match[str] | None:
    after = "\r\n" + separator
    for cell in re.finditer(CELL.format(re.escape(separator)), record):
        if cell[0].startswith('"') and (not cell["closing"] or record[cell.end() : cell.end() + 1] not in after):
            return cell
    return None


def _line_ends(text: str) -> int:
    return len(LINE_END.findall(text))
