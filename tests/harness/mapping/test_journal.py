"""What a run has done and begun outlives it, in one file that anybody can read."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from harness import events
from harness.domain import Reject, Shard
from harness.errors import StateError
from harness.mapping.journal import Journal
from harness.mapping.schema import VERSION

FACTS = {"strategy": "batch-api", "host": "http://127.0.0.1:8080"}
SHARDS = [
    Shard(number=0, first=0, count=3, list_name="leads 1/2"),
    Shard(number=1, first=3, count=3, list_name="leads 2/2"),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def opened(path):
    return closing(Journal(path))


def planned(path, *saved):
    """A journal on the disk with a plan and these events, closed again."""
    with opened(path) as journal:
        journal.plan(FACTS, SHARDS, "run-1")
        for event in saved:
            journal.save(event)


def sending(first, *lead_ids, shard=0, attempt=1):
    return events.BatchSending(first=first, shard=shard, attempt=attempt, sha256="digest", lead_ids=lead_ids)


def acked(first, **mapping):
    return events.BatchAcked(first=first, mapping=mapping)


LISTED = (events.ListCreated(0, "list-1"), events.ListCreated(1, "list-2"))


@pytest.mark.parametrize(
    ("saved", "state"),
    [
        ([sending(0, "A", "B")], "in_doubt"),  # sent, and nothing heard: a restart must look
        ([sending(0, "A", "B"), events.BatchInDoubt(0, "lost")], "in_doubt"),
        ([sending(0, "A", "B"), acked(0, A="c1", B="c2")], "acked"),
        ([sending(0, "A"), events.BatchInDoubt(0, "lost"), sending(0, "A", attempt=2)], "in_doubt"),
        ([sending(0, "A"), events.BatchInDoubt(0, "lost"), acked(0, A="c1")], "acked"),
    ],
)
def test_how_far_a_batch_came(path, saved, state):
    """What the next run is told of it."""
    planned(path, *LISTED, *saved)
    with opened(path) as journal:
        assert journal.batches()[0].state == state


@pytest.mark.parametrize(
    ("saved", "state", "list_id"),
    [
        ([], "planned", None),
        ([events.ListCreated(0, "list-1")], "listed", "list-1"),
        ([LISTED[0], events.UploadSending(shard=0, rows=3, sha256="d")], "sending", "list-1"),
        (
            [LISTED[0], events.UploadSending(shard=0, rows=3, sha256="d"), events.UploadAccepted(0)],
            "uploaded",
            "list-1",
        ),
        ([LISTED[0], events.UploadSending(shard=0, rows=3, sha256="d"), events.ShardAbandoned(0)], "planned", None),
        ([LISTED[0], events.UploadAccepted(0), events.ImportFailed(0)], "sending", "list-1"),
        ([LISTED[0], events.ShardImported(0, 3)], "imported", "list-1"),
        ([LISTED[0], events.ShardMapped(shard=0, file="part-0.csv", rows=3)], "mapped", "list-1"),
    ],
)
def test_how_far_a_shard_came(path, saved, state, list_id):
    """The state of its list and file, and of no other shard."""
    planned(path, *saved)
    with opened(path) as journal:
        first, second = journal.shards()
    assert (first.state, first.contact_list_id, first.shard) == (state, list_id, SHARDS[0])
    assert (second.state, second.contact_list_id) == ("planned", None)


def test_a_list_that_is_not_made_has_no_id(path):
    """Asking for it is a mistake of the program, told by shard."""
    planned(path)
    with opened(path) as journal, pytest.raises(ValueError, match="shard 1"):
        _ = journal.shards()[1].list_id


def test_the_mapping_is_in_the_order_of_the_input(path):
    """Whatever the order of the answers, of batches and of leads within one."""
    planned(
        path,
        *LISTED,
        sending(3, "D", "E", shard=1),
        acked(3, E="c5", D="c4"),
        sending(0, "A", "B", "C"),
        acked(0, C="c3", A="c1", B="c2"),
        sending(5, "F", shard=1),  # not acknowledged: not in the mapping
    )
    with opened(path) as journal:
        mapping = list(journal.mapping())
    assert [lead_id for lead_id, _, _ in mapping] == ["A", "B", "C", "D", "E"]
    assert mapping[0] == ("A", "c1", "list-1")
    assert mapping[4] == ("E", "c5", "list-2")


def test_the_view_is_for_anybody_with_sqlite(path):
    """`SELECT * FROM mapping` in a plain connection; leads in doubt are not in it."""
    planned(path, *LISTED, sending(0, "A", "B"), acked(0, A="c1", B="c2"), sending(2, "C"))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT lead_id, contact_id, contact_list_id FROM mapping ORDER BY lead_id").fetchall()
    assert rows == [("A", "c1", "list-1"), ("B", "c2", "list-1")]


def test_pages_of_a_search_are_mapping_too(path):
    """They come as acknowledged batches."""
    planned(path, *LISTED, events.PageMapped(first=0, shard=0, mapping={"A": "c1", "B": "c2"}))
    with opened(path) as journal:
        assert [lead_id for lead_id, _, _ in journal.mapping()] == ["A", "B"]
        assert journal.batches()[0].state == "acked"


def test_lead_ids_of_any_kind_come_back_as_they_were(path):
    """Leading zeros, quotes, letters of the world."""
    ids = ["007", 'a "b"', "Zoë, \u2028", "null", "1.0"]
    planned(path, *LISTED, sending(0, *ids), events.BatchAcked(first=0, mapping={i: f"c{i}" for i in ids}))
    with opened(path) as journal:
        assert [(lead, contact) for lead, contact, _ in journal.mapping()] == [(i, f"c{i}") for i in ids]


def test_rejects_are_kept_by_line(path):
    """In the order of the input."""
    rejects = [Reject(lead_id=i, line=n, code="X", message="m") for i, n in (("B", 9), ("A", 2))]
    planned(path, events.LeadsRejected(rejects))
    with opened(path) as journal:
        assert journal.rejects() == rejects[::-1]


def test_a_run_keeps_its_id_and_plan(path):
    """The same inputs go on; the plan of the first time is the one that holds."""
    planned(path)
    with opened(path) as journal:
        assert journal.plan(FACTS, SHARDS[:1], "run-2") == "run-1"
        assert len(journal.shards()) == 2


@pytest.mark.parametrize("changed", [{"strategy": "csv-import-export"}, {"host": "https://elsewhere"}, {"new": "x"}])
def test_a_folder_of_another_run(path, changed):
    """Other inputs are refused, and nothing is changed."""
    planned(path)
    with opened(path) as journal, pytest.raises(StateError) as refused:
        journal.plan({**FACTS, **changed}, SHARDS, "run-2")
    assert refused.value.code == "STATE_MISMATCH"
    assert next(iter(changed)) in str(refused.value)


def test_a_journal_in_use_is_refused_and_free_again_afterwards(path):
    """A second process is told who holds it; the lock goes with its holder."""
    program = (
        "import sys; from pathlib import Path; from harness.mapping.journal import Journal; Journal(Path(sys.argv[1]))"
    )
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
            Journal(path)
        assert refused.value.code == "STATE_CORRUPT"
    assert path.read_bytes() == before


def test_a_run_killed_before_its_journal_was_made(path):
    """An empty file is a new one: nothing was sent without a plan."""
    path.touch()
    planned(path)
    with opened(path) as journal:
        assert len(journal.shards()) == 2


def test_an_event_is_stored_whole_or_not_at_all(path):
    """What is no event changes nothing, and the journal goes on."""
    with opened(path) as journal:
        journal.plan(FACTS, SHARDS, "run-1")
        with pytest.raises(TypeError):
            journal.save("nonsense")
        journal.save(events.ListCreated(0, "list-1"))
        assert journal.shards()[0].contact_list_id == "list-1"


def test_only_the_owner_reads_it(path):
    """Lead IDs and contact ids are nobody else's."""
    planned(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
