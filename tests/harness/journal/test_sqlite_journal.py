"""The journal in a file: one that anybody can read, and that is believed only as it was stored."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from harness.errors import StateError
from harness.journal.schema import VERSION
from harness.journal.sqlite_journal import SqliteJournal

from .kept import LISTED, acked, opened, planned, sending


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def test_the_view_is_for_anybody_with_sqlite(path):
    """`SELECT * FROM mapping` in a plain connection; leads in doubt are not in it."""
    planned(path, *LISTED, sending(0, "A", "B"), acked(0, A="c1", B="c2"), sending(2, "C"))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT lead_id, contact_id, contact_list_id FROM mapping ORDER BY lead_id").fetchall()
    assert rows == [("A", "c1", "list-1"), ("B", "c2", "list-1")]


def test_a_journal_in_use_is_refused_and_free_again_afterwards(path):
    """A second process is told who holds the journal; the lock ends with its holder."""
    program = "import sys; from pathlib import Path\nfrom harness.journal.sqlite_journal import SqliteJournal"
    program += "; SqliteJournal(Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(path)]
    with opened(path):
        second = subprocess.run(command, capture_output=True, text=True)
    assert "STATE_LOCKED" in second.stderr
    assert str(os.getpid()) in second.stderr
    assert subprocess.run(command, capture_output=True).returncode == 0


def damaged(path, how):
    content = path.read_bytes()
    match how:
        case "text":
            path.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
        case "header":
            path.write_bytes(b"\0" * 100 + content[100:])
        case "pages":
            path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
        case "newer":
            with closing(sqlite3.connect(path)) as db:
                db.execute(f"PRAGMA user_version = {VERSION + 1}")


@pytest.mark.parametrize("how", ["text", "header", "pages", "newer"])
def test_a_journal_that_cannot_be_trusted(path, how):
    """It is said at once, the file is left as it is, and the lock is given back."""
    planned(path, *LISTED, sending(0, "A"))
    damaged(path, how)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StateError) as refused:
            SqliteJournal(path)
        assert refused.value.code == "STATE_CORRUPT"
    assert path.read_bytes() == before


def test_a_run_killed_before_its_journal_was_made(path):
    """An empty file is a new one: nothing was sent without a plan."""
    path.touch()
    planned(path)
    with opened(path) as journal:
        assert len(journal.shards()) == 2


def test_only_the_owner_reads_it(path):
    """Lead IDs and contact ids are nobody else's."""
    planned(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
