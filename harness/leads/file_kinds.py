"""Files that are named .csv and are something else."""

import codecs
import re
import zipfile
from pathlib import Path

from harness.errors import InputBad

LOOKED_AT = 1024
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
        beginning = file.read(LOOKED_AT)
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
