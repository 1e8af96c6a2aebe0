"""What a reader of workbooks does not tell: which sheets can be seen, and which cells have no value to be read."""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from harness.errors import InputBad

OLD_OFFICE = b"\xd0\xcf\x11\xe0"  # how an .xls begins, and an .xlsx under a password
BLOCK_BYTES = 1 << 20
CELL = rb'<(?:\w+:)?c\b(?P<about>[^>]*\br="(?P<at>%s)"[^>]*%s[^>]*)>'
ANY = rb"[A-Z]+[0-9]+"
TROUBLES = {  # each would be read as an empty cell, the last one with all the memory there is
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
    """Raises InputBad where the block meets a file that is no workbook."""
    from python_calamine import CalamineError

    broken = (CalamineError, BadZipFile, ElementTree.ParseError, zlib.error, LookupError, OSError, ValueError)
    try:
        yield
    except broken as error:
        with path.open("rb") as file:
            closed = file.read(4) == OLD_OFFICE
        advice = "it is under a password, or an old .xls: save it as .xlsx without one" if closed else "save it anew"
        raise InputBad(
            "INPUT_BAD", f"{path.name}: not readable as a workbook ({type(error).__name__}); {advice}"
        ) from None


def visible_sheets(path: Path) -> list[tuple[str, str]]:
    """The name of each sheet that is not hidden, and its file within the workbook."""
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
    """Raises InputBad for the first cell of a sheet that does not hold what it shows."""
    with ZipFile(path) as parts, parts.open(part) as file:
        left = b""
        while block := file.read(BLOCK_BYTES):
            left += block
            whole, cut, left = left.rpartition(b"row>")
            for pattern, trouble in TROUBLES.items():
                for cell in pattern.finditer(whole + cut):
                    if b't="str"' not in cell["about"]:  # a formula whose value is an empty text
                        raise InputBad("INPUT_BAD", f"{path.name}: cell {cell['at'].decode()} holds {trouble}")
