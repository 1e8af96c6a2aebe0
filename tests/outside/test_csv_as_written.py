"""CSV files as spreadsheets and editors leave them, given to `contactbench upload`: its exit code, what it says,
and what the org holds then."""

import csv

import pytest

ROWS = "L1,+15550100001,Ada\nL2,+15550100002,Bo\n"
GOOD = {"L1": "+15550100001", "L2": "+15550100002"}


@pytest.fixture
def upload(contactbench, upload_of, mock, tmp_path):
    """A function: exit code of an upload of these bytes, what it said, and the phone of each Lead ID in the org."""

    def ended(content, *more, strategy="batch-api"):
        leads = tmp_path / "written.csv"
        leads.write_bytes(content if isinstance(content, bytes) else content.encode())
        ran = contactbench(*upload_of(leads, strategy, mock.url, "--again", *more))
        assert "Traceback" not in ran.err
        return ran.code, ran.err, {data["Lead ID"]: data["Phone"] for _, _, data in mock.contacts()}

    return ended


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"Lead ID,Phone,Mail,MAIL\n{ROWS}", "columns 3 'Mail' and 4 'MAIL' differ only in case"),
        (f"Lead ID,Phone,Callable-Phone\n{ROWS}", "column 3 Callable-Phone is one that Genesys adds to an export"),
        (f"Lead ID,Phone,a\tb\n{ROWS}", "column 3 has a tab in its name"),
        ("Lead ID|Phone|Name\nL1|+15550100001|Ada\n", 'separated by vertical bars; give --separator "|"'),
        (f"Called in March\n\nLead ID,Phone,Name\n{ROWS}", "the columns are named in line 3"),
        (f"Lead\u2007ID,Phone,Name\n{ROWS}", r"column 1 is 'Lead\u2007ID' (a figure space)"),
        (f"Lead ID,Phone,Name\n{ROWS}Phone,Lead ID,Name\n", "written.csv:4: names the columns again, but not as"),
        (
            "Lead ID,Phone,Name\nL1,+15550100001,Ada,\n",
            "not one row is a lead (1 ROW_SHAPE: 4 cells, the header has 3)",
        ),
        ("Lead ID,Phone\n4.1E+12,+15550100001\n4.1E+12,+15550100002\n", "a spreadsheet seems to have rounded"),
        (b"<html><body>Sign in</body></html>", "this is HTML, not CSV"),
        ("Lead ID,Phone,Name\nL1,+15550100001,Zo\u00eb\n".encode("cp1252"), "looks like Windows-1252 (\u00eb)"),
    ],
)
def test_a_file_that_cannot_be_loaded_right_sends_nothing(upload, mock, content, told):
    """Exit 2 with the line or the column, and not even a login reaches the org."""
    code, err, held = upload(content)
    assert (code, held, mock.count("oauth.token")) == (2, {}, 0)
    assert told in err


@pytest.mark.parametrize(
    ("content", "more", "told"),
    [
        ('"Lead ID";"Phone"\r\n"L1";"+15550100001"\r\nL2;+15550100002\r\n', ["--separator", ";"], ""),
        ("Lead ID\tPhone\nL1\t+15550100001\nL2\t+15550100002", ["--separator", "tab"], ""),
        (f"Lead ID,Phone,Name\n{ROWS},,\n ,\u00a0,\n\x1a", [], ""),
        ("Lead ID,Phone\nL1,+15550100001\nL2,+15550100002\x1a", [], ""),
    ],
)
def test_the_leads_arrive_as_they_are(upload, content, more, told):
    """Other separators that were given, blank rows and a Ctrl-Z change nothing."""
    code, err, held = upload(content, *more)
    assert (code, held) == (0, GOOD), err


def test_spoiled_cells_are_loaded_and_counted(upload):
    """What a spreadsheet made of numbers is data too, but the user is told."""
    code, err, held = upload("Lead ID,Phone\nL1,1.5555E+10\nL2,\n7.5E+11,########\n")
    assert (code, held) == (0, {"L1": "1.5555E+10", "L2": "", "7.5E+11": "########"})
    for told in (
        "1 phone number looks like 1.5555E+10",
        "1 Lead ID looks like",
        "1 lead has no phone",
        "looks like ####",
    ):
        assert told in err


def test_headers_of_files_put_together_are_rejects(upload, tmp_path):
    """The leads around them are mapped; why rows were left out is said and in rejects.csv."""
    code, err, held = upload(f'Lead ID,Phone,Name\nL1,+15550100001,Ada\n\ufeff"Lead ID","Phone","Name"\n{ROWS[20:]}')
    assert (code, held) == (3, GOOD)
    assert "1 lead is not in the mapping (1 HEADER_AGAIN: the header again)" in err
    with (tmp_path / "run" / "rejects.csv").open(newline="") as file:
        assert [(row["line"], row["code"]) for row in csv.DictReader(file)] == [("3", "HEADER_AGAIN")]


def test_ids_that_an_import_trims_are_refused_before_it(upload, mock):
    """Its mapping would never find them again; a POST leaves them as they are."""
    content = "Lead ID,Phone\n L1,+15550100001\nL2\t,+15550100002\n"
    code, err, held = upload(content, strategy="csv-import-export")
    assert (code, held, "2 Lead IDs begin or end with a space (first: line 2)" in err) == (2, {}, True)
    assert mock.count("oauth.token") == 0


def test_ids_that_cannot_be_contact_ids_end_an_import_with_the_reason(upload):
    """Not as a long list of rejects without a reason."""
    content = "Lead ID,Phone\n" + "".join(f"L/{n},+15550100001\n" for n in range(20))
    code, err, held = upload(content, strategy="csv-import-own-ids")
    assert (code, held) == (6, {})
    assert "20 of 20 leads left out" in err
    assert "csv-import-export" in err


def test_a_run_goes_on_with_the_same_separator_alone(upload, mock):
    """Without it the same file is told as before, and the finished run stays as it is."""
    content = "Lead ID;Phone\nL1;+15550100001\nL2;+15550100002\n"
    assert upload(content, "--separator", ";")[0] == 0
    sent = mock.count("contacts.add")
    code, err, _ = upload(content)
    assert (code, 'give --separator ";"' in err) == (2, True)
    assert upload(content, "--separator", ";")[0] == 0
    assert mock.count("contacts.add") == sent
