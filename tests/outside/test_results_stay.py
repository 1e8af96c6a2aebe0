"""A result is never lost or falsified by a later command."""

import json
import os
import shlex
import signal
import sqlite3
import subprocess
from contextlib import closing
from hashlib import sha256

import pytest

from ..end_to_end.processes import CONTACTBENCH, ended, environment, start
from ..end_to_end.test_kill import kill_when_struck

FIGURES = ("run.json", "report.html", "report.md", "requests.parquet", "mapping.csv", "progress.csv")

MAPPING = "lead_id,contact_id,contact_list_id,status\nA1,1,2,mapped\n"


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


@pytest.mark.slow
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


@pytest.fixture(scope="module")
def compared(contactbench_in, tmp_path_factory):
    """A folder in which a comparison has been made, `out`, beside inputs of many kinds."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "good.csv").write_text("Lead ID,Phone\nA1,+15550100001\nA2,+15550100002\n")
    (folder / "twice.csv").write_text("Lead ID,Phone\nA1,+15550100001\nA1,+15550100002\n")
    (folder / "bytes.csv").write_bytes(b"Lead ID,Phone\nA1,\xff\xfe\n")
    (folder / "empty.csv").write_text("")
    (folder / "leads.txt").write_text("Lead ID,Phone\nA1,+15550100001\n")
    (folder / "limits.txt").write_text("quick enough\n")
    done = contactbench_in(folder, "compare", "--leads", "good.csv", "--strategies", "batch-api", "--out", "out")
    assert done.code == 0, done.err
    return folder


@pytest.mark.parametrize(
    "options",
    [
        "--leads nowhere.csv",
        "--leads bytes.csv",
        "--leads empty.csv",
        "--leads leads.txt",
        "--leads twice.csv",
        "--leads good.csv --lead-id Lead",
        "--leads good.csv --phone Telephone",
        "--leads good.csv --profile nowhere.toml",
        "--leads good.csv --strategies batch-api,by-hand",
        "--leads good.csv --threshold quick",
        "--leads good.csv --thresholds limits.txt",
        "--leads good.csv --threshold p95(contacts.erase)<1s",
        "--leads out/leads.parquet",
    ],
)
def test_a_comparison_of_what_is_no_good(compared, contactbench_in, options):
    """Exit 2, and the former comparison is there to the byte, with nothing of the new one under its name."""
    before = _tree(compared / "out")
    ran = contactbench_in(compared, "compare", "--strategies", "batch-api", "--out", "out", *options.split())
    assert ran.code == 2, ran.err
    assert _tree(compared / "out") == before
    assert list(compared.glob(".out.*")) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_comparison_that_is_cut_short(compared, contactbench_in, number):
    """The former one stays; what a kill left is gone after the next one, which takes its place."""
    before = _tree(compared / "out")
    common = ["compare", "--strategies", "batch-api", "--out", "out", "--leads"]
    process = start([*common, "5000"], compared)
    while not list(compared.glob(".out.*.new/batch-api/requests.csv")):
        assert process.poll() is None
    process.send_signal(number)
    assert ended(process).code in (-9, 130)
    assert _tree(compared / "out") == before
    assert (list(compared.glob(".out.*")) == []) == (number == signal.SIGINT)
    assert contactbench_in(compared, *common, "good.csv").code == 0
    assert _tree(compared / "out") != before
    assert list(compared.glob(".out.*")) == []


def test_killed_between_the_two_renames(compared, contactbench_in):
    """The former comparison gets its name back before anything else."""
    before = _tree(compared / "out")
    (compared / "out").rename(compared / ".out.4194305.old")  # of no process: ids end below it
    assert contactbench_in(compared, "compare", "--leads", "nowhere.csv", "--out", "out").code == 2
    assert _tree(compared / "out") == before


def test_a_comparison_that_fails(compared, contactbench_in):
    """It is kept beside the former one, under a name that is told."""
    before = _tree(compared / "out")
    profile = compared / "poor.toml"
    profile.write_text('extends = "default"\n[limits]\ncontacts_per_org = { value = 1, source = "a test" }\n')
    common = ("compare", "--strategies", "batch-api", "--out", "out", "--leads", "good.csv")
    ran = contactbench_in(compared, *common, "--profile", profile)
    assert (ran.code, "out.failed; out is unchanged" in ran.err) == (6, True), ran.err
    assert _tree(compared / "out") == before
    assert (compared / "out.failed" / "batch-api" / "journal.sqlite").exists()


def _tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.hardening("harness-17")
@pytest.mark.parametrize("name", ["journal.lock", "journal.sqlite", "requests.csv", "run.json", "work", "mapping.csv"])
def test_a_link_in_a_run_folder(contactbench, make_leads, upload_of, tmp_path, name):
    """It is not followed, dangling or not: what it leads to is not made and not touched, and nothing is sent."""
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir(mode=0o700)
    (run / name).symlink_to(elsewhere)
    ran = contactbench(*upload_of(make_leads(5), "batch-api", "http://127.0.0.1:9"))
    assert (ran.code, ran.complaint, elsewhere.exists()) == (2, "UNSAFE_FOLDER", False)
    assert f"holds a link, {name}" in ran.err


def _linked(run, folder):
    (folder / "private").mkdir(mode=0o700)
    run.symlink_to(folder / "private")


def _second_name(run, folder):
    run.mkdir(mode=0o700)
    (folder / "notes.txt").write_text("mine")
    (run / "requests.csv").hardlink_to(folder / "notes.txt")


def _open_to_all(run, folder):
    run.mkdir()
    run.chmod(0o777)


def _of_a_group(run, folder):
    run.mkdir()
    (run / "run.json").write_text("{}")
    run.chmod(0o770)


def _of_another(run, folder):
    run.mkdir()
    os.chown(run, 4_711, 4_711)


@pytest.mark.hardening("harness-17")
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_linked, "run is a link"),
        (_second_name, "another name elsewhere"),
        (_open_to_all, "chmod go-w"),
        (_of_a_group, "chmod go-w"),
        pytest.param(
            _of_another,
            "belongs to user 4711",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away"),
        ),
    ],
)
def test_a_run_folder_that_is_not_safe(contactbench, make_leads, upload_of, tmp_path, make, why):
    """One sentence that says why, exit 2, and nothing in it is altered."""
    make(tmp_path / "run", tmp_path)
    before = _tree(tmp_path)
    leads = make_leads(5)
    ran = contactbench(*upload_of(leads, "batch-api", "http://127.0.0.1:9"))
    assert (ran.code, ran.complaint, why in ran.err) == (2, "UNSAFE_FOLDER", True), ran.err
    assert _tree(tmp_path) == before | {leads.relative_to(tmp_path): leads.read_bytes()}


@pytest.mark.hardening("harness-17")
def test_nobody_else_reads_what_a_run_writes(mock, make_leads, upload_of, tmp_path):
    """Folders are 0700 and files 0600 under a umask of 000; a folder just made for a group becomes one's own."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o775)
    command = shlex.join([CONTACTBENCH, *upload_of(make_leads(20), "csv-import-export", mock.url)])
    subprocess.run(
        f"umask 000; {command}", shell=True, cwd=tmp_path, env=environment(), check=True, capture_output=True
    )
    found = [tmp_path / "run", *(tmp_path / "run").rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in found if path.is_dir()} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in found if path.is_file()} == {"0o600"}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("leads --count 5 --to {}", "mine.csv"),
        ("mapping run --to {}", "mine.csv"),
        ("mapping run --to {}", "mine.parquet"),
        ("estimate --leads 100 --replicates 2 --to {}", "mine.json"),
        ("probe --target http://127.0.0.1:9 --to {}", "mine.toml"),
        ("calibrate --target http://127.0.0.1:9 --to {}", "mine.toml"),
        ("compare --leads 5 --threshold mapped==leads --junit {}", "mine.xml"),
        ("compare --leads 5 --threshold mapped==leads --summary {}", "mine.md"),
        ("gate --layers counts --junit {}", "mine.xml"),
        ("mock --port 0 --ready-file {}", "mine.json"),
    ],
)
def test_a_file_that_is_there_stays(contactbench, tmp_path, command, name):
    """Whatever writes a file that a user names says so before it does anything else, with exit 2."""
    (tmp_path / name).write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mapping.csv").write_text(MAPPING)
    manifest = {"rows": 1, "verified": True, "sha256": sha256(MAPPING.encode()).hexdigest()}
    (tmp_path / "run" / "mapping.manifest.json").write_text(json.dumps(manifest))
    ran = contactbench(*command.format(name).split())
    assert ran.code == 2, ran.err
    assert f"{name} is" in ran.err
    assert (tmp_path / name).read_text() == "mine"


def test_a_file_is_replaced_on_purpose(contactbench, tmp_path):
    """With --force; a folder that is not there is said to be missing, and not made."""
    for force in ([], ["--force"]):
        assert contactbench("leads", "--count", "3", "--to", "l.csv", *force).code == 0
    assert (tmp_path / "l.csv").read_text().count("\n") == 4
    ran = contactbench("leads", "--count", "3", "--to", "nowhere/l.csv")
    assert (ran.code, "nowhere is not a folder; create it" in ran.err) == (2, True)
    assert not (tmp_path / "nowhere").exists()


def test_what_a_command_wrote_it_may_write_again(contactbench, tmp_path):
    """Limits for CI servers and estimates are not to be cleared away by hand."""
    for _ in range(2):
        ran = contactbench(
            "estimate", "--leads", "100", "--replicates", "2", "--strategies", "batch-api", "--to", "e.json"
        )
        assert ran.code == 0, ran.err
        limits = ("--threshold", "mapped==leads", "--junit", "made/l.xml", "--summary", "l.md")
        ran = contactbench("compare", "--leads", "5", "--strategies", "batch-api", *limits)
        assert ran.code == 0, ran.err


def test_a_run_folder_with_files_of_the_users(contactbench, make_leads, upload_of, tmp_path):
    """A new run does not write over them, not even over its own input."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "leads.parquet").write_text("mine")
    ran = contactbench(*upload_of(make_leads(5), "batch-api", "http://127.0.0.1:9"))
    assert (ran.code, ran.complaint, "leads.parquet" in ran.err) == (2, "RUN_NOT_EMPTY", True)
    assert (tmp_path / "run" / "leads.parquet").read_text() == "mine"


def test_other_leads_and_leads_that_are_loaded(mock, contactbench, make_leads, upload_of, tmp_path):
    """Exit 7 in words: which file the folder is of, and which list holds the leads already."""
    leads, others = make_leads(20), make_leads(21)
    assert contactbench(*upload_of(leads, "batch-api", mock.url)).code == 0
    ran = contactbench(*upload_of(others, "batch-api", mock.url))
    assert (ran.code, ran.complaint) == (7, "STATE_MISMATCH")
    assert f"{leads.name}, 20 leads, " in ran.err
    assert f"not {others.name}, 21 leads, " in ran.err
    ran = contactbench(*upload_of(leads, "batch-api", mock.url), "--run", "another")
    assert (ran.code, ran.complaint) == (7, "STATE_LOST")
    assert "loaded already: list 'contactbench " in ran.err
    assert "has 20 contacts" in ran.err
