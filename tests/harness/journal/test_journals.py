"""What a run has done and begun outlives it, the same in a file and in a database."""

import pytest

from harness import events
from harness.domain import Reject
from harness.errors import StateError

from .kept import FACTS, LISTED, SHARDS, acked, opened, planned, sending


@pytest.fixture(params=["sqlite", "postgres"])
def path(request, tmp_path):
    """Where a journal is kept."""
    if request.param == "sqlite":
        return tmp_path / "journal.sqlite"
    return request.getfixturevalue("postgres_run")


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


def test_pages_of_a_search_are_mapping_too(path):
    """They come as acknowledged batches."""
    planned(path, *LISTED, events.PageMapped(first=0, shard=0, mapping={"A": "c1", "B": "c2"}))
    with opened(path) as journal:
        assert [lead_id for lead_id, _, _ in journal.mapping()] == ["A", "B"]
        assert journal.batches()[0].state == "acked"


def test_lead_ids_of_any_kind_come_back_as_they_were(path):
    """Leading zeros, quotes and letters of any script."""
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
    assert {"host": "https://elsewhere"}.get(next(iter(changed)), next(iter(changed))) in str(refused.value)


def test_an_event_is_stored_whole_or_not_at_all(path):
    """What is no event changes nothing, and the journal goes on."""
    with opened(path) as journal:
        journal.plan(FACTS, SHARDS, "run-1")
        with pytest.raises(TypeError):
            journal.save("nonsense")
        journal.save(events.ListCreated(0, "list-1"))
        assert journal.shards()[0].contact_list_id == "list-1"


def test_what_was_stored_in_a_transaction_that_failed_is_gone(path):
    """A change that cannot be made whole leaves the former state, and the journal goes on."""
    planned(path, *LISTED, sending(0, "A"))
    with opened(path) as journal:
        with pytest.raises(AttributeError):
            journal.save(events.BatchSplit([sending(1, "B"), "nonsense"]))
        journal.save(acked(0, A="c1"))
        assert list(journal.batches()) == [0]


def test_only_one_process_has_it(path):
    """Whoever comes second is told who has it; once that one has closed it, it is free."""
    with opened(path), pytest.raises(StateError) as refused, opened(path):
        pass
    assert refused.value.code == "STATE_LOCKED"
    with opened(path) as journal:
        assert journal.batches() == {}
