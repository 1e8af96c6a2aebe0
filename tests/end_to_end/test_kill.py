"""Killed at any moment, an upload is finished by the same command, and no lead is lost, doubled or orphaned."""

import random
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from harness.events import ListCreated, PageMapped
from harness.journal.sqlite_journal import SqliteJournal
from harness.strategies import MAIN

from ..oracle import complaints
from .processes import Mock, Ran, ended, start

KILLS = 1  # of each strategy: the command as a user starts it. tests/failures/kills does it hundreds of times.
LEADS, BATCH = 2_000, 100
STALL_S = 0.3  # shorter than the quiet period: a request under way when its sender dies is carried out within that
PATIENCE = ("--batch-size", BATCH, "--quiet-period", 0.5)
REQUESTS = {"batch-api": 26, "batch-api-own-ids": 26, "csv-import-export": 12, "csv-import-own-ids": 8}  # at least
MOMENTS = ("before_parse", "before_commit", "after_commit", "mid_response")


def kill_when_struck(process: "subprocess.Popen[str]", mock: Mock, after_s: float) -> Ran:
    """Kill the process `after_s` after the mock's fault rule has struck."""
    while mock.unfired():
        if exits_within(process, 0.01):
            raise AssertionError(f"it ended by itself: {ended(process).err}")
    exits_within(process, after_s)
    process.kill()
    return ended(process)


def exits_within(process: "subprocess.Popen[str]", seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def files_with_rows(run: Path) -> list[str]:
    """What is left of uploads and exports: once the run is proved, nothing may be."""
    return [path.name for path in (run / "work").iterdir() if path.name.startswith(("upload-", "export-"))]


def forget_what_is_in_doubt(path: Path) -> None:
    """A journal in the place of this one that knows of nothing but what was acknowledged."""
    with closing(SqliteJournal(path)) as journal:
        facts, shards, mapping = journal.facts(), journal.shards(), list(journal.mapping())
    path.unlink()
    with closing(SqliteJournal(path)) as journal:
        journal.plan(facts, [record.shard for record in shards], facts["run_id"])
        journal.save(ListCreated(0, shards[0].list_id))
        for first in range(0, len(mapping), BATCH):
            rows = mapping[first : first + BATCH]
            journal.save(PageMapped(first=first, shard=0, mapping={lead: contact for lead, contact, _ in rows}))


@pytest.fixture
def killed(mock, tmp_path):
    """A function: an upload that was killed when the rule had struck."""

    def upload(arguments, rule, after_s=0.0):
        mock.faults(rule)
        ran = kill_when_struck(start(arguments, tmp_path), mock, after_s)
        assert ran.code == -signal.SIGKILL
        mock.faults()

    return upload


@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("strategy", MAIN)
def test_a_kill_at_any_moment(mock, contactbench, make_leads, upload_of, tmp_path, killed, strategy, seed):
    """The request, its moment and the delay of the kill are drawn from the seed."""
    rng = random.Random(f"{strategy} {seed}")
    leads = make_leads(LEADS)
    lists = rng.choice([1, 2])
    arguments = upload_of(leads, strategy, mock.url, *PATIENCE, "--lists", lists)
    nth, when, after_s = rng.randint(1, REQUESTS[strategy]), rng.choice(MOMENTS), rng.uniform(0, STALL_S)
    killed(arguments, {"op": "*", "nth": nth, "when": when, "action": {"stall_s": STALL_S}}, after_s)
    ran = contactbench(*arguments)
    assert (ran.code, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), ran.err
    assert (len(mock.get("/state")["lists"]), files_with_rows(tmp_path / "run")) == (lists, [])


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["batch-api", "csv-import-export"])
def test_killed_again_and_again(mock, contactbench, make_leads, upload_of, tmp_path, killed, strategy):
    """Two kills while ids are made, one of them while the first one's doubts are resolved; then the command ends."""
    leads = make_leads(LEADS)
    arguments = upload_of(leads, strategy, mock.url, *PATIENCE)
    op = "contacts.add" if strategy == "batch-api" else "import.upload"
    killed(arguments, {"op": op, "nth": 1, "when": "after_commit", "action": {"stall_s": STALL_S}})
    op = "contacts.search" if strategy == "batch-api" else "lists.create"
    killed(arguments, {"op": op, "nth": 1, "when": "after_commit", "action": {"stall_s": STALL_S}})
    ran = contactbench(*arguments)
    assert (ran.code, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), ran.err


@pytest.mark.slow
def test_what_the_journal_is_for(mock, contactbench, make_leads, upload_of, tmp_path, killed):
    """Without its note of what was being sent, an upload sends it again: the leads are doubled, and that is found."""
    leads = make_leads(LEADS)
    arguments = upload_of(leads, "batch-api", mock.url, *PATIENCE)
    killed(arguments, {"op": "contacts.add", "nth": 5, "when": "after_commit", "action": {"stall_s": STALL_S}})
    forget_what_is_in_doubt(tmp_path / "run" / "journal.sqlite")
    ran = contactbench(*arguments)
    assert (ran.code, ran.complaint, ran.entry["verified"]) == (4, "VERIFY_FAILED", False), ran.err
    assert any(complaint.startswith("C3") for complaint in complaints(mock.contacts(), tmp_path / "run", leads))
