"""How many contacts a list says it holds. Sizes lag behind."""

from .. import api
from ..flow import Flow, Wait
from ..mapping.records import ShardRecord
from .job import Job
from .refusals import stop

READINGS = 12  # of a size that does not fit: a minute, where the platform asks for 5 s between two


def settled_size(record: ShardRecord, job: Job, expected: int | None) -> Flow[int]:
    """What the list shows; one that is not as expected is read again for a while."""
    size = yield from list_size(record, job)
    for _ in range(READINGS):
        if size == expected:
            break
        yield Wait(job.settings.settle_s, "poll")
        size = yield from list_size(record, job)
    return size


def list_size(record: ShardRecord, job: Job) -> Flow[int]:
    reply = yield api.search_all(record.list_id, page_size=1)
    try:
        return api.found_contacts(reply, job.columns.lead_id).contacts_count
    except (api.Refusal, api.BadResponse):
        raise stop("contacts.search", record.list_id, reply) from None
