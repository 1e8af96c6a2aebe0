"""Leads cut into batches, the same way every time; and which of them an earlier run has settled."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from hashlib import sha256

from ..api import Batch, Refusal
from ..api.contacts import contacts
from ..domain import LeadId, Leads, Reject
from ..errors import Refused
from ..events import BatchSending, BatchSplit, CapsLearned, LeadRefused
from ..flow import Flow, Reply, Save
from ..journal.schema import ShardRecord
from .flows import ADVICE, MOST_REFUSED
from .job import Job, StoredProgress


def pending(job: Job, *, own_ids: bool) -> Iterator[tuple[Batch, bool]]:
    """The batches still to be settled, in order, and whether they may have been sent before."""
    earlier = Earlier(job.progress)
    for record in job.progress.shards():
        first, stop = record.shard.first, record.shard.first + record.shard.count
        for leads in job.leads.batches(job.settings.batch_size, first, stop):
            settled, doubtful = earlier.about(leads)
            fresh = batches(leads, record, job, own_ids=own_ids, without=frozenset(settled).union(*doubtful))
            again = (_batch(leads, _places(leads, those), record, job, own_ids=own_ids) for those in doubtful)
            both = [*((batch, False) for batch in fresh), *((batch, True) for batch in again)]
            yield from sorted(both, key=lambda todo: todo[0].first)


class Earlier:
    """What the journal knows of batches. Refusals may have split them, but never across the leads read at once.

    A batch in doubt goes on as it was stored, whatever was learned since: cut anew, leads of it would be in doubt that
    no row tells of.
    """

    def __init__(self, progress: StoredProgress) -> None:
        self._progress = progress
        self._records = list(progress.batches().values())
        self._firsts = [record.first for record in self._records]

    def about(self, leads: Leads) -> tuple[Set[LeadId], Sequence[Set[LeadId]]]:
        """Of these leads: those settled, and those of each batch in doubt, every lead once."""
        start, stop = leads.first, leads.first + len(leads)
        records = self._records[bisect_left(self._firsts, start) : bisect_left(self._firsts, stop)]
        if not records:
            return frozenset(), ()
        if all(record.is_settled for record in records) and sum(record.leads for record in records) == len(leads):
            return frozenset(leads.ids), ()
        settled, doubtful = self._progress.leads_between(start, stop)
        known, apart = set(settled), []
        for those in doubtful:
            if left := those - known:
                apart.append(left)
            known |= those
        return settled, apart


def batches(
    leads: Leads, record: ShardRecord, job: Job, *, own_ids: bool, without: Set[LeadId] = frozenset()
) -> Iterator[Batch]:
    """These leads as batches: at most so many contacts and so many bytes each."""
    places = [n for n, lead_id in enumerate(leads.ids) if lead_id not in without] if without else range(len(leads))
    whole = _batch(leads, places, record, job, own_ids=own_ids)
    caps = (job.learned.contacts or job.settings.batch_size, job.learned.body_bytes or job.settings.body_bytes)
    for start, end in cut(list(map(len, whole.contacts)), *caps):
        yield whole.part(start, end)


def _places(leads: Leads, those: Set[LeadId]) -> list[int]:
    return [n for n, lead_id in enumerate(leads.ids) if lead_id in those]


def _batch(leads: Leads, places: Sequence[int], record: ShardRecord, job: Job, *, own_ids: bool) -> Batch:
    lead_ids = [leads.ids[n] for n in places]
    rows = [leads.rows[n] for n in places]
    return Batch(
        positions=[leads.first + n for n in places],
        shard=record.shard.number,
        contact_list_id=record.list_id,
        lead_ids=lead_ids,
        contacts=contacts(lead_ids, rows, job.columns, record.list_id, own_ids=own_ids),
    )


def cut(sizes: list[int], count: int, body_bytes: int) -> Iterator[tuple[int, int]]:
    """Ranges of at most `count` whose JSON array, brackets and commas counted, fits `body_bytes`; one is never cut."""
    start, total = 0, 2
    for n, size in enumerate(sizes):
        if n > start and (total + size > body_bytes or n - start == count):
            yield start, n
            start, total = n, 2
        total += size + 1
    if sizes:
        yield start, len(sizes)


def digest(batch: Batch) -> str:
    return sha256(batch.body).hexdigest()


# A batch that the platform refuses goes on in halves, until what is refused is one lead: that one is rejected.


# These blame the list, the org or the columns, so that a part would be refused like the whole.
NOT_THE_LEADS = ADVICE.keys() - {"request.entity.too.large", "too.many.contacts.added", "invalid.contact.id"}


def may_be_split(reply: Reply) -> bool:
    """Whether a part of what was refused may be taken."""
    return reply.status in (400, 413) and Refusal(reply).code not in NOT_THE_LEADS


def in_halves(batch: Batch, job: Job, reply: Reply) -> Flow[tuple[Batch, ...]]:
    """The halves to send in its place; none for a single lead, which is then rejected with the platform's own code."""
    refusal = Refusal(reply)
    yield from _learn(job, batch, refusal)
    if len(batch.lead_ids) > 1:
        halves = batch.halves()
        yield Save(BatchSplit([intent(half, 1) for half in halves]))
        return halves
    job.learned.refused += 1
    if job.learned.refused > MOST_REFUSED:
        raise Refused(
            "TOO_MANY_REFUSED",
            f"op=contacts.add list={batch.contact_list_id}: {MOST_REFUSED} leads refused one by one, the last with"
            f" {refusal}; correct the input, then give it to a new run.",
        )
    reject = Reject(lead_id=batch.lead_ids[0], line=0, code=refusal.code, message=f"refused by the platform: {refusal}")
    yield Save(LeadRefused(batch.first, reject))
    return ()


def intent(batch: Batch, attempt: int) -> BatchSending:
    return BatchSending(
        first=batch.first, shard=batch.shard, attempt=attempt, sha256=digest(batch), lead_ids=batch.lead_ids
    )


def _learn(job: Job, batch: Batch, refusal: Refusal) -> Flow[None]:
    """Cut what follows as the platform wants it, also after a restart."""
    if refusal.code == "too.many.contacts.added":
        job.learned.contacts = max(1, min(job.learned.contacts or len(batch.lead_ids), len(batch.lead_ids) // 2))
        yield Save(CapsLearned(contacts=job.learned.contacts))
    elif refusal.status == 413:
        told = refusal.limit if "bytes" in refusal.message else None
        cap = told or len(batch.body) // 2
        job.learned.body_bytes = min(job.learned.body_bytes or cap, cap)
        yield Save(CapsLearned(body_bytes=job.learned.body_bytes))
