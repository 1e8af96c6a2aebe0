"""Where a CSV file is broken, in words: bytes by one pass before the run, quotes by a second look."""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from harness.errors import InputBad

BLOCK_BYTES = 1 << 20
# A longer cell is taken for a quote that was never closed. Far above what a cell may have, so that one is told by name.
FIELD_LIMIT = 1_000_000
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CELL = re.compile(r'"(?:[^"]|"")*+(?P<closing>"?)|[^",\r\n][^,\r\n]*+')
LINE_END = re.compile(r"\r\n|\r|\n")


def open_text(path: Path) -> TextIO:
    """The file as csv wants it: line ends as they are, no byte order mark."""
    csv.field_size_limit(max(FIELD_LIMIT, csv.field_size_limit()))  # one setting a process: never lower another's
    return path.open(encoding="utf-8-sig", newline="")


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
        bad = file.read(1)
    where = f"{path.name}:{_line_at(path, offset)}"
    if beginning.startswith(UTF16_MARKS) or 0 in beginning:
        what = f"not UTF-8 at byte {offset}, it looks like UTF-16"
    elif bad == b"\0":
        return InputBad("INPUT_BAD", f"{where}: a NUL at byte {offset}; remove it")
    else:
        what = f"not UTF-8 at byte {offset}"
    return InputBad("INPUT_BAD", f"{where}: {what}; save the file as UTF-8")


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


def quoting_trouble(path: Path) -> InputBad:
    """What is wrong with the first row that csv refuses, with the line on which the trouble starts."""
    record: list[str] = []
    with open_text(path) as file:
        reader = csv.reader(_remembered(file, record), strict=True)
        try:
            for _ in reader:
                record.clear()
        except csv.Error as error:
            return _in_words(path.name, reader.line_num - len(record) + 1, "".join(record), str(error))
    return InputBad("INPUT_BAD", f"{path.name}: changed while it was read; wait until it is complete")


def _remembered(lines: TextIO, record: list[str]) -> Iterator[str]:
    for line in lines:
        record.append(line)
        yield line


def _in_words(name: str, first_line: int, record: str, complaint: str) -> InputBad:
    broken = _broken_cell(record)
    if broken is None:
        return InputBad("INPUT_BAD", f"{name}:{first_line}: {complaint}; correct the row that starts here")
    opened = first_line + _line_ends(record[: broken.start()])
    if not broken["closing"]:
        trouble = "unclosed quote, it starts in this line; close it, or double it if it belongs to the value"
        return InputBad("INPUT_BAD", f"{name}:{opened}: {trouble}")
    closed = first_line + _line_ends(record[: broken.end()])
    trouble = f"text after a closing quote, the cell starts in line {opened}; double the quotes within a value"
    return InputBad("INPUT_BAD", f"{name}:{closed}: {trouble}")


def _broken_cell(record: str) -> re.Match[str] | None:
    for cell in CELL.finditer(record):
        if cell[0].startswith('"') and (not cell["closing"] or record[cell.end() : cell.end() + 1] not in "\r\n,"):
            return cell
    return None


def _line_ends(text: str) -> int:
    return len(LINE_END.findall(text))
