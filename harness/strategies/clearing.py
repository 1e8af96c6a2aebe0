"""Empty a contact list that an earlier run of this program filled."""

from collections.abc import Mapping, Sequence

from .. import api
from ..errors import GaveUp
from ..flow import Flow, Wait
from ..mapping.records import BatchRecord, ShardRecord
from ..retry import outcome
from .job import Job
from .refusals import stop

CLEARINGS = 5  # whose answers keep getting lost
READINGS = 120  # of a size that does not come down to 0


def unsent(shards: Sequence[ShardRecord], batches: Mapping[int, BatchRecord]) -> bool:
    """Whether no lead of the run can be in its lists yet: clearing takes nothing away that it sent."""
    return not batches and all(record.state in ("planned", "listed") for record in shards)


def cleared(list_id: str, job: Job) -> Flow[None]:
    """The list holds nothing. A request whose answer is lost may still be carried out, so it is waited for: one that
    comes after the first lead would take that away."""
    for _ in range(CLEARINGS):
        reply = yield api.clear_list(list_id)
        if reply.ok:
            yield from _emptied(list_id, job)
            return
        if outcome(reply) == "answered":
            raise stop("lists.clear", list_id, reply)
        yield Wait(job.settings.quiet_s, "quiet")
    raise GaveUp("IN_DOUBT", f"op=lists.clear list={list_id}: {CLEARINGS} requests, no clear answer; run again.")


def _emptied(list_id: str, job: Job) -> Flow[None]:
    """Source: "Contacts will be deleted": the answer comes before the deed (official SDK 269.0.0)."""
    for _ in range(READINGS):
        reply = yield api.search_all(list_id, page_size=1)
        try:
            if api.contacts_count(reply) == 0:
                return
        except (api.Refusal, api.BadResponse):
            raise stop("contacts.search", list_id, reply) from None
        yield Wait(job.settings.settle_s, "poll")
    raise GaveUp("NOT_CLEARED", f"op=lists.clear list={list_id}: still not empty; run the same command again.")
