"""Parts become one mapping in the order of the input; an export is looked at before it is believed."""

import csv
import io
from hashlib import sha256

import msgspec
import pytest

from harness.domain import LeadColumns
from harness.errors import GaveUp, Refused, VerifyFailed
from harness.leads.csv_leads import CsvLeads
from harness.leads.preflight import check
from harness.mapping.files import RunFiles, check_export

from ..fakes import shard

HEADER = b'\xef\xbb\xbf"inin-outbound-id","Lead ID","Name","Phone"\n'
ODD_NAMES = ['Ada "the first"', "Smith, Jr.", "two\nlines", "Zoë", ""]
COLUMNS = LeadColumns(names=("Name", "Lead ID", "Phone"), lead_id="Lead ID", phone="Phone")


def csv_bytes(rows, line_end="\n"):
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
def files(tmp_path):
    """The files of a run of five leads, A to E, whose names need every kind of quoting."""
    leads = tmp_path / "input.csv"
    rows = [[name, lead_id, "+15550100"] for lead_id, name in zip("ABCDE", ODD_NAMES, strict=True)]
    leads.write_bytes(csv_bytes([COLUMNS.names, *rows]))
    source = CsvLeads.from_file(leads, lead_id="Lead ID", phone="Phone")
    preflight = check(source, tmp_path / "leads.parquet")
    return RunFiles(tmp_path, preflight.source, tmp_path / "leads.parquet")


def export(files, *pairs, line_end="\n"):
    """An export as the platform writes it: byte order mark, quoted header, the platform's column first."""
    rows = [[contact_id, lead_id, name, "1"] for (contact_id, lead_id), name in zip(pairs, ODD_NAMES, strict=False)]
    path = files.export_path(shard(count=5))
    path.write_bytes(HEADER.replace(b"\n", line_end.encode()) + csv_bytes(rows, line_end))
    return path


def mapped(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_export_is_joined_on_the_lead_id(files, line_end):
    """Whatever the order of the export and its line ends; the part has the order of the input."""
    path = export(files, ("c5", "E"), ("c1", "A"), ("c3", "C"), ("c2", "B"), ("c4", "D"), line_end=line_end)
    part = files.map_export(shard(count=5), path)
    assert (part.file, part.rows) == ("part-0.csv", 5)
    rows = mapped(files.folder / "part-0.csv")
    assert rows[0] == ["lead_id", "contact_id", "contact_list_id"]
    assert rows[1:] == [[lead, f"c{n}", "list-1"] for n, lead in enumerate("ABCDE", 1)]


def test_an_export_maps_the_leads_of_its_shard_alone(files):
    """Contacts that are no lead of the shard are not taken for one; leads without contact are missing."""
    path = export(files, ("c1", "A"), ("c9", "someone else"), ("c3", "C"))
    part = files.map_export(shard(first=0, count=2), path)
    assert (part.file, part.rows) == ("part-0.csv", 1)
    assert mapped(files.folder / "part-0.csv")[1:] == [["A", "c1", "list-1"]]


def test_a_lead_with_two_contacts_is_no_mapping(files):
    """Which of them would be called?"""
    with pytest.raises(VerifyFailed, match="1 lead has a second contact"):
        files.map_export(shard(count=5), export(files, ("c1", "A"), ("c2", "A")))


def test_a_contact_of_two_leads_is_no_mapping(files):
    """A sample that is read by contact id would see one of them only. The next export may be right."""
    with pytest.raises(GaveUp, match="1 contact id stands for more than one lead"):
        files.map_export(shard(count=5), export(files, ("c1", "A"), ("c1", "B"), ("c3", "C")))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "COLUMN_MISMATCH"),
        (b"<html>Sign in</html>\n", "COLUMN_MISMATCH"),
        (b"Lead ID,Name\nA,x\n", "COLUMN_MISMATCH"),
        (b"inin-outbound-id,lead id\nc,A\n", "COLUMN_MISMATCH"),
        (b"inin-outbound-id,Lead ID,Lead ID\nc,A,A\n", "COLUMN_MISMATCH"),
        (HEADER + b"c1,A,x,1\nc2,B,y", "EXPORT_TRUNCATED"),
        (HEADER + b"c1,A,x,1\nc2", "EXPORT_TRUNCATED"),
        (HEADER[:-1], "EXPORT_TRUNCATED"),
        (b'inin-outbound-id,"Lead ID"x\nc,A\n', "BAD_FILE"),
        (b"inin-outbound-id,Lead ID,\xff\nc,A,x\n", "BAD_FILE"),
    ],
)
def test_an_export_that_is_not_one(tmp_path, content, code):
    """Each is refused before anything is read from it."""
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises((Refused, GaveUp)) as refused:
        check_export(path, "Lead ID")
    assert refused.value.code == code


@pytest.mark.parametrize("content", [HEADER, HEADER + b"c1,A,x,1\n", HEADER + b'c1,A,"two\nlines",1\r\n'])
def test_an_export_that_is_whole(tmp_path, content):
    """Also one of an empty list."""
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    check_export(path, "Lead ID")


@pytest.mark.parametrize("rows", [b"c1,A,secret,1\nc2,B\n", b"c1,A,secret,1,surplus\n", b"c1,A,\xff secret,1\n"])
def test_a_row_that_cannot_be_read_is_not_quoted(files, rows):
    """It is an error of the run, and the row, which is personal data, is not in it."""
    path = files.export_path(shard(count=5))
    path.write_bytes(HEADER + rows)
    with pytest.raises(Refused) as refused:
        files.map_export(shard(count=5), path)
    assert refused.value.code == "BAD_FILE"
    assert "secret" not in str(refused.value)


def test_own_ids_need_no_export(files):
    """The contact's id is the Lead ID, for the leads of the shard."""
    part = files.map_identity(shard(number=1, first=3, count=2))
    assert (part.file, part.rows) == ("part-1.csv", 2)
    assert mapped(files.folder / "part-1.csv")[1:] == [["D", "D", "list-2"], ["E", "E", "list-2"]]


def test_the_mapping_is_all_parts_in_the_order_of_the_input(files):
    """Parts may come from exports and from the journal; leads in none are rejects with their line in the input."""
    files.map_identity(shard(number=1, first=3, count=2))
    part = files.write_part([("C", "c3", "list-1"), ("A", "c1", "list-1")])
    rejects = files.write_mapping([files.folder / "part-1.csv", part])
    assert mapped(files.mapping) == [
        ["lead_id", "contact_id", "contact_list_id", "status"],
        ["A", "c1", "list-1", "mapped"],
        ["C", "c3", "list-1", "mapped"],
        ["D", "D", "list-2", "mapped"],
        ["E", "E", "list-2", "mapped"],
    ]
    assert [(reject.lead_id, reject.line, reject.code) for reject in rejects] == [("B", 3, "NOT_IMPORTED")]
    assert files.all_mapped() == 4


def test_no_part_at_all(files):
    """The mapping is there, with its header, and every lead is rejected."""
    assert len(files.write_mapping([])) == 5
    assert mapped(files.mapping) == [["lead_id", "contact_id", "contact_list_id", "status"]]


def test_the_manifest_fits_the_mapping(files):
    """Rows and digest of the file that lies there, as JSON."""
    files.write_mapping([files.write_part([("A", "c1", "list-1")])])
    manifest = files.write_manifest(rows=1, verified=True)
    assert manifest["sha256"] == sha256(files.mapping.read_bytes()).hexdigest()
    assert msgspec.json.decode((files.folder / "mapping.manifest.json").read_bytes()) == manifest


def test_an_upload_is_the_shards_rows(files):
    """Header and rows with the platform's quoting, exact to the byte; the digest is that of the file."""
    path, rows, digest = files.write_upload(shard(first=1, count=2))
    assert path.read_bytes() == b'Name,Lead ID,Phone\n"Smith, Jr.",B,+15550100\n"two\nlines",C,+15550100\n'
    assert (rows, digest) == (2, sha256(path.read_bytes()).hexdigest())
    files.discard(path)
    files.discard(path)  # twice is no harm
    assert not path.exists()


def test_a_sample_is_the_same_each_time(files):
    """Some of the list's contacts, drawn by their ids alone."""
    files.write_mapping([files.write_part([(lead, f"c-{lead}", "list-1") for lead in "ABCDE"])])
    sample = files.sample(shard(count=5), 3)
    assert len(sample) == 3
    assert sample == files.sample(shard(count=5), 3)
    assert all(contact_id == f"c-{lead_id}" for contact_id, lead_id in sample.items())
    assert files.sample(shard(number=1), 3) == {}


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
def test_an_export_whose_header_takes_more_than_one_line(files, line_end):
    """It is refused: DuckDB reads none of its rows, and says nothing."""
    path = export(files, ("c1", "A"))
    path.write_bytes(path.read_bytes().replace(b"Name", f"Na{line_end}me".encode()))
    with pytest.raises(Refused, match="more than one line"):
        files.map_export(shard(count=5), path)


def test_an_export_that_ends_within_a_cell(files):
    """At a line end of that cell: DuckDB would leave the row out, and say nothing."""
    path = export(files, ("c1", "A"), ("c2", "B"))
    path.write_bytes(path.read_bytes() + b'"c3","C","two\n')
    with pytest.raises(GaveUp, match="EXPORT_TRUNCATED"):
        files.map_export(shard(count=5), path)
