"""Leads are cut into batches the same way every time, and never above a limit."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.journal.schema import BatchRecord
from harness.strategies.batches import cut, digest, pending

from ..fakes import batch, job, shard


def todo(a_job, *, own_ids=False):
    return [made for made, _ in pending(a_job, own_ids=own_ids)]


@pytest.mark.parametrize(
    ("sizes", "body_bytes", "ranges"),
    [
        ([], 10, []),
        ([3], 100, [(0, 1)]),
        ([3, 3], 9, [(0, 2)]),  # [aaa,aaa]
        ([3, 3], 8, [(0, 1), (1, 2)]),
        ([50, 3, 3], 9, [(0, 1), (1, 3)]),  # one that is too long goes alone: the platform says what it thinks of it
        ([3, 50, 3], 9, [(0, 1), (1, 2), (2, 3)]),
        ([3, 3, 3, 3, 3], 13, [(0, 3), (3, 5)]),
    ],
)
def test_where_a_batch_is_cut(sizes, body_bytes, ranges):
    """Brackets and commas count."""
    assert list(cut(sizes, 1000, body_bytes)) == ranges


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(2, 60))
def test_cut_loses_nothing_and_fits(sizes, body_bytes):
    """Ranges follow each other without a gap; each body fits, or holds one contact; none could have taken the next."""
    ranges = list(cut(sizes, 1000, body_bytes))
    assert [n for start, end in ranges for n in range(start, end)] == list(range(len(sizes)))
    bodies = [2 + sum(sizes[start:end]) + (end - start - 1) for start, end in ranges]
    assert all(body <= body_bytes or end - start == 1 for body, (start, end) in zip(bodies, ranges, strict=True))
    assert all(body + 1 + sizes[end] > body_bytes for body, (_, end) in zip(bodies[:-1], ranges[:-1], strict=True))


def test_the_batches_of_a_shard():
    """They begin at the shard's first lead, end at its last, and are told apart by position."""
    made = todo(job(shard(number=1, first=3, count=5), leads=20, batch_size=2))
    assert [(one.first, one.lead_ids) for one in made] == [(3, ["A3", "A4"]), (5, ["A5", "A6"]), (7, ["A7"])]
    assert {(one.shard, one.contact_list_id) for one in made} == {(1, "list-2")}


@pytest.mark.parametrize("own_ids", [False, True])
def test_the_bodies_of_a_shard(own_ids):
    """Each contact is the lead's row; its id is the Lead ID only where that is wanted."""
    (made,) = todo(job(shard(count=2), leads=2), own_ids=own_ids)
    contacts = msgspec.json.decode(made.body)
    assert [contact["data"]["Lead ID"] for contact in contacts] == ["A0", "A1"]
    assert [contact.get("id") for contact in contacts] == (["A0", "A1"] if own_ids else [None, None])


def test_bodies_keep_to_their_bytes():
    """A batch that would be too long is split, and each part has its own position."""
    made = todo(job(shard(count=4), leads=4, body_bytes=200))
    assert all(len(one.body) <= 200 for one in made)
    assert [one.first for one in made] == [0, 2]


def test_a_cap_on_contacts():
    """Both caps hold at once."""
    assert list(cut([3] * 5, 2, 1000)) == [(0, 2), (2, 4), (4, 5)]
    assert list(cut([3] * 5, 4, 9)) == [(0, 2), (2, 4), (4, 5)]


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ([], [(0, 4, False), (4, 4, False)]),
        ([BatchRecord(0, "acked", 1, "", 4)], [(4, 4, False)]),
        ([BatchRecord(0, "acked", 1, "", 2), BatchRecord(2, "refused", 1, "", 1)], [(3, 1, False), (4, 4, False)]),
        ([BatchRecord(0, "acked", 1, "", 2), BatchRecord(2, "in_doubt", 1, "", 2)], [(2, 2, True), (4, 4, False)]),
        ([BatchRecord(4, "sending", 1, "", 4)], [(0, 4, False), (4, 4, True)]),
        # A cap learned in an earlier run cut elsewhere: leads that are new are not mixed with leads in doubt.
        (
            [BatchRecord(0, "acked", 1, "", 1), BatchRecord(3, "in_doubt", 1, "", 1)],
            [(1, 2, False), (3, 1, True), (4, 4, False)],
        ),
        # As journals of earlier versions may have it: one batch in doubt within another.
        ([BatchRecord(0, "in_doubt", 1, "", 4), BatchRecord(2, "in_doubt", 1, "", 2)], [(0, 4, True), (4, 4, False)]),
    ],
)
def test_what_an_earlier_run_left(sent, left):
    """Settled leads are not sent again, however they were batched; batches in doubt go on as they were."""
    rest = pending(job(shard(count=8), leads=8, batch_size=4, sent=sent), own_ids=False)
    assert [(made.first, len(made.lead_ids), doubtful) for made, doubtful in rest] == left


def test_a_batch_in_doubt_is_not_cut_by_what_was_learned_since():
    """Its second half would be in doubt without a row that says so."""
    a_job = job(shard(count=8), leads=8, batch_size=4, sent=[BatchRecord(0, "in_doubt", 1, "", 4)])
    a_job.learned.contacts = 2
    rest = pending(a_job, own_ids=False)
    assert [(made.first, len(made.lead_ids), doubtful) for made, doubtful in rest] == [
        (0, 4, True),
        (4, 2, False),
        (6, 2, False),
    ]


def test_the_digest_is_that_of_the_bytes():
    """The same leads give the same one, others another."""
    assert digest(batch("A1", "A2")) == digest(batch("A1", "A2"))
    assert digest(batch("A1", "A2")) != digest(batch("A2", "A1"))
