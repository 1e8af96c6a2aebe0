"""What became of a batch whose answer was lost: asked of the server, never guessed."""

from collections.abc import Sequence

from .. import api
from ..api import BadResponse, Batch, Refusal
from ..domain import ContactId, LeadId
from ..errors import GaveUp, RunError, VerifyFailed
from ..flow import Flow, Reply, Wait
from ..wording import quantity
from .flows import stable_answer, stop
from .job import Job


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
