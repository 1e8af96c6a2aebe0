"""CSV files as spreadsheets, editors and people leave them: told before anything is sent, or read right."""

import gzip
import io
import zipfile

import pytest

from harness.errors import InputBad, UsageError
from harness.leads.preflight import check
from harness.leads.source import open_leads

ROWS = "L1,+15550100001,Ada\nL2,+15550100002,Bo\n"


@pytest.fixture
def opened(tmp_path):
    """Open these bytes, or this text, as a CSV file of leads."""

    def open_content(content, **options):
        path = tmp_path / "leads.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_leads(path, **{"lead_id": "Lead ID", "phone": "Phone", **options})

    return open_content


@pytest.fixture
def checked(opened, tmp_path):
    """The check of these bytes, or of this text."""
    return lambda content, **options: check(opened(content), tmp_path / "leads.parquet", **options)


def complaint(call, *arguments, **options):
    with pytest.raises(InputBad) as raised:
        call(*arguments, **options)
    return str(raised.value)


def archive(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for name in names:
            target.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Lead ID,Phone,E-Mail,e-mail", "columns 3 'E-Mail' and 4 'e-mail' differ only in case"),
        ("Lead ID,Phone,PHONE", "columns 2 'Phone' and 3 'PHONE'"),
        ("Lead ID,Phone,Stra\u00dfe,STRASSE", "columns 3 'Stra\u00dfe' and 4 'STRASSE'"),
        ("Lead ID,Phone,Caf\u00e9,Cafe\u0301", "columns 3 'Caf\u00e9' and 4"),
        ("Lead ID,Phone,Name,Name ", "and 4 'Name ' (a space at its edge)"),
        ("Lead ID,Phone,Name,Na\u00adme", r"and 4 'Na\u00adme' (a soft hyphen)"),
        ("Lead ID,Phone,inin-outbound-id", "column 3 inin-outbound-id is one that Genesys adds to an export"),
        ("Lead ID,Phone,CONTACTCALLABLE", "column 3 CONTACTCALLABLE is one that Genesys adds"),
        ("Lead ID,Phone,ContactableByWhatsApp", "column 3 ContactableByWhatsApp is one"),
        ("Lead ID,Phone,ContactableByVoice-Phone", "column 3 ContactableByVoice-Phone is one"),
        ("Lead ID,Phone,smslastresult-phone", "column 3 smslastresult-phone is one"),
        ("Lead ID,Phone,AutomaticTimeZone-Phone", "column 3 AutomaticTimeZone-Phone is one"),
        ("Lead ID,Phone,ZipCodeAutomaticTimeZone", "column 3 ZipCodeAutomaticTimeZone is one"),
        ('Lead ID,Phone,"the ""best"""', "column 3 has a quote in its name"),
        ("Lead ID,Phone,a\tb", "column 3 has a tab in its name"),
        ('Lead ID,Phone,"a\nb"', "column 3 has a line end in its name"),
        ("Lead ID,Phone,a\x07b", "column 3 has the control character U+0007 in its name"),
        ("Lead ID,Phone,\u200b\u00a0", "column 3 has no name"),
        ("Lead\u00a0ID,Phone", r"column 1 is 'Lead\u00a0ID' (a no-break space)"),
        ("\ufeff\ufeffLead ID,Phone", r"column 1 is '\ufeffLead ID' (a byte order mark)"),
        ("Lead ID,Pho\u200bne", r"column 2 is 'Pho\u200bne' (a zero width space)"),
        ("Lead ID,\u202aPhone\u202c", r"column 2 is '\u202aPhone\u202c' (a left-to-right embedding, a pop"),
        ("LEAD ID,Phone", "column 1 is 'LEAD ID'"),
        ("K\u00f6rper,Na\u2060me", "in the same upper and lower case: K\u00f6rper, 'Na\\u2060me' (a word joiner)"),
    ],
)
def test_a_header_that_cannot_work_is_told_by_column(opened, header, told):
    """Names that are alike, that exports have, or with signs nobody sees: which column, and what is in it."""
    assert told in complaint(opened, f"{header}\n{ROWS}")


@pytest.mark.parametrize(
    "header", ["Lead ID,Phone,Callable", "Lead ID,Phone,Contact-ID", "Lead ID,Phone,Na\u00efve No."]
)
def test_a_header_that_only_resembles_one_is_taken(opened, header):
    """The rules on names refuse no more than they have to."""
    assert len(opened(header).columns.names) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Lead ID;Phone;Name\nL1;1;Ada\n", 'leads.csv:1: the cells are separated by semicolons; give --separator ";"'),
        ('"Lead ID";"Phone"\n"L1";"1"\n', "leads.csv:1: the cells are separated by semicolons"),
        ("Lead ID\tPhone\nL1\t1\n", 'leads.csv:1: the cells are separated by tabs; give --separator "tab"'),
        ("Lead ID|Phone|Name, first\nL1|1|Ada\n", "leads.csv:1: the cells are separated by vertical bars"),
        ("Id;Phone;Name\nL1;1;Ada\n", "leads.csv:1: the cells are separated by semicolons"),
        (
            "sep=;\r\nLead ID;Phone\r\nL1;1\r\n",
            "leads.csv:1: sep=; is a line for Excel alone; remove it; give --separator",
        ),
        ('"sep=,"\nLead ID,Phone\nL1,1\n', "leads.csv:1: sep=, is a line for Excel alone; remove it"),
        ("Leads of March,,\n\nLead ID,Phone,Name\n", "leads.csv:3: the columns are named in line 3; remove the lines"),
        ("Export: 2026\nLead ID;Phone\n", "leads.csv:2: the cells are separated by semicolons; give"),
    ],
)
def test_another_layout_is_told(opened, content, told):
    """The right separator, or the line of the header; and the whole line is never offered as a column."""
    assert told in complaint(opened, content)
    assert "name one of these" not in complaint(opened, content)


def test_one_column_for_want_of_a_separator_is_not_taken(opened):
    """Not even where it is named as it stands."""
    assert "semicolons" in complaint(opened, "Lead ID;Phone\nL1;1\n", lead_id="Lead ID;Phone", phone="Lead ID;Phone")


@pytest.mark.parametrize(("separator", "sign"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("|", "|"), ("PIPE", "|")])
def test_a_separator_can_be_given(opened, separator, sign):
    """Quotes and line ends within cells are read as with commas."""
    text = 'Lead ID,Phone,Name\nL1,1,"A\nd""a, {0}"\n'.replace(",", sign).format(",")
    assert [cells for _, cells in opened(text, separator=separator).read()] == [["L1", "1", f'A\nd"a{sign} ,']]


def test_a_wrong_separator_is_told(opened):
    """Also one that is no sign."""
    assert "separated by commas; give" in complaint(opened, f"Lead ID,Phone,Name\n{ROWS}", separator=";")
    with pytest.raises(UsageError, match="give one sign"):
        opened(f"Lead ID,Phone,Name\n{ROWS}", separator="ab")


def test_quotes_that_break_are_found_with_any_separator(opened):
    """The line is that of the cell, not of the header."""
    source = opened('Lead ID;Phone\nL1;"1"x\n', separator=";")
    assert "leads.csv:2: text after a closing quote" in complaint(lambda: list(source.read()))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (archive("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
        (archive("mimetype", "content.xml"), "an OpenDocument file"),
        (b"PK\x03\x04cut", "a zip archive, or part of an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook (.xls), not CSV; save it as CSV"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>\n<html>", "HTML"),
        (b"<table><tr><td>Lead ID</td></tr></table>", "HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b'[\n {"Lead ID": "L1"}]', "JSON"),
        (b'{"Lead ID":"L1"}\n{"Lead ID":"L2"}\n', "JSON"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"{\\rtf1\\ansi", "a text document"),
        (b"PAR1\x15\x04", "a Parquet file, not CSV; name it .parquet"),
        (gzip.compress(b"Lead ID,Phone\n"), "packed by gzip, not CSV; unpack it first"),
        ("Lead ID,Phone\n".encode("utf-32"), "UTF-32"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # the bytes hold the time
)
def test_what_is_no_csv_is_named(opened, content, told):
    """One sentence, whatever the file's name says."""
    assert f"leads.csv:1: this is {told}" in complaint(opened, content)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"Ren\xe9", "leads.csv:2: not UTF-8 at byte 38, it looks like Windows-1252 (\u00e9)"),
        (b"Ren\x93x\x94", "it looks like Windows-1252 (\u201c)"),
        (b"Ren\xed\xa0\xbd\xed\xb8\x80", "it looks like half of a UTF-16 pair (CESU-8)"),
        (b"Ren\x8d", "not UTF-8 at byte 38; save the file as UTF-8"),
    ],
)
def test_another_encoding_is_guessed(checked, bad, told):
    """The line, the byte, and what the byte would be."""
    assert told in complaint(checked, b"Lead ID,Phone,Name\nL1,+15550100001," + bad + b"\n")


@pytest.mark.parametrize(
    "end",
    [",,\n,,\n", " , ,\n", "\u00a0,\u200b,\n", "   \n", "\x1a", "\x1a\r\n", "\n\x1a\x1a", '"","",""\n', "\ufeff\n"],
)
def test_rows_without_a_value_are_blank_lines(checked, end):
    """They are neither leads nor rejects, wherever a spreadsheet or DOS has left them."""
    found = checked(f"Lead ID,Phone,Name\n{end if end.endswith(chr(10)) else ''}{ROWS}{end}")
    assert (found.leads, found.rows, found.notices) == (2, 2, [])


def test_a_last_line_without_an_end_loses_its_ctrl_z(opened):
    """It is no part of the last cell."""
    assert [cells[2] for _, cells in opened("Lead ID,Phone,Name\nL1,1,Ada\nL2,2,Bo\x1a").read()] == ["Ada", "Bo"]


@pytest.mark.parametrize(
    "header", ["Lead ID,Phone,Name", "\ufeffLead ID,Phone,Name", '\ufeff"Lead ID","Phone","Name"', "LEAD ID,phone,name"]
)
def test_a_header_again_is_a_reject(checked, header):
    """Files put together keep their headers; the leads around them are leads."""
    found = checked(f"Lead ID,Phone,Name\n{ROWS}{header}\nL3,+15550100003,Cy\n{header}\n")
    assert [(reject.line, reject.code) for reject in found.rejects] == [(4, "HEADER_AGAIN"), (6, "HEADER_AGAIN")]
    assert (found.leads, found.notices) == (3, ["2 rows will be left out (2 HEADER_AGAIN: the header again)"])


@pytest.mark.parametrize("header", ["Phone,Lead ID,Name", "Lead ID,Phone,E-mail"])
def test_another_header_stops_the_check(checked, header):
    """What follows would be loaded into the wrong columns."""
    told = complaint(checked, f"Lead ID,Phone,Name\n{ROWS}{header}\nL3,+15550100003,Cy\n")
    assert "leads.csv:4: names the columns again, but not as the first line does" in told


def test_a_file_without_a_single_lead_is_told(checked):
    """Before anything is sent, with the reason and no value."""
    told = complaint(checked, "Lead ID,Phone,Name\nL1,1,Ada,\nL2,2,Bo,\n")
    assert told.startswith("NO_LEADS leads.csv: not one row is a lead (2 ROW_SHAPE: 4 cells, the header has 3)")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["1.5555E+10", "2"], "1 phone number looks like 1.5555E+10: a spreadsheet has rounded it (first: line 2)"),
        (["2", '"1,5555e+10"', "1.5555010E10"], "2 phone numbers look like 1.5555E+10: a spreadsheet has rounded them"),
        (["########", "###"], "2 phone numbers look like ####"),
        (['="+15550100001"', "=A1"], "2 phone numbers begin with ="),
        (["'0012"], "1 phone number begins with an apostrophe"),
        (["#N/A", "#REF!", "#WERT!", "#NAME?", "#DIV/0!"], "5 phone numbers look like #N/A"),
        (["15550100001.0"], "1 phone number ends with .0"),
        (["", " ", "\u00a0"], "3 leads have no phone (first: line 2)"),
        (["1", ""], "1 lead has no phone (first: line 3)"),
        (["\u202a+15550100001\u202c"], "1 phone number holds invisible signs"),
    ],
)
def test_phones_that_look_spoiled_are_counted(checked, cells, told):
    """They are loaded as they are, and said."""
    found = checked("Lead ID,Phone\n" + "".join(f"L{n},{cell}\n" for n, cell in enumerate(cells)))
    assert found.leads == len(cells)
    assert any(notice.startswith(told) for notice in found.notices), found.notices


@pytest.mark.parametrize(
    "cell", ["3.0012E+11", "00012", "e1e+f", "L#1", "O'Neil", "12e", "a=b", "1.05", "\u00e9l\u00e9ve"]
)
def test_lead_ids_alone_are_judged_as_lead_ids(checked, cell):
    """Only one of these looks spoiled."""
    expected = ["1 Lead ID looks like 1.5555E+10: a spreadsheet has rounded it (first: line 2)"]
    assert checked(f"Lead ID,Phone\n{cell},1\n").notices == (expected if cell == "3.0012E+11" else [])


@pytest.mark.parametrize(
    ("lead_id", "advice"),
    [("3.0012E+11", "rounded"), ("########", "rounded"), ("300120000000000000", "rounded"), ("A1", "--dedupe")],
)
def test_doubles_that_a_spreadsheet_made_are_no_doubles(checked, lead_id, advice):
    """Then --dedupe is not advised, since it would drop real leads."""
    told = complaint(checked, f"Lead ID,Phone\n{lead_id},1\n{lead_id},2\n")
    assert ("rounded" in told, "--dedupe" in told) == (advice == "rounded", advice == "--dedupe")


@pytest.mark.parametrize("lead_id", [" a", "a ", "\ta", "a\t", "\u3000a", "a\xa0"])
def test_ids_that_an_import_would_change_stop_it(checked, lead_id):
    """An import trims them, and then the mapping does not know them; a POST leaves them as they are."""
    content = f"Lead ID,Phone\nL1,1\n{lead_id},2\n"
    assert complaint(checked, content, imports=True).startswith("LEAD_ID_TRIMMED leads.csv: 1 Lead ID begins or ends")
    assert checked(content).leads == 2


def test_ids_that_are_no_contact_ids_are_noticed(checked):
    """Only where they are to be contact ids."""
    content = "Lead ID,Phone\nL 1,1\nL2,2\nL/3,3\n"
    assert [notice[:16] for notice in checked(content, own_ids=True).notices] == ["2 Lead IDs hold "]
    assert checked(content).notices == []


def test_ids_that_differ_in_what_nobody_sees_are_noticed(checked):
    """A zero-width sign makes two ids of one."""
    notices = checked("Lead ID,Phone\nL1,1\nL1\u200b,2\n\ufeffL2,3\n").notices
    assert [notice[:20] for notice in notices] == ["2 Lead IDs hold invi", "1 Lead ID differs fr"]
