"""A result is never lost or falsified by a later command."""

import sqlite3
from contextlib import closing

import pytest

from ..end_to_end.processes import ended, start
from ..end_to_end.test_kill import kill_when_struck

FIGURES = ("run.json", "report.html", "report.md", "requests.parquet", "mapping.csv", "progress.csv")


@pytest.mark.parametrize("strategy", ["batch-api", "csv-import-export"])
def test_three_identical_uploads(mock, contactbench, make_leads, upload_of, tmp_path, strategy):
    """A finished upload given again says so, sends its proof alone, and changes no byte of what it had found out."""
    upload = upload_of(make_leads(1_000), strategy, mock.url)
    run, first = tmp_path / "run", contactbench(*upload)
    assert first.code == 0, first.err
    before, writes = {name: (run / name).read_bytes() for name in FIGURES}, mock.writes()
    contactbench("verify", run)
    for _ in range(2):
        again = contactbench(*upload)
        assert (again.code, again.document, mock.writes()) == (0, first.document, writes)
        assert "is finished: 1,000 of 1,000 leads mapped, proved on 2" in again.err
    contactbench("report", run)
    assert {name: (run / name).read_bytes() for name in FIGURES} == before


def test_a_proof_that_finds_the_org_changed(mock, contactbench, make_leads, upload_of, tmp_path):
    """The verdict is another one then, and publishes no rate; once the org is mended, everything is as it was."""
    upload = upload_of(make_leads(20), "batch-api-own-ids", mock.url)
    first = contactbench(*upload)
    (found,) = first.entry["lists"]
    at = f"/api/v2/outbound/contactlists/{found['id']}/contacts"
    with mock.api() as org:
        lost = org.get(f"{at}/L00000001").json()
        org.delete(f"{at}/L00000001").raise_for_status()
        amiss = contactbench(*upload)
        assert (amiss.code, amiss.entry["verified"], amiss.entry["contacts_per_s"]) == (4, False, None)
        assert amiss.entry["verification"]["lost"] == 1
        assert amiss.entry["duration_s"] == first.entry["duration_s"]
        org.post(at, json=[{"id": "L00000001", "contactListId": found["id"], "data": lost["data"]}]).raise_for_status()
    assert contactbench(*upload).document == first.document


def test_killed_while_it_was_proved(mock, contactbench, make_leads, upload_of, tmp_path):
    """Time and requests of the upload are those of its start, and none of the proof that came to nothing."""
    upload = upload_of(make_leads(300), "batch-api", mock.url, "--batch-size", "100")
    mock.faults({"op": "export.create", "nth": 1, "when": "before_parse", "action": {"stall_s": 2.0}})
    assert kill_when_struck(start(upload, tmp_path), mock, 1.0).code == -9
    with closing(sqlite3.connect(tmp_path / "run" / "journal.sqlite")) as db:
        (ended_at,) = db.execute("SELECT value FROM meta WHERE key = 'ended upload'").fetchone()
    entry = contactbench(*upload).entry
    assert entry["duration_s"] == entry["upload_s"] == float(ended_at)
    assert (len(entry["progress"]), entry["progress"][-1][1]) == (4, 300)
    assert 0 < entry["first_mapping_s"] < entry["duration_s"]
    assert entry["operations"]["contacts.add"]["count"] == 3


def test_killed_in_the_middle(mock, contactbench, make_leads, upload_of, tmp_path):
    """The figures of a run that was killed and went on are those of both of its starts."""
    options = ("--batch-size", "100", "--concurrency", "1", "--quiet-period", "0.1")
    upload = upload_of(make_leads(500), "batch-api", mock.url, *options)
    mock.faults({"op": "contacts.add", "nth": 4, "when": "after_commit", "action": {"stall_s": 0.5}})
    kill_when_struck(start(upload, tmp_path), mock, 0.1)
    before = (tmp_path / "run" / "progress.csv").read_text()
    mock.come_to_rest()
    ran = ended(start(upload, tmp_path))
    assert ran.code == 0, ran.err
    assert (tmp_path / "run" / "progress.csv").read_text().startswith(before)
    assert ran.entry["first_mapping_s"] == float(before.splitlines()[1].split(",")[0])
    assert [mapped for _, mapped in ran.entry["progress"]] == [0, 100, 200, 300, 400, 500]
    assert (ran.entry["requests"], ran.entry["resolved"]) == (len(_lines(tmp_path)) - 1, 100)


def _lines(folder):
    return (folder / "run" / "requests.csv").read_text().splitlines()
