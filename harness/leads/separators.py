"""What separates the cells, where that is not what was said; and where the header is, if it is not at the top."""

import csv
import io
import re
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from harness.errors import InputBad, UsageError

COMMA = ","
NAMES = {COMMA: "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", ":": "colons", "^": "carets"}
USUAL = (COMMA, ";", "\t", "|")
SPELLED = {"tab": "\t", "\\t": "\t", "comma": COMMA, "semicolon": ";", "pipe": "|"}
LOOKED_AT = 20  # rows among which a header is looked for
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
        yield from ((reader.line_num, cells) for cells in islice(reader, LOOKED_AT) if cells)
    except csv.Error:
        return
