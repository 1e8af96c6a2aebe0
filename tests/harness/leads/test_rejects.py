"""The rejects file is for the person who corrects the rows."""

import csv
import io

import pytest

from harness.domain import Reject
from harness.files.spreadsheet_copy import escape_formulas, twin_of
from harness.leads.preflight import check, write_rejects
from harness.leads.source import open_leads


def rows_of(path):
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline=""), strict=True))


@pytest.mark.hardening("harness-21", "harness-22")
def test_each_reject_comes_with_its_row(tmp_path):
    """Line, code, reason and the cells exactly as they were, ragged or not; the copy for spreadsheets runs none of
    them. Both are private."""
    (tmp_path / "leads.csv").write_text("Lead ID,Phone,Name\n,+15550100,=SUM(1)\nA2,2,b\nA3,3\nA2,4,c\n")
    source = open_leads(tmp_path / "leads.csv", lead_id="Lead ID", phone="Phone")
    found = check(source, tmp_path / "leads.parquet", dedupe="first")
    write_rejects(found.rejects, tmp_path / "rejects.csv", found.source)
    assert rows_of(tmp_path / "rejects.csv") == [
        ["line", "code", "message", "lead_id", "Lead ID", "Phone", "Name"],
        ["2", "EMPTY_LEAD_ID", "the Lead ID is empty", "", "", "+15550100", "=SUM(1)"],
        ["4", "ROW_SHAPE", "2 cells, the header has 3", "A3", "A3", "3"],
        ["5", "DUPLICATE_LEAD", "same Lead ID as line 3, which was kept", "A2", "A2", "4", "c"],
    ]
    twin = twin_of(tmp_path / "rejects.csv")
    assert rows_of(twin)[1] == ["2", "EMPTY_LEAD_ID", "the Lead ID is empty", "", "", "'+15550100", "'=SUM(1)"]
    assert {path.stat().st_mode & 0o777 for path in (twin, tmp_path / "rejects.csv")} == {0o600}


def test_without_a_source_only_lead_ids_are_written(tmp_path):
    """What the server rejected may have no known line."""
    reject = Reject(lead_id="-A1", line=0, code="invalid.phone", message="refused")
    write_rejects([reject], tmp_path / "rejects.csv")
    assert rows_of(tmp_path / "rejects.csv")[1:] == [["0", "invalid.phone", "refused", "-A1"]]


def test_no_rejects_is_a_file_with_a_header(tmp_path):
    """A script can rely on the file; the copy for spreadsheets of a former start is gone."""
    twin_of(tmp_path / "rejects.csv").touch()
    write_rejects([], tmp_path / "rejects.csv")
    assert not twin_of(tmp_path / "rejects.csv").exists()
    assert rows_of(tmp_path / "rejects.csv") == [["line", "code", "message", "lead_id"]]


@pytest.mark.hardening("harness-22")
@pytest.mark.parametrize("cell", ["=1+1", "+15550100", "-1", "@x", "\tx", "\rx", "\0x", " =1"])
def test_formulas_are_made_harmless(cell):
    """An apostrophe keeps a spreadsheet from running the cell, or the part of it that another separator cuts off;
    other cells stay as they are."""
    assert escape_formulas(cell) == f"'{cell}"
    assert escape_formulas(f"a;{cell}") == f"a;'{cell}"
    assert escape_formulas("a=b, c+1 @-x") == "a=b, c+1 @-x"
