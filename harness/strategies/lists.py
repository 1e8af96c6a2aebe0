"""Make the contact list of a shard, once, whatever is lost on the way."""

from .. import api
from ..domain import LeadColumns
from ..events import ListCreated
from ..flow import Flow, Save, Wait
from ..mapping.records import ShardRecord
from ..retry import outcome
from .job import Job, Stage
from .refusals import stop

CREATIONS = 5  # of a list whose creation is never answered, nor found


def lists_stage(job: Job) -> Stage:
    return Stage(
        "lists", (make_list(record, job) for record in job.progress.shards() if record.contact_list_id is None)
    )


def make_list(record: ShardRecord, job: Job) -> Flow[None]:
    """The name carries the run's id, so a list of that name is this run's: found again, it is adopted."""
    list_id = yield from create_or_find(record.shard.list_name, job.columns, job.settings.settle_s)
    yield Save(ListCreated(record.shard.number, list_id))


def create_or_find(name: str, columns: LeadColumns, settle_s: float) -> Flow[str]:
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
        yield Wait(settle_s, "quiet")
        found = yield from _found(name)
        if found is not None:
            return found
    raise stop("lists.create", name, reply)


def _found(name: str) -> Flow[str | None]:
    reply = yield api.find_list(name)
    try:
        return api.list_id_by_name(reply, name)
    except (api.Refusal, api.BadResponse):
        raise stop("lists.list", name, reply) from None
