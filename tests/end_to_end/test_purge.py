"""`contactbench purge`: nothing of the leads is left in the folder, every figure is."""

import csv
import fcntl

import pytest

from harness.leads.synthetic import COLUMNS as INVENTED

from .canaries import leaks

LEADS = 120
FIGURES = {"run.json", "report.html", "report.md", "requests.csv", "requests.parquet", "progress.csv", "cleanup.csv"}
FIGURES |= {"mapping.manifest.json", "journal.lock"}


@pytest.fixture
def uploaded(mock, contactbench, make_leads, upload_of, tmp_path):
    """The folder of a finished upload of which one row was rejected, and the values of its leads."""
    leads = make_leads(LEADS)
    with leads.open("a") as file:
        file.write("one-cell\n")
    with leads.open(newline="") as file:
        cells = {cell for row in list(csv.reader(file))[1:] for cell in row if len(cell) >= 8}
    assert contactbench(*upload_of(leads, "csv-import-export", mock.url)).code == 3
    return tmp_path / "run", cells | {contact_id for contact_id, *_ in mock.contacts()}


@pytest.mark.hardening("harness-23")
def test_people_go_and_figures_stay(mock, contactbench, uploaded):
    """Lists first; then nothing without --yes; then no value of a lead and no contact id is in any file, and the report
    can still be written. Once more, there is nothing to do."""
    run, markers = uploaded
    none_yet = {"status": 404, "body": {"code": "no.available.list.export.uri"}}
    mock.faults({"op": "export.get", "nth": 1, "action": none_yet})
    assert contactbench("cleanup", run).code == 0
    assert mock.unfired() == []  # it has met a 404, which is none of a list
    early = contactbench("purge", run, "--yes", "--json")
    assert (early.code, early.complaint) == (7, "LISTS_LEFT")
    contactbench("cleanup", run, "--yes")
    figures = (run / "run.json").read_bytes(), (run / "requests.parquet").read_bytes()
    listed = contactbench("purge", run, "--json").document
    assert {"journal.sqlite", "rejects.csv", "mapping.csv"} <= set(listed["removed"])
    assert list(leaks(run, markers)) != []
    purged = contactbench("purge", run, "--yes", "--json").document
    assert (purged["removed"], set(purged["left"])) == (listed["removed"], FIGURES)
    assert list(leaks(run, markers)) == []
    assert ((run / "run.json").read_bytes(), (run / "requests.parquet").read_bytes()) == figures
    assert "no file of this folder" in (run / "report.md").read_text()
    assert contactbench("purge", run, "--yes", "--json").document["removed"] == []


@pytest.mark.slow
@pytest.mark.hardening("harness-23")
def test_what_may_not_be_purged(contactbench, uploaded, tmp_path):
    """A run that is under way, whatever is said, and a folder of something else. A mapping stays if it is wanted."""
    run, _ = uploaded
    (tmp_path / "leads.parquet").touch()
    assert contactbench("purge", tmp_path, "--yes", "--force", "--json").complaint == "NO_RUN"
    with (run / "journal.lock").open("rb+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert contactbench("purge", run, "--yes", "--force", "--json").complaint == "STATE_LOCKED"
    assert (run / "mapping.csv").exists()
    ran = contactbench("purge", run, "--yes", "--force", "--keep-mapping", "--json")
    assert (ran.code, "mapping.csv" in ran.document["left"], (run / "rejects.csv").exists()) == (0, True, False)


@pytest.mark.slow
@pytest.mark.hardening("harness-21")
def test_rejects_without_their_rows(contactbench, mock, make_leads, upload_of, tmp_path):
    """With ids-only, line, reason and Lead ID say enough to find the row in the input; the message says what else the
    file of rejects would be."""
    leads = make_leads(3)
    with leads.open("a") as file:
        file.write("+15550100,only\n")
    ran = contactbench(*upload_of(leads, "batch-api", mock.url, "--rejects", "ids-only"))
    assert (ran.code, "people's data" in ran.err) == (3, True)
    rejects = (tmp_path / "run" / "rejects.csv").read_text().splitlines()
    message = f"2 cells, the header has {len(INVENTED.names)}"
    assert rejects == ["line,code,message,lead_id", f'5,ROW_SHAPE,"{message}",+15550100']
