"""Leads cut into batches: at most so many contacts and so many bytes, the same way every time."""

from collections.abc import Iterator
from hashlib import sha256

from ..api import Batch, contact
from ..domain import LeadId
from ..mapping.records import ShardRecord
from .job import Job


def batches(record: ShardRecord, job: Job, *, own_ids: bool) -> Iterator[Batch]:
    """The batches of a shard, in order."""
    shard, list_id = record.shard, record.list_id
    for leads in job.leads.batches(job.settings.batch_size, shard.first, shard.first + shard.count):
        contacts = [
            contact(lead_id, row, job.columns, list_id, own_id=own_ids)
            for lead_id, row in zip(leads.ids, leads.rows, strict=True)
        ]
        for start, end in cut([len(c) for c in contacts], job.settings.body_bytes):
            yield Batch(
                first=leads.first + start,
                shard=shard.number,
                contact_list_id=list_id,
                lead_ids=[LeadId(lead_id) for lead_id in leads.ids[start:end]],
                contacts=contacts[start:end],
            )


def cut(sizes: list[int], body_bytes: int) -> Iterator[tuple[int, int]]:
    """Ranges whose JSON array, brackets and commas counted, fits `body_bytes`; a single contact is never cut."""
    start, total = 0, 2
    for n, size in enumerate(sizes):
        if n > start and total + size > body_bytes:
            yield start, n
            start, total = n, 2
        total += size + 1
    if sizes:
        yield start, len(sizes)


def digest(batch: Batch) -> str:
    return sha256(batch.body).hexdigest()
