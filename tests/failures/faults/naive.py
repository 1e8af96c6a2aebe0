"""Uploads as they are written at first: each trusts something it must not. The catalogue shows that CHECK sees them.

They keep no promise on purpose; nothing outside the catalogue may use them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from harness import api
from harness.api import Batch
from harness.domain import ContactId, LeadId
from harness.events import BatchAcked, ShardMapped
from harness.flow import Flow, Save, Work
from harness.journal.schema import ShardRecord
from harness.strategies.batch_api import BatchApi, BatchApiOwnIds
from harness.strategies.batches import intent, pending
from harness.strategies.csv_import import CsvImportExport, CsvImportOwnIds
from harness.strategies.job import Job, Stage, Verification
from harness.strategies.lists import lists_stage

NO_PROOF = Verification("none", (), by_export=False)


@dataclass(frozen=True, slots=True)
class _Naive(BatchApi):
    """Batches by `flow`, and no proof of what came out."""

    flow: Callable[[Batch, Job], Flow[None]]
    own_ids: bool = False

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        yield Stage("upload", (self.flow(batch, job) for batch, _ in pending(job, own_ids=self.own_ids)))

    def verification(self, job: Job) -> Verification:
        return NO_PROOF


def _blind(batch: Batch, job: Job) -> Flow[None]:
    yield Save(intent(batch, 1))
    while True:
        reply = yield api.add_contacts(batch, idempotent=True)  # which it is not
        try:
            mapping = api.added_contacts(reply, batch, job.columns.lead_id)
        except (api.BadResponse, api.Refusal):
            continue
        yield Save(BatchAcked(first=batch.first, mapping=mapping))
        return


def _by_position(batch: Batch, job: Job) -> Flow[None]:
    yield Save(intent(batch, 1))
    reply = yield api.add_contacts(batch, idempotent=False)
    ids = [ContactId(contact["id"]) for contact in msgspec.json.decode(reply.body)]
    yield Save(BatchAcked(first=batch.first, mapping=dict(zip(batch.lead_ids, ids, strict=True))))


def _trusting(batch: Batch, job: Job) -> Flow[None]:
    yield Save(intent(batch, 1))
    reply = yield api.add_contacts(batch, idempotent=False)
    contacts = msgspec.json.decode(reply.body) if reply.ok else []
    mapping = {LeadId(contact["data"]["Lead ID"]): ContactId(contact["id"]) for contact in contacts}
    yield Save(BatchAcked(first=batch.first, mapping=mapping))


def _own_on_trust(batch: Batch, job: Job) -> Flow[None]:
    yield Save(intent(batch, 1))
    yield api.add_contacts(batch, idempotent=True)
    yield Save(BatchAcked(first=batch.first, mapping={lead_id: ContactId(lead_id) for lead_id in batch.lead_ids}))


BLIND = _Naive(flow=_blind)  # whatever is no clear yes is sent again
BY_POSITION = _Naive(flow=_by_position)  # the n-th of the answer is the n-th that was sent
TRUSTING = _Naive(flow=_trusting)  # a 2xx is a fact, and who is not in it does not matter
OWN_ON_TRUST = _Naive(own_ids=True, flow=_own_on_trust)  # the Lead IDs were sent as ids, so they are the ids


class Unproved(BatchApi):
    """GEN as it should be, but what was acknowledged is taken to be there for ever."""

    def verification(self, job: Job) -> Verification:
        return NO_PROOF


class UnprovedOwnIds(BatchApiOwnIds):
    """OWN that takes an upsert for a proof."""

    def verification(self, job: Job) -> Verification:
        return NO_PROOF


class PercentIsAll(CsvImportOwnIds):
    """A finished import is taken for a whole one: every row is mapped, whether it is there or not."""

    def mapping_flows(self, job: Job) -> Iterator[Flow[None]]:
        return (_identity(record, job) for record in job.progress.shards())

    def verification(self, job: Job) -> Verification:
        return NO_PROOF


def _identity(record: ShardRecord, job: Job) -> Flow[None]:
    part = yield Work(lambda: job.files.map_identity(record))
    yield Save(ShardMapped(shard=record.shard.number, file=part.file, rows=part.rows, sha256=part.sha256))


class FirstUrlWins(CsvImportExport):
    """Whatever export is on offer is taken for the one that was asked for."""

    def mapping_flows(self, job: Job) -> Iterator[Flow[None]]:
        return (_first_url(record, job) for record in job.progress.shards())

    def verification(self, job: Job) -> Verification:
        return NO_PROOF


def _first_url(record: ShardRecord, job: Job) -> Flow[None]:
    yield api.start_export(record.list_id)
    export = None
    while export is None:
        export = api.export_of((yield api.get_export(record.list_id)))
    reply = yield api.download(export.uri, record.list_id)
    path = job.files.export_path(record)
    yield api.download_file(reply.headers["location"], record.list_id, path)
    part = yield Work(lambda: job.files.map_export(record, path))
    yield Save(ShardMapped(shard=record.shard.number, file=part.file, rows=part.rows, sha256=part.sha256))
