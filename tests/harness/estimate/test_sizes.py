"""How large leads are said to be, held against what is really sent."""

import pytest

from harness.domain import Shard
from harness.estimate import stubs
from harness.estimate.stubs import LIST_ID, StandIns, StubFiles, StubJournal
from harness.journal.schema import ShardRecord
from harness.leads.shard_csv import write_csv, write_upload
from harness.leads.synthetic import SyntheticLeads
from harness.strategies.batches import batches
from harness.strategies.job import Job, Settings

LEADS = 3000


@pytest.mark.parametrize("own_ids", [False, True])
def test_a_post(own_ids):
    """A batch of the sampled leads has the bytes that are expected of it."""
    made, known = SyntheticLeads(LEADS, 7), stubs.of_invented(LEADS, 7)
    shard = Shard(number=0, first=0, count=LEADS, list_name="x")
    record = ShardRecord(shard=shard, contact_list_id=LIST_ID, state="listed", rows=None, file=None)
    job = Job(leads=made, progress=StubJournal([record]), files=StubFiles(), settings=Settings(batch_size=LEADS))
    (batch,) = batches(next(made.batches(LEADS)), record, job, own_ids=own_ids)
    assert known.post(LEADS, own_ids=own_ids) == pytest.approx(len(batch.body), rel=1e-3)


def test_a_file(tmp_path):
    """Leads of a file are counted, and its rows measured."""
    made = SyntheticLeads(LEADS, 7)
    write_csv(made, tmp_path / "leads.csv")
    known = stubs.of_file(tmp_path / "leads.csv", lead_id="Lead ID", phone="Phone")
    written = write_upload(made, tmp_path / "upload.csv", 0, LEADS)
    assert known.leads == LEADS
    assert known.upload(LEADS) == pytest.approx(written.bytes, rel=0.01)


@pytest.mark.parametrize(
    ("contact_bytes", "whole", "lengths", "stand_for"),
    [
        (100.0, False, [1, 1, 1], [400, 400, 200]),  # as many as a POST may hold
        (100.0, True, [400, 400, 200], [400, 400, 200]),
        (10_000.0, False, [1] * 6, [299, 101, 299, 101, 200]),  # as many as its bytes let in
    ],
)
def test_stand_ins(contact_bytes, whole, lengths, stand_for):
    """Batches are cut as those of real leads; one lead stands for all of one, unless all are wanted."""
    source = StandIns(stubs.of_invented(1, 1).columns, contact_bytes, 3_000_000, whole)
    made = list(source.batches(400, 0, 1000))
    assert [source.stand_for[leads.first] for leads in made] == stand_for
    assert [len(leads) for leads in made] == lengths[: len(made)]
