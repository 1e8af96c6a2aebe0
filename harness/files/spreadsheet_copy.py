"""Copies of CSV files for people: a spreadsheet shows each cell as text and runs none.

The files of a run are exact, for programs. A spreadsheet takes some cells for formulas, so each file that people are
sent to has a twin in which an apostrophe stands before such a cell. Programs must not read it: phones are altered.
"""

import csv
import re
from pathlib import Path

from .atomic import atomic_file

SUFFIX = ".for-spreadsheets.csv"
# At the start of a cell, and where a spreadsheet that separates cells by semicolons or tabs would begin one.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = re.compile(r'(?:^|(?<=[;\t\r\n"]))(?=\s*[=+@\t\r\0-])')


def escape_formulas(cell: str) -> str:
    """`cell` as text that no spreadsheet evaluates."""
    return FORMULA.sub("'", cell)


def twin_of(path: Path) -> Path:
    return path.with_name(path.stem + SUFFIX)


def write_spreadsheet_copy(source: Path, to: Path) -> None:
    """Write `to` (0600), completely or not at all."""
    with (
        source.open(encoding="utf-8", newline="") as rows,
        atomic_file(to) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        csv.writer(file).writerows(map(escape_formulas, row) for row in csv.reader(rows, strict=True))
