"""Make the contact list of a shard, once, whatever is lost on the way."""

from collections.abc import Mapping, Sequence
from itertools import repeat

from .. import api
from ..client.retry import outcome
from ..domain import LeadColumns
from ..errors import GaveUp
from ..events import ListCreated
from ..flow import Flow, Save, Wait
from ..journal.schema import BatchRecord, ShardRecord
from .flows import answer_of, poll_until, stop
from .job import Job, Stage

CREATIONS = 5  # of a list whose creation is never answered, nor found


def lists_stage(job: Job) -> Stage:
    return Stage(
        "lists", (make_list(record, job) for record in job.progress.shards() if record.contact_list_id is None)
    )


def make_list(record: ShardRecord, job: Job) -> Flow[None]:
    """The name carries the run's id, so a list of that name is this run's: found again, it is adopted."""
    list_id = yield from create_or_find(record.shard.list_name, job.columns, job.settings.consistency_wait_s)
    yield Save(ListCreated(record.shard.number, list_id))


def create_or_find(name: str, columns: LeadColumns, consistency_wait_s: float) -> Flow[str]:
    """The id of the list of this name. When the answer to its creation is lost, it is looked for by its name."""
    for _ in range(CREATIONS):
        reply = yield api.create_list(name, columns)
        try:
            return api.created_list_id(reply)
        except api.BadResponse:
            pass
        except api.Refusal as refusal:
            if outcome(reply) == "answered" and refusal.code != "duplicate.name":
                raise stop("lists.create", name, reply) from None
        yield Wait(consistency_wait_s, "quiet")
        found = yield from _find_by_name(name)
        if found is not None:
            return found
    raise stop("lists.create", name, reply)


def _find_by_name(name: str) -> Flow[str | None]:
    return (yield from answer_of(api.find_list(name), lambda reply: api.list_id_by_name(reply, name), name))


# Empty a contact list that an earlier run of this program filled.


CLEARINGS = 5  # whose answers keep getting lost
CLEARING_READINGS = 120  # of a size that does not come down to 0


def unsent(shards: Sequence[ShardRecord], batches: Mapping[int, BatchRecord]) -> bool:
    """Whether no lead of the run can be in its lists yet: clearing takes nothing away that it sent."""
    return not batches and all(record.state in ("planned", "listed") for record in shards)


def clear_contacts(list_id: str, job: Job) -> Flow[None]:
    """The list holds nothing. A request whose answer is lost may still be carried out, so it is waited for: one that
    comes after the first lead would take that away."""
    for _ in range(CLEARINGS):
        reply = yield api.clear_list(list_id)
        if reply.ok:
            yield from _await_empty(list_id, job)
            return
        if outcome(reply) == "answered":
            raise stop("lists.clear", list_id, reply)
        yield Wait(job.settings.in_flight_grace_s, "quiet")
    raise GaveUp("IN_DOUBT", f"op=lists.clear list={list_id}: {CLEARINGS} requests, no clear answer; run again.")


def _await_empty(list_id: str, job: Job) -> Flow[None]:
    """Source: "Contacts will be deleted": the answer comes before the deed (official SDK 269.0.0)."""
    pauses = repeat(job.settings.consistency_wait_s, CLEARING_READINGS - 1)
    if (yield from poll_until(lambda: count_contacts(list_id), lambda size: size == 0, pauses)):
        raise GaveUp("NOT_CLEARED", f"op=lists.clear list={list_id}: still not empty; run the same command again.")


def lists_of(prefix: str) -> Flow[list[api.ListFound]]:
    """The org's lists whose names begin with `prefix`."""
    return (yield from answer_of(api.find_lists(prefix), lambda reply: api.lists_found(reply, prefix), prefix.strip()))


# How many contacts a list says it holds. Sizes lag behind.


SIZE_READINGS = 12  # of a size that does not fit: a minute, where the platform asks for 5 s between two


def settled_size(record: ShardRecord, job: Job, expected: int | None) -> Flow[int]:
    """What the list shows; one that is not as expected is read again for a while."""
    pauses = repeat(job.settings.consistency_wait_s, SIZE_READINGS)
    return (yield from poll_until(lambda: list_size(record, job), lambda size: size == expected, pauses))


def list_size(record: ShardRecord, job: Job) -> Flow[int]:
    page = yield from answer_of(
        api.search_all(record.list_id, page_size=1), lambda reply: api.found_contacts(reply, job.columns.lead_id)
    )
    return page.contacts_count


def count_contacts(list_id: str) -> Flow[int]:
    """How many contacts a list holds; the size in a listing lags behind."""
    return (yield from answer_of(api.search_all(list_id, page_size=1), api.contacts_count))
