"""POST .../contacts, up to 1,000 leads a request.

`BatchApi` lets the server make the ids: an answer that is lost has to be looked up, since sending again would double
the leads. `BatchApiOwnIds` gives the Lead ID as the contact's id: sending again is an update and changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from .. import api
from ..api import BadResponse, Batch, Refusal
from ..domain import ContactId, LeadId
from ..errors import GaveUp, Refused
from ..events import BatchAcked, BatchInDoubt, BatchSending
from ..flow import Flow, Reply, Save, Wait
from ..retry import outcome
from .batches import batches, digest
from .export import export_verification
from .job import Job, Stage, Verification
from .lists import lists_stage
from .refusals import stop
from .resolve import stored_contacts

ATTEMPTS = 5  # of a batch whose answers keep getting lost


@dataclass(frozen=True, slots=True)
class BatchApi:
    name: str = "batch-api"
    main_op: str = "contacts.add"
    own_ids: bool = False

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        yield Stage(
            "upload", (upload(batch, job, doubtful=doubtful) for batch, doubtful in pending(job, own_ids=False))
        )

    def verification(self, job: Job) -> Verification:
        return export_verification(job)


@dataclass(frozen=True, slots=True)
class BatchApiOwnIds:
    name: str = "batch-api-own-ids"
    main_op: str = "contacts.add"
    own_ids: bool = True

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        todo = pending(job, own_ids=True)
        # The first batch goes alone: an org that ignores own ids must not be given a second one.
        yield Stage("canary", _uploads(islice(todo, 1), job))
        yield Stage("upload", _uploads(todo, job))

    def verification(self, job: Job) -> Verification:
        return export_verification(job)


def _uploads(todo: Iterable[tuple[Batch, bool]], job: Job) -> Iterator[Flow[None]]:
    return (upload_own_ids(batch, job) for batch, _ in todo)


def pending(job: Job, *, own_ids: bool) -> Iterator[tuple[Batch, bool]]:
    """The batches still to be acknowledged, and whether an earlier run may have sent them already."""
    known = job.progress.batches()
    for record in job.progress.shards():
        for batch in batches(record, job, own_ids=own_ids):
            earlier = known.get(batch.first)
            if earlier is None or earlier.state != "acked":
                yield batch, earlier is not None


def upload(batch: Batch, job: Job, *, doubtful: bool = False) -> Flow[None]:
    """Send a batch to a server that makes the ids. Whatever is in doubt is looked up before anything is sent again."""
    mapping: dict[LeadId, ContactId] = {}
    rest, adopted = batch, 0
    for attempt in range(1, ATTEMPTS + 1):
        if doubtful:
            mapping = yield from stored_contacts(batch, job)
            rest, adopted = batch.only(set(batch.lead_ids) - mapping.keys()), len(mapping)
        if rest.lead_ids:
            yield Save(_intent(batch, attempt))
            reply = yield api.add_contacts(rest, idempotent=False, attempt=attempt)
            answer = _read(reply, rest, job)
            if isinstance(answer, str):
                yield Save(BatchInDoubt(batch.first, answer))
                doubtful = True
                continue
            mapping = mapping | answer
        yield Save(BatchAcked(first=batch.first, mapping=mapping, adopted=adopted))
        return
    raise _still_in_doubt(batch)


def upload_own_ids(batch: Batch, job: Job) -> Flow[None]:
    """Send a batch whose contact ids are the Lead IDs: when in doubt, the same bytes again."""
    for attempt in range(1, ATTEMPTS + 1):
        yield Save(_intent(batch, attempt))
        reply = yield api.add_contacts(batch, idempotent=True, attempt=attempt)
        answer = _read(reply, batch, job)
        if isinstance(answer, str):
            yield Save(BatchInDoubt(batch.first, answer))
            yield Wait(job.settings.settle_s)
            continue
        if any(str(lead_id) != contact_id for lead_id, contact_id in answer.items()):
            raise Refused(
                "OWN_IDS_IGNORED",
                f"op=contacts.add list={batch.contact_list_id} batch={batch.first}: the org made ids of its own;"
                " use batch-api or a CSV strategy. The contacts of this batch are in the list.",
            )
        yield Save(BatchAcked(first=batch.first, mapping=answer))
        return
    raise _still_in_doubt(batch)


def _intent(batch: Batch, attempt: int) -> BatchSending:
    return BatchSending(
        first=batch.first, shard=batch.shard, attempt=attempt, sha256=digest(batch), lead_ids=batch.lead_ids
    )


def _read(reply: Reply, batch: Batch, job: Job) -> dict[LeadId, ContactId] | str:
    """The checked mapping; or, when the batch's fate is unknown, why. Raises when the answer is a plain no."""
    try:
        return api.added_contacts(reply, batch, job.columns.lead_id)
    except BadResponse as problem:
        return f"bad answer: {problem}"
    except Refusal as refusal:
        if outcome(reply) == "answered":
            raise stop("contacts.add", batch.contact_list_id, reply, f"batch={batch.first}") from None
        return str(refusal)


def _still_in_doubt(batch: Batch) -> GaveUp:
    return GaveUp(
        "IN_DOUBT",
        f"op=contacts.add list={batch.contact_list_id} batch={batch.first} attempts={ATTEMPTS}: "
        f"{len(batch.lead_ids)} leads in doubt; run the same command again, it looks them up first.",
    )
