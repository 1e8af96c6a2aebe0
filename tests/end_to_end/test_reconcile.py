"""`contactbench reconcile`: the folder of an upload lost its state; what the org holds gives it back."""

import shutil

import pytest

from harness.strategies import MAIN

from ..oracle import complaints

LEADS, BATCH = 1_200, 100


@pytest.fixture
def reconcile_of(tmp_path):
    """A function: the arguments that make the state of the folder `run` anew."""

    def arguments(leads, url, *more):
        about = ["--leads", leads, "--lead-id", "Lead ID", "--phone", "Phone", "--target", url]
        return ["reconcile", "--from-server", *about, "--run", tmp_path / "run", "--quiet-period", 0.5, "--json", *more]

    return arguments


@pytest.mark.parametrize("strategy", MAIN)
def test_f144_a_lost_state(mock, contactbench, make_leads, upload_of, reconcile_of, tmp_path, strategy):
    """Uploaded four at a time, then the whole folder is lost: the same mapping comes back, and nothing is written."""
    leads, run = make_leads(LEADS), tmp_path / "run"
    options = ("--batch-size", BATCH, "--concurrency", 4)
    first = contactbench(*upload_of(leads, strategy, mock.url, *options, "--lists", 2))
    assert first.code == 0, first.err
    mapping, writes = (run / "mapping.csv").read_bytes(), mock.writes()
    shutil.rmtree(run)
    again = contactbench(*reconcile_of(leads, mock.url, *options, "--strategy", strategy))
    assert (again.code, complaints(mock.contacts(), run, leads)) == (0, []), again.err
    assert (run / "mapping.csv").read_bytes() == mapping
    goes_on = contactbench(*upload_of(leads, strategy, mock.url, *options))
    assert (goes_on.code, mock.writes() - writes) == (0, 0), goes_on.err


def test_a_damaged_journal_names_the_command_that_mends_it(
    mock, contactbench, make_leads, upload_of, reconcile_of, tmp_path
):
    """Stopped half-way and then damaged: exit 7 names `reconcile`, that exits with 5, the upload ends the rest."""
    leads, run = make_leads(LEADS), tmp_path / "run"
    upload = upload_of(leads, "batch-api", mock.url, "--batch-size", BATCH, "--quiet-period", 0.5)
    no = {"status": 403, "body": {"code": "missing.permissions", "message": "no", "status": 403}}
    mock.faults({"op": "contacts.add", "nth": 5, "times": 100, "action": no})
    assert contactbench(*upload).code == 6
    mock.faults()
    journal = run / "journal.sqlite"
    journal.write_bytes(journal.read_bytes().replace(b"L00000007", b"L00000017"))
    damaged = contactbench(*upload)
    assert (damaged.code, damaged.complaint) == (7, "STATE_CORRUPT")
    assert "contactbench reconcile --from-server" in damaged.err
    mended = contactbench(*reconcile_of(leads, mock.url))
    assert (mended.code, mended.complaint) == (5, "NOT_ALL_THERE"), mended.err
    ended = contactbench(*upload)
    assert (ended.code, complaints(mock.contacts(), run, leads)) == (0, []), ended.err


@pytest.mark.parametrize(
    ("more", "code"), [(["--lists", "none-such"], "LIST_GONE"), (["--strategy", "batch-api"], "STATE_LOST")]
)
def test_nothing_to_go_by(mock, contactbench, make_leads, reconcile_of, more, code):
    """Without a list of the run there is nothing to make a state of."""
    ran = contactbench(*reconcile_of(make_leads(10), mock.url, "--strategy", "batch-api", *more))
    assert (ran.code, ran.complaint) == (7, code)
