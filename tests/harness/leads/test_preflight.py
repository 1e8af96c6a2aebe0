"""The check before a run settles once who is a lead."""

import duckdb
import pytest

from harness.errors import InputBad, LocalResource
from harness.leads.preflight import check
from harness.leads.source import open_leads
from harness.leads.synthetic import SyntheticLeads


@pytest.fixture
def leads_in(tmp_path):
    """A CSV source with these rows under the header Lead ID,Phone,Name."""

    def write(*rows):
        path = tmp_path / "leads.csv"
        path.write_bytes("\n".join(["Lead ID,Phone,Name", *rows]).encode())
        return open_leads(path, lead_id="Lead ID", phone="Phone")

    return write


def stored(path):
    return duckdb.sql(f"SELECT position, line, lead_id FROM '{path}'").fetchall()


def read_ids(source, size=2):
    return [lead_id for leads in source.batches(size) for lead_id in leads.ids]


def test_accepted_leads_are_stored_by_position(leads_in, tmp_path):
    """Rejected rows take no position; a later read skips the same ones."""
    source = leads_in("A1,1,a", ",2,b", "A2,3", "A3,4,d", "A4,5," + "x" * 513, "A5,6,f", "\n")
    found = check(source, tmp_path / "leads.parquet")
    assert stored(tmp_path / "leads.parquet") == [(0, 2, "A1"), (1, 5, "A3"), (2, 7, "A5")]
    assert [(reject.line, reject.code) for reject in found.rejects] == [
        (3, "EMPTY_LEAD_ID"),
        (4, "ROW_SHAPE"),
        (6, "CELL_TOO_LONG"),
    ]
    assert (found.leads, found.rows, found.digest) == (3, 6, source.digest)
    assert read_ids(found.source) == ["A1", "A3", "A5"]


@pytest.mark.parametrize(("dedupe", "kept", "lines"), [("first", [2, 3, 6], [4, 5]), ("last", [3, 5, 6], [2, 4])])
def test_dedupe_keeps_one_row_of_each_lead(leads_in, tmp_path, dedupe, kept, lines):
    """The others are rejects that name the line kept, and no read returns them."""
    source = leads_in("A1,1,a", "A2,2,b", "A1,3,c", "A1,4,d", "A3,5,e")
    found = check(source, tmp_path / "leads.parquet", dedupe=dedupe)
    assert [line for _, line, _ in stored(tmp_path / "leads.parquet")] == kept
    assert [position for position, _, _ in stored(tmp_path / "leads.parquet")] == [0, 1, 2]
    assert [(reject.line, reject.code) for reject in found.rejects] == [(line, "DUPLICATE_LEAD") for line in lines]
    assert read_ids(found.source) == [lead_id for _, _, lead_id in stored(tmp_path / "leads.parquet")]


def test_doubled_leads_stop_the_run(leads_in, tmp_path):
    """The complaint has the count and the first lines, no values, and nothing is left behind."""
    source = leads_in("A9,1,Ada", "B1,2,b", "B1,3,c", "A9,4,d", "A9,5,e")
    with pytest.raises(InputBad) as raised:
        check(source, tmp_path / "leads.parquet")
    assert str(raised.value).startswith("DUPLICATE_LEADS n=3, first: lines 2, 5 of leads.csv; ")
    assert "A9" not in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]


@pytest.mark.parametrize(
    ("rows", "notices"),
    [
        (["A1,1,a", "A2,2,b"], []),
        (["A1,1,a", "a1,2,b"], ["1 Lead ID differs from another one only in"]),
        (["stra\u00dfe,1,a", "x,2,b", "STRASSE,3,b"], ["1 Lead ID differs from another one only in"]),
        (["\u00e9,1,a", "e\u0301,2,b"], ["1 Lead ID differs from another one only in"]),
        (["A1,1,a", "A1 ,2,b"], ["1 Lead ID differs", "1 Lead ID begins or ends with a space"]),
    ],
)
def test_lead_ids_that_an_org_may_merge_are_noticed(leads_in, tmp_path, rows, notices):
    """They are loaded as separate leads, and the user is told."""
    found = check(leads_in(*rows), tmp_path / "leads.parquet")
    assert [told.startswith(start) for told, start in zip(found.notices, notices, strict=True)] == [True] * len(notices)
    assert found.leads == len(rows)


@pytest.mark.parametrize(
    "lead_id", ['q"x', "a,b", "two\nlines", "cr\rhere", "NULL", "\U0001f600/?#%&+;\\", " x ", "007"]
)
def test_any_lead_id_is_stored_as_it_is(leads_in, tmp_path, lead_id):
    """Nothing is trimmed, parsed as a number or lost on the way through the database."""
    quoted = lead_id.replace('"', '""')
    check(leads_in(f'"{quoted}",1,a', "B1,2,b"), tmp_path / "leads.parquet")
    assert [found for _, _, found in stored(tmp_path / "leads.parquet")] == [lead_id, "B1"]


@pytest.mark.parametrize(("id_limit", "leads"), [(None, 2), (3, 2), (2, 1)])
def test_lead_ids_over_the_limit_are_rejected(leads_in, tmp_path, id_limit, leads):
    """The limit applies where the Lead ID becomes the contact id; elsewhere there is none."""
    found = check(leads_in("A1,1,a", "A22,2,b"), tmp_path / "leads.parquet", id_limit=id_limit)
    assert found.leads == leads == len(read_ids(found.source))
    assert [reject.code for reject in found.rejects] == ["LEAD_ID_TOO_LONG"] * (2 - leads)


def test_a_file_without_rows_has_no_leads(leads_in, tmp_path):
    """That is an answer, not an error."""
    found = check(leads_in(), tmp_path / "leads.parquet")
    assert (found.leads, found.rows, found.rejects) == (0, 0, [])
    assert stored(tmp_path / "leads.parquet") == []


def test_the_stored_leads_are_private(tmp_path):
    """Only the owner may read them, and no intermediate file stays."""
    found = check(SyntheticLeads(1_234, 1), tmp_path / "leads.parquet")
    assert found.leads == 1_234
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("leads.parquet", 0o600)]


def test_a_file_that_changes_during_the_check_is_refused(leads_in, tmp_path):
    """A run does not start on a file that is still being written."""
    source = leads_in("A1,1,a")
    with (tmp_path / "leads.csv").open("a") as file:
        file.write("\nA2,2,b\n")
    with pytest.raises(InputBad, match="changed while it was read"):
        check(source, tmp_path / "leads.parquet")


def test_a_folder_that_is_not_there_is_told(leads_in, tmp_path):
    """The message explains the problem and names the next step."""
    with pytest.raises(LocalResource, match="or name another one"):
        check(leads_in("A1,1,a"), tmp_path / "none" / "leads.parquet")
