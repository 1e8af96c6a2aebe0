"""CSV files as people have them: the good ones read, the broken ones named by line."""

import hashlib
import os

import pytest

from harness.errors import InputBad
from harness.leads.rows import BLOCK_ROWS
from harness.leads.source import open_leads

HEADER = b"Lead ID,Name,Phone\n"
ROW = b"A1,Ada,+15550100\n"


@pytest.fixture
def opened(tmp_path):
    """Open these bytes as a CSV file of leads."""

    def open_bytes(content, name="leads.csv"):
        (tmp_path / name).write_bytes(content)
        return open_leads(tmp_path / name, lead_id="Lead ID", phone="Phone")

    return open_bytes


def everything(source):
    source.digest  # noqa: B018 - the look at the bytes
    return [cells for _, cells in source.read()]


TWO = [["A1", "Ada", "1"], ["A2", "Bo", "2"]]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"Lead ID,Name,Phone\nA1,Ada,1\nA2,Bo,2\n", TWO),
        (b"Lead ID,Name,Phone\r\nA1,Ada,1\r\nA2,Bo,2\r\n", TWO),
        (b"Lead ID,Name,Phone\rA1,Ada,1\rA2,Bo,2\r", TWO),
        (b"Lead ID,Name,Phone\r\nA1,Ada,1\nA2,Bo,2", TWO),  # mixed, and no line end at the end
        (b"\n\nLead ID,Name,Phone\n\nA1,Ada,1\n\n\r\nA2,Bo,2\n\n\n", TWO),
        (b'\xef\xbb\xbf"Lead ID",Name,Phone\nA1,Ada,1\nA2,Bo,2\n', TWO),
        (b'Lead ID,Name,Phone\nA1,"O""Neil, ""Nan""",1\n', [["A1", 'O"Neil, "Nan"', "1"]]),
        (b'Lead ID,Name,Phone\nA1,"two\r\nlines",1\n', [["A1", "two\r\nlines", "1"]]),
        ("Lead ID,Name,Phone\nA1,M\u00fcller\u2028X\x85Y,1\n".encode(), [["A1", "M\u00fcller\u2028X\x85Y", "1"]]),
        (b"Lead ID,Name,Phone\n", []),
        (b"Lead ID,Name,Phone", []),
    ],
)
def test_reads_what_spreadsheets_write(opened, content, rows):
    """Line ends, blank lines, byte order marks and quoting do not change the leads."""
    assert everything(opened(content)) == rows


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "leads.csv:1: the file has 0 bytes"),
        (b"\n\n", "leads.csv:1: no header"),
        (b"\xef\xbb\xbf", "leads.csv:1: no header"),
        (HEADER.decode().encode("utf-16"), "leads.csv:1: not UTF-8 at byte 0, it looks like UTF-16"),
        (HEADER.decode().encode("utf-16-be"), "leads.csv:1: not UTF-8 at byte 0, it looks like UTF-16"),
        (HEADER.decode().encode("utf-16-le"), "leads.csv:1: not UTF-8 at byte 1, it looks like UTF-16"),
        (HEADER + ROW + b"A2,M\xfcller,2\n", "leads.csv:3: not UTF-8 at byte 40"),
        (HEADER + ROW + b"A2,M\xc3", "leads.csv:3: not UTF-8 at byte 40"),
        (HEADER + b"A2,M\0ller,2\n", "leads.csv:2: a NUL at byte 23"),
        (HEADER + ROW + b'A2,"Bo,2\nA3,Cy,3\n', "leads.csv:3: unclosed quote"),
        (HEADER + b'A2,"x\ny","Bo,2\nA3,Cy,3\n', "leads.csv:3: unclosed quote"),
        (HEADER + b'A2,"x\n""y"",Bo,2\nA3,Cy,3\n', "leads.csv:2: unclosed quote"),
        (HEADER + ROW * 3 + b'A2,"Bo"b,2\n', "leads.csv:5: text after a closing quote, the cell starts in line 5"),
        (HEADER + b'A2,"Bo,2\nA3,"Cy",3\n', "leads.csv:3: text after a closing quote, the cell starts in line 2"),
        (b'Lead ID,"Name,Phone\n' + ROW, "leads.csv:1: unclosed quote"),
        (HEADER + ROW + b'A2,"' + b"x" * 1_000_001 + b"\n" + ROW, "leads.csv:3: unclosed quote"),
        (HEADER + ROW + b"A2," + b"x" * 1_000_001 + b",2\n" + ROW, "leads.csv:3: field larger than field limit"),
    ],
)
def test_says_where_a_file_is_broken(opened, content, told):
    """The complaint names the file, the line on which the trouble starts, and what it is."""
    with pytest.raises(InputBad) as raised:
        everything(opened(content))
    assert str(raised.value).startswith(f"INPUT_BAD {told}")
    assert "Ada" not in str(raised.value)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Name,Phone", "no Lead ID column 'Lead ID'; name one of these, in the same upper and lower case: Name, Phone"),
        ("lead id,Phone", "no Lead ID column"),
        ("Lead ID,Name", "no phone column 'Phone'"),
        ("Lead ID,Phone,Name,Name", "column 'Name' is there twice"),
        ("Lead ID,Phone,,Name", "column 3 has no name"),
        ("Lead ID,Phone, ", "column 3 has no name"),
        ("Lead ID,Phone,back\\slash", "column 3 has a backslash"),
        ("Lead ID,Phone," + "x" * 129, "column 3 has a name of 129 characters, at most 128"),
        ("Lead ID,Phone," + ",".join(f"c{n}" for n in range(49)), "51 columns, a contact list takes at most 50"),
    ],
)
def test_refuses_headers_that_a_contact_list_would_refuse(opened, header, told):
    """Nothing is sent under a header that cannot work."""
    with pytest.raises(InputBad, match=r"^INPUT_BAD leads\.csv:1: ") as raised:
        opened(header.encode())
    assert told in str(raised.value)


@pytest.mark.parametrize("header", ["Lead ID,Phone," + "x" * 128, "Phone,Lead ID,x,y,z"])
def test_takes_headers_up_to_the_limit(opened, header):
    """The limit itself is allowed, and columns may come in any order."""
    columns = opened(header.encode()).columns
    assert columns.names[columns.lead_id_index] == "Lead ID"
    assert len(columns.names) == header.count(",") + 1


def test_a_first_row_of_data_is_not_repeated(opened):
    """Without a header the first row is somebody's: the complaint keeps it to itself."""
    with pytest.raises(InputBad) as caught:
        opened(b"L1,Ann,+15550100,ann@example.com\n")
    assert "the header must come first" in str(caught.value)
    assert not any(cell in str(caught.value) for cell in ("Ann", "+15550100", "ann@"))


def test_numbers_rows_by_the_line_they_start_on(opened):
    """Blank lines and line ends within cells are counted."""
    source = opened(HEADER + b'A1,"a\nb\r\nc\rd",1\n\nA2,x,2\nA3,"y\n",3\nA4,z,4\n')
    assert [(line, cells[0]) for line, cells in source.read()] == [(2, "A1"), (7, "A2"), (8, "A3"), (10, "A4")]
    assert [line for line, _ in source.read(start=2)] == [8, 10]


def test_line_numbers_hold_across_blocks(opened):
    """A cell with a line end moves the lines of every later block."""
    source = opened(HEADER + b'A,"x\ny",1\n' + ROW * (3 * BLOCK_ROWS))
    lines = [line for line, _ in source.read()]
    assert lines == [2, *range(4, 4 + 3 * BLOCK_ROWS)]


def test_digest_is_that_of_the_bytes(opened):
    """The digest identifies the file, whoever computes it."""
    assert opened(HEADER + ROW).digest == hashlib.sha256(HEADER + ROW).hexdigest()


def test_tells_when_the_file_changed(opened, tmp_path):
    """A file that was written to since it was opened is not the same input."""
    source = opened(HEADER + ROW)
    assert source.is_unchanged()
    (tmp_path / "leads.csv").write_bytes(HEADER + ROW + ROW)
    assert not source.is_unchanged()


def test_a_file_that_went_away_is_told(opened, tmp_path):
    """No traceback for a file removed during the run."""
    source = opened(HEADER + ROW)
    (tmp_path / "leads.csv").unlink()
    assert not source.is_unchanged()
    with pytest.raises(InputBad, match="put the file back"):
        list(source.read())


@pytest.mark.parametrize("name", ["leads.csv.gz", "leads.zip", "leads.json", "leads"])
def test_refuses_other_kinds_of_file(opened, name):
    """Only CSV and Parquet are read."""
    with pytest.raises(InputBad, match=r"unpack it first|a \.csv, \.parquet or \.xlsx file"):
        opened(ROW, name)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_needs_a_regular_file(tmp_path, make):
    """What cannot be read twice is refused before it is opened."""
    make(tmp_path / "leads.csv")
    with pytest.raises(InputBad, match="a regular file is needed"):
        open_leads(tmp_path / "leads.csv", lead_id="Lead ID", phone="Phone")


def test_refuses_standard_input_and_missing_files(tmp_path):
    """Both are told in words."""
    with pytest.raises(InputBad, match="standard input cannot be read twice"):
        open_leads(type(tmp_path)("-"), lead_id="Lead ID", phone="Phone")
    with pytest.raises(InputBad, match="No such file"):
        open_leads(tmp_path / "none.csv", lead_id="Lead ID", phone="Phone")
