"""Workbooks as openpyxl writes them, read as leads."""

from datetime import date, datetime, time, timedelta
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from harness.errors import InputBad
from harness.leads.source import open_leads

HEADER = ["Lead ID", "Phone"]
PHONE = "+15550100001"


@pytest.fixture
def workbook(tmp_path):
    """A function: the path of a workbook whose sheets have these rows."""

    def saved(*sheets, hidden=()):
        book = Workbook()
        book.remove(book.active)
        for number, rows in enumerate(sheets, 1):
            sheet = book.create_sheet(f"Sheet & {number}")
            for row in rows:
                sheet.append(row)
            if number in hidden:
                sheet.sheet_state = "hidden"
        path = tmp_path / "leads.xlsx"
        book.save(path)
        return path

    return saved


def opened(path):
    return open_leads(path, lead_id="Lead ID", phone="Phone")


def test_values_are_what_excel_shows(workbook):
    """Whole numbers have no point, dates are ISO 8601, texts stay; lines are rows of the sheet, blank ones left out."""
    row = [
        *(7, 15550100001, "007", 0.1 + 0.2, True, 0),
        *(
            date(2026, 3, 1),
            datetime.fromisoformat("2026-03-01T08:30:01"),
            time(8, 30),
            timedelta(hours=30),
            "two\nlines",
            None,
        ),
    ]
    names = [*HEADER, *"abcdefghij"]
    source = opened(workbook([[], names, [], row, [""] * 12, [8, PHONE, "last"]]))
    assert source.columns.names == tuple(names)
    assert [(line, cells[:8]) for line, cells in source.read()] == [
        (4, ["7", "15550100001", "007", "0.3", "TRUE", "0", "2026-03-01", "2026-03-01 08:30:01"]),
        (6, ["8", PHONE, "last", "", "", "", "", ""]),
    ]
    assert next(cells[8:] for _, cells in source.read()) == ["08:30:00", "30:00:00", "two\nlines", ""]
    assert source.notices == ["4 dates and times are written as 2026-01-31 08:30:00"]


def test_batches_are_those_of_any_source(workbook):
    """Many blocks keep the order, the digest is the file's, and a changed file is noticed."""
    path = workbook([HEADER, *([f"L{n}", PHONE] for n in range(1200))])
    source = opened(path)
    ids = [lead_id for leads in source.batches(500, start=100, stop=1100) for lead_id in leads.ids]
    assert ids == [f"L{n}" for n in range(100, 1100)]
    assert source.is_unchanged()
    path.write_bytes(path.read_bytes() + b" ")
    assert not source.is_unchanged()


def test_the_first_sheet_that_can_be_seen_is_loaded_and_others_are_told(workbook):
    """A hidden sheet and an empty one are nobody's leads; one with data might be."""
    leads = [HEADER, ["L1", PHONE]]
    source = opened(workbook([["notes"]], leads, [], [["more"]], hidden=[1]))
    assert [cells for _, cells in source.read()] == [["L1", PHONE]]
    assert source.notices == ["the sheet 'Sheet & 2' is loaded, not 'Sheet & 4'"]


@pytest.mark.parametrize(
    ("lead_id", "phone", "trouble"),
    [
        (2**53, PHONE, "leads.xlsx:2: column 'Lead ID' holds a fraction, or more digits than Excel keeps"),
        (1.5, PHONE, "column 'Lead ID' holds a fraction"),
        ("L1", 1e20, "column 'Phone' holds a fraction, or more digits"),
        (date(2026, 3, 1), PHONE, "column 'Lead ID' holds a date"),
        (True, PHONE, "truth value"),
        ("L_x0000_1", PHONE, "column 'Lead ID' holds a NUL"),
        ("=1+1", PHONE, "cell A2 holds a formula that was never calculated"),
        ("L1", "#N/A", "cell B2 holds an error such as #N/A"),
    ],
)
def test_what_excel_has_spoiled_is_refused(workbook, lead_id, phone, trouble):
    """Ids and phones are exact, or nothing is sent; a cell that only looks empty to a reader is not taken for empty."""
    with pytest.raises(InputBad, match=trouble):
        opened(workbook([HEADER, [lead_id, phone]])).notices  # noqa: B018


def test_long_numbers_elsewhere_are_told(workbook):
    """Excel keeps fifteen digits of a number, so an account number may be wrong."""
    source = opened(workbook([[*HEADER, "Account"], ["L1", PHONE, 1234567890123456]]))
    assert source.notices == ["1 number of more than 15 digits, of which Excel keeps 15; write such columns as text"]


def test_a_stray_cell_far_away_does_not_take_all_memory(workbook):
    """A sheet is loaded as a rectangle: a value in column XFD would make it 16,384 columns wide."""
    with pytest.raises(InputBad, match="cell XFD3 holds a value far to the right"):
        opened(workbook([HEADER, ["L1", PHONE], [None] * 16_383 + ["x"]]))


def test_a_workbook_that_unpacks_to_gigabytes(workbook):
    """It is refused by what its directory says, before anything is unpacked."""
    path = workbook([HEADER, ["L1", PHONE]])
    whole = path.read_bytes()
    size_at = whole.index(b"PK\x01\x02") + 24  # of the first part, in the directory
    path.write_bytes(whole[:size_at] + (3 << 30).to_bytes(4, "little") + whole[size_at + 4 :])
    with pytest.raises(InputBad, match=r"unpacks to 3,221,\d{3},\d{3} bytes"):
        opened(path)


def test_what_is_no_workbook_is_refused(workbook, tmp_path):
    """Other files under that name, parts of files, workbooks under a password, and spreadsheets of other kinds."""
    whole = workbook([HEADER, ["L1", PHONE]]).read_bytes()
    with ZipFile(tmp_path / "zip.xlsx", "w") as archive:
        archive.writestr("leads.csv", "Lead ID,Phone\n")
    for name, content in {
        "cut.xlsx": whole[: len(whole) // 2],
        "text.xlsx": b"Lead ID,Phone\nL1,+15550100001\n",
        "zip.xlsx": (tmp_path / "zip.xlsx").read_bytes(),
        "closed.xlsx": b"\xd0\xcf\x11\xe0" + bytes(2000),
        "packed.xlsx": whole.replace(b"\x08\0", b"\x08\x04"),  # by a method that nobody knows
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputBad, match="not readable as a workbook") as raised:
            opened(tmp_path / name)
        assert ("password" in str(raised.value)) == (name == "closed.xlsx")
    for suffix in (".xls", ".xlsb", ".ods"):
        (tmp_path / f"leads{suffix}").write_bytes(whole)
        with pytest.raises(InputBad, match=r"of spreadsheets only \.xlsx is read"):
            opened(tmp_path / f"leads{suffix}")
    with pytest.raises(InputBad, match="no Lead ID column 'Lead ID'"):
        opened(workbook([["Id", "Phone"]]))
    with pytest.raises(InputBad, match="no Lead ID column"):
        opened(workbook([[]]))
