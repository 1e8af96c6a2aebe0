"""What becomes of an uploaded CSV: accepted rows, skipped records, or a refusal of the whole file."""

import json
import random
from collections import Counter

import pytest

from mockserver.imports.csv_rows import EVENTS_KEPT, FileRules, RefusedFileError, Report, read_chunks
from mockserver.model import ContactList

ALIGN = "IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS"
PARSE = "IMPORT_COULD_NOT_PARSE_AN_ENTRY"
TOO_LONG = "IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT"
INVALID_ID = "IMPORT_INVALID_CUSTOM_ID"
MISSING_ID = "IMPORT_MISSING_CUSTOM_ID"
NO_HEADERS = "IMPORT_FAILED_TO_READ_HEADERS"


@pytest.fixture
def read(tmp_path, profile_with):
    """A function from the text of a file to (ids, decoded rows, report) under the rules given."""

    def read_text(text, columns=("id", "phone"), contact_id_name="", trim=True, **settings):
        profile, report, ids, rows = profile_with(**settings), Report(), [], []
        contact_list = ContactList(
            id="a", name="A", date_created="", date_modified="", column_names=columns, trim_whitespace=trim
        )
        rules = FileRules(
            contact_list=contact_list,
            limits=profile.limits,
            semantics=profile.semantics,
            contact_id_name=contact_id_name,
        )
        path = tmp_path / "upload"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        for chunk in read_chunks(path, rules, random.Random(1), report):
            assert len(chunk.ids) == len(chunk.rows)
            ids += chunk.ids
            rows += map(json.loads, chunk.rows)
        return ids, rows, report

    return read_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,phone\n1,+15550100\n", [["1", "+15550100"]]),
        ("id,phone\r\n1,+15550100\r\n2,\r\n", [["1", "+15550100"], ["2", ""]]),
        ("id,phone\n1,2", [["1", "2"]]),  # no line end after the last record
        ("id,phone\n", []),  # a header only
        ("\ufeffid,phone\n1,2\n", [["1", "2"]]),  # exports carry a byte order mark
        ('"id","phone"\n"a, ""b""\nc","2"\n', [['a, "b"\nc', "2"]]),  # a cell of two lines
        ("phone,id\n2,1\n", [["1", "2"]]),  # any order of columns
        ("id,more,phone,\n1,x,2,y\n", [["1", "2"]]),  # columns the list does not have
        (" id ,\tphone\n 1\t,  2 \n", [["1", "2"]]),  # trimmed
        ("id,phone\n1 1,Ł 2\n", [["1 1", "Ł 2"]]),  # blanks inside stay
        ('id,phone\n" ""1"" ",\\\n', [['"1"', "\\"]]),
    ],
)
def test_accepted(read, text, expected):
    """Rows are the list's columns, whatever the file's order, quotes and line ends."""
    ids, rows, report = read(text)
    assert rows == [dict(zip(("id", "phone"), cells, strict=True)) for cells in expected]
    assert (report.records, len(set(ids)), report.events) == (len(expected), len(expected), [])


def test_untrimmed(read):
    """A list that does not trim keeps blanks around cells."""
    _, rows, _ = read("id,phone\n 1 ,2\t\n", trim=False)
    assert rows == [{"id": " 1 ", "phone": "2\t"}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", NO_HEADERS),
        ("\n1,2\n", NO_HEADERS),
        (",\n1,2\n", "IMPORT_NO_COLUMNS_DEFINED"),
        ("id,phone,id\n1,2,3\n", NO_HEADERS),  # a name twice
        ('id,"pho"ne\n', NO_HEADERS),
        (b"id,ph\xf6ne\n", NO_HEADERS),  # Latin-1
        ("id,phone\n1,2\n".encode("utf-16"), NO_HEADERS),
        ("id,phone\r1,2\r", NO_HEADERS),  # lines that end with CR alone
        ("id,number\n1,2\n", "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"),
        ("id,phone," + ",".join(f"c{n}" for n in range(49)) + "\n", "CONTACT_COLUMNS_LIMIT_EXCEEDED"),  # 51
        ("id,phone," + "x" * 129 + "\n", "IMPORT_COLUMN_EXCEEDS_LENGTH_LIMIT"),
        (b"id,phone\n1,2\n3,\xff\n", PARSE),  # not UTF-8 further down
        ("id,phone\n1,2\n\n", ALIGN),  # a blank row at the end
        ("id,phone\n1,2\n,\n", ALIGN),  # and one of empty cells
        ("id,phone\n" + "1,2\n" * 1_000 + "\n", ALIGN),  # alone in the last chunk
    ],
)
def test_refused(read, text, code):
    """What is wrong with header, columns, encoding or the end refuses the file."""
    with pytest.raises(RefusedFileError) as refused:
        read(text)
    assert refused.value.code == code


@pytest.mark.hardening("mock-21")
def test_column_limits(read):
    """50 columns and names of 128 characters are still fine."""
    header = ",".join(["id", "phone", "x" * 128, *(f"c{n}" for n in range(47))])
    assert read(f"{header}\n")[1] == []


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("1", ALIGN),
        ("1,2,3", ALIGN),
        ("", ALIGN),
        ("1," + "x" * 513, TOO_LONG),
        ('1,"' + "\n" * 513 + '"', TOO_LONG),  # line ends are not trimmed
        ('"1"2,3', PARSE),
        ("1\r2,3", PARSE),
    ],
)
@pytest.mark.hardening("mock-21")
def test_a_bad_record_is_skipped_or_refuses_the_file(read, record, code):
    """The profile says which; the records around it are accepted, and the event names its place."""
    text = f"id,phone\n1,2\n{record}\n3,4\n"
    _, rows, report = read(text)
    assert [row["id"] for row in rows] == ["1", "3"]
    assert (report.records, report.events, report.counts) == (3, [(3, code)], Counter([code]))
    with pytest.raises(RefusedFileError) as refused:
        read(text, semantics__invalid_rows="fail")
    assert refused.value.code == code


@pytest.mark.parametrize("cell", ["x" * 512, "Ł" * 512, '"' + '""' * 512 + '"', " " * 300 + "x" * 512 + " " * 300])
def test_the_longest_cell(read, cell):
    """512 characters are allowed, however many bytes they take and blanks surround them."""
    _, rows, report = read(f"id,phone\n1,{cell}\n")
    assert (len(rows[0]["phone"]), report.events) == (512, [])


@pytest.mark.hardening("mock-21")
@pytest.mark.parametrize(
    "rest",
    ['3,"4\n5,6\n7,8\n', '3,"' + "x\n" * 600_000 + '"\n', "3," + "x," * 600_000 + "\n"],
    ids=["an unclosed quote", "a cell of 1.2 MB", "a line of 1.2 MB"],
)
def test_what_may_hide_records_refuses_the_file(read, rest):
    """No end is looked for in what is far too long, and nothing that may be thousands of records is skipped as one."""
    with pytest.raises(RefusedFileError) as refused:
        read("id,phone\n1,2\n" + rest)
    assert refused.value.code == PARSE


def test_events_are_bounded(read):
    """All skipped records are counted; of events, the first 1,000 are kept."""
    report = read("id,phone\n" + "1\n" * 2_500)[2]
    assert (len(report.events), report.events[-1].record) == (EVENTS_KEPT, EVENTS_KEPT + 1)
    assert report.counts == {ALIGN: 2_500}


def test_records_are_numbered_over_chunks(read):
    """The number of a record far down in the file counts all before it, skipped ones included."""
    lines = [f"{n},2" for n in range(2, 5_000)]
    lines[10], lines[3_000], lines[3_001] = "1", '"1"2,3', "1,2,3"
    report = read("id,phone\n" + "\n".join(lines) + "\n")[2]
    assert report.events == [(12, ALIGN), (3_002, PARSE), (3_003, ALIGN)]
    assert report.records == len(lines)


@pytest.mark.parametrize(
    ("contact_id", "code"),
    [
        ("lead-1", None),
        ("x" * 100, None),
        ("x" * 101, INVALID_ID),
        ("lead 1", INVALID_ID),
        ("lead/1", INVALID_ID),
        ("", MISSING_ID),
        ("  ", MISSING_ID),
    ],
)
def test_own_ids(read, contact_id, code):
    """Ids come from the named column, of the list or not, and are checked against the profile's alphabet and length."""
    for columns in (("id", "phone"), ("phone",)):
        ids, _, report = read(f"id,phone\na,1\n{contact_id},2\n", columns=columns, contact_id_name="id")
        assert ids == (["a"] if code else ["a", contact_id])
        assert report.events == ([(3, code)] if code else [])


def test_own_ids_from_a_column_the_file_lacks(read):
    """The whole file is refused."""
    with pytest.raises(RefusedFileError, match=MISSING_ID):
        read("id,phone\n1,2\n", contact_id_name="lead")


def test_own_ids_ignored(read):
    """An org that makes all ids itself makes them here too."""
    ids, _, _ = read("id,phone\n1,2\n", contact_id_name="id", semantics__own_ids="ignore")
    assert len(ids[0]) == 36


def test_padded_ids_are_trimmed(read):
    """Blanks around an id go, also when its column is not one of the list's and any id is allowed."""
    ids, rows, _ = read("id,phone\n 1 ,2\n", columns=("phone",), contact_id_name="id", limits__contact_id_pattern="")
    assert (ids, rows) == (["1"], [{"phone": "2"}])


@pytest.mark.parametrize("columns", [('said "so"', "back\\slash"), ("tab\tbed",), ("Größe", "")])
def test_columns_of_any_name(read, columns):
    """Names that JSON has to escape are read and stored like others."""
    header = ",".join('"' + name.replace('"', '""') + '"' for name in columns)
    _, rows, _ = read(f"{header}\n{','.join('x' * len(columns))}\n", columns=columns)
    assert rows == [dict.fromkeys(columns, "x")]


def test_one_column(read):
    """A list of a single column is read as well, from a file that has more."""
    assert read("x,id\n1,2\n", columns=("id",))[1] == [{"id": "2"}]


@pytest.mark.parametrize("header", ["ID,Phone", "Id,PHONE", "id,phone"])
def test_row_10_a_header_in_another_case(read, header):
    """Is the list's, which keeps its own spelling; an org that looks at case refuses it."""
    ids, rows, _ = read(f"{header}\n1,2\n")
    assert (len(ids), rows) == (1, [{"id": "1", "phone": "2"}])
    if header != "id,phone":
        with pytest.raises(RefusedFileError) as refused:
            read(f"{header}\n1,2\n", semantics__column_case="exact")
        assert refused.value.code == "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"


def test_columns_that_differ_by_case_alone(read):
    """Each keeps its own name where the list has both; one name given twice refuses the file."""
    assert read("A,a\n1,2\n", columns=("A", "a"))[1] == [{"A": "1", "a": "2"}]
    with pytest.raises(RefusedFileError, match=NO_HEADERS):
        read("id,phone,PHONE\n1,2,3\n")
