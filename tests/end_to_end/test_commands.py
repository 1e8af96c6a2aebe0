"""The commands that come after an upload, and the one that comes before."""

import csv
import re
from hashlib import sha256

import duckdb
import pytest

from ..oracle import table

FICTIONAL = re.compile(r"\+1\d{3}55501\d\d")  # 555-0100 to 555-0199 of an area code, kept for fiction


@pytest.fixture
def run(mock, contactbench, make_leads, upload_of, tmp_path):
    """The folder of a finished upload into an otherwise empty org."""
    ran = contactbench(*upload_of(make_leads(300), "batch-api", mock.url))
    assert ran.code == 0, ran.err
    return tmp_path / "run"


@pytest.mark.slow
def test_verify(mock, contactbench, run):
    """A finished upload can be proved again; a contact that was removed since is found, and nothing else is said."""
    proved = contactbench("verify", run, "--json")
    assert (proved.code, proved.document["verified"], proved.document["rows"]) == (0, True, 300), proved.err
    first = table(run / "mapping.csv")[0]
    with mock.api() as org:
        at = f"/api/v2/outbound/contactlists/{first['contact_list_id']}/contacts/{first['contact_id']}"
        org.delete(at).raise_for_status()
    refuted = contactbench("verify", run, "--json")
    assert (refuted.code, refuted.complaint, refuted.document["lost"]) == (4, "VERIFY_FAILED", 1)
    assert (refuted.document["orphaned"], refuted.document["wrong"], refuted.document["doubled"]) == (0, 0, 0)


def test_verify_of_an_altered_mapping(contactbench, run):
    """A mapping that is not the one that was proved is refused before the org is asked."""
    (run / "mapping.csv").write_text("lead_id,contact_id,contact_list_id,status\n")
    ran = contactbench("verify", run, "--json")
    assert (ran.code, ran.complaint) == (7, "STATE_CORRUPT")


def test_mapping_to_csv(contactbench, run, tmp_path):
    """A copy is the mapping, byte for byte, and its owner's alone."""
    ran = contactbench("mapping", run, "--to", tmp_path / "copy.csv", "--json")
    assert (ran.code, ran.document["rows"]) == (0, 300), ran.err
    assert (tmp_path / "copy.csv").read_bytes() == (run / "mapping.csv").read_bytes()
    assert (tmp_path / "copy.csv").stat().st_mode & 0o777 == 0o600


def test_mapping_to_parquet(contactbench, run, tmp_path):
    """Parquet holds the same rows in the same order."""
    assert contactbench("mapping", run, "--to", tmp_path / "copy.parquet").code == 0
    with duckdb.connect() as db:
        rows = db.execute(f"SELECT * FROM '{tmp_path / 'copy.parquet'}'").fetchall()
    assert rows == [tuple(row.values()) for row in table(run / "mapping.csv")]


def test_mapping_to_something_else(contactbench, run, tmp_path):
    """Other formats are named as what they are: unknown."""
    ran = contactbench("mapping", run, "--to", tmp_path / "copy.xml", "--json")
    assert (ran.code, ran.complaint, (tmp_path / "copy.xml").exists()) == (2, "BAD_TARGET", False)


def test_report(contactbench, run):
    """A report is drawn again from run.json alone."""
    first = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    ran = contactbench("report", run, "--json")
    assert (ran.code, str(run / "report.html") in ran.document["written"]) == (0, True), ran.err
    assert (run / "report.html").read_bytes() == first


@pytest.mark.parametrize("count", [0, 1, 1_234])
def test_leads(contactbench, tmp_path, count):
    """Invented leads are as many as asked for, the same for the same seed, and can be called by nobody."""
    digests = set()
    for name in ("a.csv", "b.csv"):
        assert contactbench("leads", "--count", count, "--seed", 5, "--to", tmp_path / name).code == 0
        digests.add(sha256((tmp_path / name).read_bytes()).hexdigest())
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), len({row["Lead ID"] for row in rows}), len(digests)) == (count, count, 1)
    assert [row["Phone"] for row in rows if not FICTIONAL.fullmatch(row["Phone"])] == []


def test_leads_that_were_made_can_be_loaded(mock, contactbench, upload_of, tmp_path):
    """The document names the columns that an upload wants to know."""
    made = contactbench("leads", "--count", 100, "--to", tmp_path / "made.csv", "--json").document
    assert (made["lead_id"], made["phone"], made["leads"]) == ("Lead ID", "Phone", 100)
    assert contactbench(*upload_of(tmp_path / "made.csv", "csv-import-own-ids", mock.url)).code == 0
