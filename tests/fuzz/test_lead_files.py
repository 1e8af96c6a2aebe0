"""Files of leads, as people may have them: read as an independent parser reads them, or refused in our own words."""

import io
import zlib

import pytest

from harness.errors import InputBad
from harness.leads.csv_leads import CsvLeads
from harness.leads.preflight import check
from harness.leads.shard_csv import write_csv
from harness.leads.source import open_leads
from harness.wording import count_of

from .mutation import MOST_BYTES, Target, play

NAMES = {"lead_id": "Lead ID", "phone": "Phone"}
PLAIN = b'Lead ID,Phone,City\nL-1,+15550100001,Bern\nL-2,+15550100002,"Z\xc3\xbcrich, ""Kreis"" 4"\nL-3,,\n'
CSV = (
    PLAIN,
    PLAIN.replace(b"\n", b"\r\n"),
    b"\xef\xbb\xbf" + PLAIN,
    PLAIN + b'L-4,+15550100004,"two\nlines"\nL-5,"","\r\n"\n\n,,\n',
    PLAIN.replace(b",", b";"),
    b'"Lead ID","Phone"\n' + b"".join(b"%d,+1555010%04d\n" % (at, at) for at in range(1200)),
)


def records(text: str) -> list[list[str]]:
    """The records of a CSV file, blank lines left out. RFC 4180, read sign by sign; a line ends with LF, CR or CRLF.

    Raises ValueError for a quote that is never closed, or followed by anything but the end of its cell.
    """
    found, record, cell, at = [], [], [], 0
    quoted = was_quoted = False
    while at <= len(text):
        sign = text[at] if at < len(text) else ""
        at += 1
        if quoted:
            if sign == "":
                raise ValueError("a quote that is never closed")
            if sign == '"' and text[at : at + 1] == '"':
                cell.append(sign)
                at += 1
            elif sign == '"':
                quoted = False
            else:
                cell.append(sign)
        elif sign == '"' and not cell and not was_quoted:
            quoted = was_quoted = True
        elif sign == ",":
            record.append("".join(cell))
            cell, was_quoted = [], False
        elif sign in ("\n", "\r", ""):
            if record or cell or was_quoted:
                found.append([*record, "".join(cell)])
            record, cell, was_quoted = [], [], False
            at += sign == "\r" and text[at : at + 1] == "\n"
        elif was_quoted:
            raise ValueError("a sign behind a closing quote")
        else:
            cell.append(sign)
    return found


def play_file(folder, suffix, then):
    """A reader of files: writes the input, opens the leads, and looks at them."""
    path = folder / f"leads{suffix}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        source = open_leads(path, **NAMES)
        assert source.digest
        then(source, data)

    return read


@pytest.fixture
def looked_at(tmp_path):
    """A function: what has to hold of leads that were not refused."""

    def look(source, data: bytes) -> None:
        preflight = check(source, tmp_path / "accepted.parquet")
        rows = [cells for _, cells in source.read()]
        filled = [cells for cells in rows if "".join(cells).strip()]
        assert preflight.leads + len(preflight.rejects) <= len(rows)
        assert preflight.leads + len(preflight.rejects) >= len([row for row in filled if "".join(row).isascii()])
        accepted = preflight.source
        leads = [list(row) for batch in accepted.batches(100) for row in batch.rows]
        assert len(leads) == preflight.leads
        again = tmp_path / "again.csv"
        write_csv(accepted, again)
        written = CsvLeads.from_file(again, **NAMES)
        assert [cells for _, cells in written.read()] == leads

    return look


def test_csv(tmp_path, looked_at, told):
    """As many rows, with the same cells, as the plain reader above finds."""

    def look(source, data: bytes) -> None:
        text = data.decode("utf-8-sig").rstrip("\x1a")
        assert [cells for _, cells in source.read()] == records(text)[1:]
        if zlib.crc32(data) % 16 == 0:  # takes a hundred times as long
            looked_at(source, data)

    words = (b"\nLead ID,Phone,City\n", b'"\n', b'""', b',"', b"sep=;\n", b"\xe9", b"\xed\xa0\x80", b"x" * 600)
    read = play_file(tmp_path, ".csv", look)
    told(play(Target(name="csv leads", read=read, seeds=CSV, refusals=(InputBad,), words=words)))


def test_parquet(tmp_path, told):
    """A file whose bytes are changed is read or refused; DuckDB is what reads it."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    seeds = []
    for compression in ("none", "snappy", "gzip"):
        rows = 300 if compression == "gzip" else 3
        columns = {"Lead ID": [f"L-{at}" for at in range(rows)], "Phone": ["+15550100001"] * rows, "Age": [7] * rows}
        parquet.write_table(pyarrow.table(columns), file := io.BytesIO(), compression=compression)
        seeds.append(file.getvalue())
    read = play_file(tmp_path, ".parquet", lambda source, data: [*source.notices, *source.read()])
    told(play(Target(name="parquet leads", read=read, seeds=seeds, refusals=(InputBad,), few=5)))


def test_xlsx(tmp_path, told):
    """The same of workbooks: bytes of the archive are changed, and bytes of the parts in it."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["Lead ID", "Phone", "Since"], ["L-1", "+15550100001", 44_000.5], ["L-2", 15550100002, True]):
        book.active.append(row)
    book.save(file := io.BytesIO())
    assert len(file.getvalue()) < MOST_BYTES
    read = play_file(tmp_path, ".xlsx", lambda source, data: [*source.notices, *source.read()])
    told(play(Target(name="workbooks", read=read, seeds=[file.getvalue()], refusals=(InputBad,), few=10)))
    parts = parts_of(file.getvalue())

    def read_with(data: bytes) -> None:
        name, _, content = data.partition(b"|")
        changed = {each: content if each.encode() == name else kept for each, kept in parts.items()}
        read(archive_of(changed))

    seeds = [name.encode() + b"|" + content for name, content in parts.items()]
    told(play(Target(name="parts of workbooks", read=read_with, seeds=seeds, refusals=(InputBad,), few=15)))


def parts_of(archive: bytes) -> dict[str, bytes]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {name: file.read(name) for name in file.namelist()}


def archive_of(parts: dict[str, bytes]) -> bytes:
    import zipfile

    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_counts(told):
    """A number of leads, as people write it."""

    def read(data: bytes) -> None:
        text = data.decode(errors="replace")
        try:
            assert isinstance(count_of(text), int)
        except ValueError as error:
            assert str(error).startswith((f"{text} is not a", f"{text} is more than"))  # noqa: PT017

    seeds = (b"1500000", b"1.5M", b"20k", b"1_500_000", b"1,500", b"1 500", b"1e6", b"1'500'000", "１５".encode())
    words = (b"k", b"M", b"e", b"e999999", b"_", b" ", "\u202f".encode(), "½".encode(), "٣".encode(), b"-", b"inf")
    told(play(Target(name="counts of leads", read=read, seeds=seeds, words=words, few=300)))
