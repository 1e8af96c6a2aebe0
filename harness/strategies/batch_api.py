"""POST .../contacts, up to 1,000 leads a request.

`BatchApi` lets the server make the ids: an answer that is lost has to be looked up, since sending again would double
the leads. `BatchApiOwnIds` gives the Lead ID as the contact's id: sending again is an update and changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import ne

from .. import api
from ..api import BadResponse, Batch, Refusal
from ..client.retry import outcome
from ..domain import ContactId, LeadId
from ..errors import GaveUp, Refused, RunError, VerifyFailed
from ..events import BatchAcked, BatchInDoubt, CapsLearned
from ..flow import Flow, Reply, Save, Wait
from ..wording import quantity
from .batches import in_halves, intent, may_be_split, pending
from .export import export_verification
from .flows import stable_answer, stop
from .job import Job, Stage, Strategy, Verification
from .lists import lists_stage

ATTEMPTS = 5  # of a batch whose answers keep getting lost
CONFLICT = 409


class BatchApi(Strategy):
    name = "batch-api"
    main_op = "contacts.add"
    own_ids = False
    may_skip = False

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        todo = pending(job, own_ids=False)
        yield Stage("upload", (upload(batch, job, doubtful=doubtful) for batch, doubtful in todo))

    def verification(self, job: Job) -> Verification:
        return export_verification(job)


class BatchApiOwnIds(BatchApi):
    name = "batch-api-own-ids"
    own_ids = True

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        todo = pending(job, own_ids=True)
        # The first batch goes alone: an org that ignores own ids must not be given a second one.
        yield Stage("canary", _uploads(islice(todo, 1), job))
        yield Stage("upload", _uploads(todo, job))


def _uploads(todo: Iterable[tuple[Batch, bool]], job: Job) -> Iterator[Flow[None]]:
    return (upload_own_ids(batch, job) for batch, _ in todo)


def upload(
    batch: Batch, job: Job, *, doubtful: bool = False, known: Mapping[LeadId, ContactId] | None = None
) -> Flow[bool]:
    """Send a batch to a server that makes the ids. Whatever is in doubt is looked up before anything is sent again.

    `known`: contacts of its leads that are there already. Whether the platform took leads, and all that it was sent.
    """
    mapping: Mapping[LeadId, ContactId] = known or {}
    adopted = len(mapping)
    for attempt in range(1, ATTEMPTS + 1):
        if doubtful:
            mapping = yield from stored_contacts(batch, job)
            adopted = len(mapping)
        rest = batch.only(set(batch.lead_ids) - mapping.keys())
        if rest.lead_ids:
            yield Save(intent(batch, attempt))
            reply = yield api.add_contacts(rest, idempotent=False, attempt=attempt)
            if may_be_split(reply):
                yield from _apart(batch, job, reply, mapping)
                return False
            answer = _read(reply, rest, job)
            if isinstance(answer, str):
                yield Save(BatchInDoubt(batch.first, answer))
                doubtful = True
                continue
            mapping = {**mapping, **answer}
        yield Save(BatchAcked(first=batch.first, mapping=mapping, adopted=adopted))
        return bool(rest.lead_ids)
    raise _still_in_doubt(batch)


def _apart(batch: Batch, job: Job, reply: Reply, mapping: Mapping[LeadId, ContactId]) -> Flow[None]:
    """Send a refused batch in halves. Whether a refusal leaves contacts behind is looked up until it is known.

    That nothing is there proves nothing as long as the bad lead may be the first. Once the first half is taken, it
    cannot have been: then the leads before it would have been stored.
    """
    left_nothing = False
    if reply.status != 413 and not job.learned.atomic:
        found = yield from stored_contacts(batch, job, quiet=False)
        left_nothing = found.keys() == mapping.keys()
        if not left_nothing:
            yield from _save_atomicity(job, atomic=False)
        mapping = found
    for number, half in enumerate((yield from in_halves(batch, job, reply))):
        known = {lead_id: mapping[lead_id] for lead_id in half.lead_ids if lead_id in mapping}
        taken = yield from upload(half, job, known=known)
        if taken and number == 0 and left_nothing and job.learned.atomic is None:
            yield from _save_atomicity(job, atomic=True)


def _save_atomicity(job: Job, *, atomic: bool) -> Flow[None]:
    job.learned.atomic = atomic
    yield Save(CapsLearned(atomic=atomic))


def upload_own_ids(batch: Batch, job: Job) -> Flow[None]:
    """Send a batch whose contact ids are the Lead IDs: when in doubt, the same bytes again."""
    for attempt in range(1, ATTEMPTS + 1):
        yield Save(intent(batch, attempt))
        reply = yield api.add_contacts(batch, idempotent=True, attempt=attempt)
        if may_be_split(reply):
            for half in (yield from in_halves(batch, job, reply)):
                yield from upload_own_ids(half, job)
            return
        if reply.status == CONFLICT and attempt == 1:  # somebody else has just written to one of them
            yield Wait(job.settings.consistency_wait_s)
            continue
        answer = _read(reply, batch, job)
        if isinstance(answer, str):
            yield Save(BatchInDoubt(batch.first, answer))
            yield Wait(job.settings.consistency_wait_s)
            continue
        if any(map(ne, answer.keys(), answer.values())):
            raise Refused(
                "OWN_IDS_IGNORED",
                f"op=contacts.add list={batch.contact_list_id} batch={batch.first}: the org made ids of its own;"
                " use batch-api or a CSV strategy. The contacts of this batch are in the list.",
            )
        yield Save(BatchAcked(first=batch.first, mapping=answer))
        return
    raise _still_in_doubt(batch)


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
        f"{quantity(len(batch.lead_ids), 'lead')} in doubt; run the same command again, it looks them up first.",
    )


# What became of a batch whose answer was lost: asked of the server, never guessed.


def stored_contacts(batch: Batch, job: Job, *, quiet: bool = True) -> Flow[dict[LeadId, ContactId]]:
    """The contacts of the batch's leads that are in the list, once two searches in a row agree.

    The quiet period comes first: a request whose answer was lost may still be carried out. One that was answered is
    over.
    """
    if quiet:
        yield Wait(job.settings.in_flight_grace_s, "quiet")
    return (yield from stable_answer(lambda: _search(batch, job), job.settings.consistency_wait_s, why="quiet"))


def _search(batch: Batch, job: Job) -> Flow[dict[LeadId, ContactId]]:
    pairs: list[tuple[LeadId, ContactId]] = []
    for start in range(0, len(batch.lead_ids), api.SEARCH_PAGE):
        pairs += yield from _pages(batch, batch.lead_ids[start : start + api.SEARCH_PAGE], job)
    asked = set(batch.lead_ids)  # a search that ignores letter case finds others too
    ours = [(lead_id, contact_id) for lead_id, contact_id in pairs if lead_id in asked]
    found = dict(ours)
    if len(found) != len(ours):
        raise VerifyFailed(
            "VERIFY_FAILED",
            f"list={batch.contact_list_id} batch={batch.first}: more than one contact each for"
            f" {quantity(len(ours) - len(found), 'lead')}; remove the surplus contacts by hand, then run the same"
            " command again.",
        )
    return found


def _pages(batch: Batch, lead_ids: Sequence[LeadId], job: Job) -> Flow[list[tuple[LeadId, ContactId]]]:
    pairs: list[tuple[LeadId, ContactId]] = []
    page = 1
    while True:
        reply = yield api.search_leads(batch.contact_list_id, job.columns.lead_id, lead_ids, page)
        try:
            found = api.found_contacts(reply, job.columns.lead_id)
        except (Refusal, BadResponse):
            raise _unresolved_error(batch, reply) from None
        pairs += found.pairs
        if not found.pairs or len(pairs) >= found.total:
            return pairs
        page += 1


def _unresolved_error(batch: Batch, reply: Reply) -> RunError:
    """What ends the run when the search is refused, or never answered: the batch stays in doubt."""
    trouble = stop("contacts.search", batch.contact_list_id, reply, f"batch={batch.first}")
    if not isinstance(trouble, GaveUp):
        return trouble
    return GaveUp(
        "IN_DOUBT",
        f"{trouble} ; {quantity(len(batch.lead_ids), 'lead is', 'leads are')} in doubt, none of them is sent again"
        " before it is known.",
    )
