"""A batch that the platform refuses goes on in halves, until what is refused is one lead: that one is rejected.

One bad lead of 1,000 costs some 20 requests and no other lead its contact.
"""

import re

from ..api import Batch, Refusal
from ..domain import Reject
from ..errors import Refused
from ..events import BatchSending, BatchSplit, CapsLearned, LeadRefused
from ..flow import Flow, Reply, Save
from .batches import digest
from .job import Job
from .refusals import ADVICE, MOST_REFUSED

# These blame the list, the org or the columns, so that a part would be refused like the whole.
NOT_THE_LEADS = ADVICE.keys() - {"request.entity.too.large", "too.many.contacts.added", "invalid.contact.id"}
_MAXIMUM = re.compile(r"Maximum bytes: (\d+)")


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
        told = _MAXIMUM.search(refusal.message)
        cap = int(told[1]) if told else len(batch.body) // 2
        job.learned.body_bytes = min(job.learned.body_bytes or cap, cap)
        yield Save(CapsLearned(body_bytes=job.learned.body_bytes))
