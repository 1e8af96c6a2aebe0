"""A state in which anything was altered is not believed; what is believed is what was stored."""

import os
import sqlite3
from contextlib import closing

import pytest

from harness import events
from harness.domain import Reject, Shard
from harness.errors import StateError
from harness.journal.sqlite_journal import SqliteJournal
from harness.mapping.files import RunFiles

EVERY = int(os.environ.get("CONTACTBENCH_FLIP_EVERY", "97"))  # byte of the file
FACTS = {"strategy": "batch-api", "host": "http://127.0.0.1:8080", "input": "5f" * 32}
SHARDS = [Shard(number=n, first=n * 100, count=100, list_name=f"contactbench mark run {n + 1}/2") for n in range(2)]


def ids(first, count=20):
    return [f"L{n:05}" for n in range(first, first + count)]


def sending(first, shard=0):
    return events.BatchSending(first=first, shard=shard, attempt=1, sha256="ab" * 32, lead_ids=ids(first))


def acked(first):
    return events.BatchAcked(first=first, mapping={lead_id: f"contact-{lead_id}" for lead_id in ids(first)})


SAVED = [
    *(events.ListCreated(n, f"list-{n}") for n in range(2)),
    *(event for first in range(0, 80, 20) for event in (sending(first), acked(first))),
    sending(80),
    events.LeadsRejected([Reject(lead_id="L00150", line=151, code="X", message="no")]),
    events.ShardMapped(shard=1, file="part-1.csv", rows=99, sha256="cd" * 32),
    events.CapsLearned(body_bytes=512, atomic=True),
]


@pytest.fixture
def path(tmp_path):
    """A journal with something of everything, all of it in the one file."""
    path = tmp_path / "journal.sqlite"
    with closing(SqliteJournal(path)) as journal:
        journal.plan(FACTS, SHARDS, "run")
        for event in SAVED:
            journal.save(event)
    told(path)  # by now the batch that was under way is in doubt
    return path


def told(path):
    """All that a journal says to a run."""
    with closing(SqliteJournal(path)) as journal:
        kept = (journal.facts(), journal.shards(), journal.batches(), journal.learned_limits())
        return (*kept, journal.rejects(), list(journal.mapping()), journal.leads_between(0, 200))


def outcome(path):
    try:
        return told(path)
    except StateError as error:
        return error.code


@pytest.mark.sized
def test_f139_any_byte_of_the_journal(path):
    """With one altered byte the journal is refused (exit 7), or still says the same."""
    whole, content = told(path), path.read_bytes()
    wrong = []
    refused = 0
    for place in range(0, len(content), EVERY):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x15]) + content[place + 1 :])
        found = outcome(path)
        refused += found == "STATE_CORRUPT"
        if found not in ("STATE_CORRUPT", whole):
            wrong.append((place, found))
    assert wrong == []
    assert refused > 100 // EVERY


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE batch SET mapping = replace(mapping, 'contact-L00003', 'contact-L00004') WHERE first = 0", "batch 0"),
        ("UPDATE batch SET state = 'acked' WHERE first = 80", "batch 80"),
        ("UPDATE batch SET lead_ids = '[]' WHERE first = 20", "batch 20"),
        ("UPDATE shard SET contact_list_id = 'list-1' WHERE number = 0", "shard 0"),
        ("UPDATE shard SET file_sha256 = NULL WHERE number = 1", "shard 1"),
        ("UPDATE meta SET value = 'http://127.0.0.1:8081' WHERE key = 'host'", "meta 'host'"),
        ("UPDATE reject SET lead_id = 'L00151'", "reject 0"),
        ("UPDATE learned SET value = 513 WHERE key = 'body_bytes'", "learned 'body_bytes'"),
        ("DELETE FROM batch WHERE first = 40", "table batch"),
        ("UPDATE seal SET rows = rows - 1 WHERE name = 'shard'", "table shard"),
        ("DELETE FROM seal WHERE name = 'shard'", "table shard"),
        ("DROP VIEW mapping", "the schema"),
    ],
)
def test_f139_a_value_of_the_journal(path, change, named):
    """SQLite's own check finds nothing; the message names the row and the command that repairs the journal."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.commit()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with pytest.raises(StateError, match=named) as refused:
        SqliteJournal(path)
    assert "contactbench reconcile --from-server" in str(refused.value)


def test_f139_a_part_of_the_mapping(path, tmp_path):
    """The file of a list's mapping is the one that was written, or it is not used."""
    files = RunFiles(tmp_path, None, tmp_path / "leads.parquet")
    with closing(SqliteJournal(path)) as journal:
        record = journal.shards()[1]
    (tmp_path / "part-1.csv").write_text("lead_id,contact_id,contact_list_id\nL00100,c,list-1\n")
    with pytest.raises(StateError, match="list-1"):
        files.part(record)


@pytest.mark.parametrize("left", [0, 1, 100, 4096, 0.5])
def test_f138_a_journal_that_was_cut(path, left):
    """The rest of a truncated journal is not taken for that of a new run, unless it is empty."""
    content = path.read_bytes()
    path.write_bytes(content[: int(left * len(content)) if isinstance(left, float) else left])
    found = outcome(path)
    assert found == "STATE_CORRUPT" or (left == 0 and found[0] == {})


def test_f150_read_while_it_is_written(path):
    """A reader sees whole transactions; neither reader nor writer has to wait."""
    with (
        closing(SqliteJournal(path)) as journal,
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0)) as db,
    ):
        for first in range(100, 200, 20):
            journal.save(sending(first, shard=1))
            seen = db.execute("SELECT count(*) FROM mapping").fetchone()
            journal.save(acked(first))
            after = db.execute("SELECT count(*) FROM mapping").fetchone()
            assert after[0] - seen[0] == 20


def test_what_was_learned_is_known_after_a_restart(path):
    """Caps, and whether a refusal leaves something behind."""
    with closing(SqliteJournal(path)) as journal:
        learned = journal.learned_limits()
    assert (learned.body_bytes, learned.contacts, learned.atomic) == (512, None, True)
