"""The mapping from pages of `contacts/search`, 100 contacts each. It exists to show what that costs."""

from collections.abc import Iterator

from .. import api
from ..domain import ContactId, LeadId
from ..errors import VerifyFailed
from ..events import PageMapped
from ..flow import Flow, Save
from ..journal.schema import ShardRecord
from .flows import answer_of, stable_answer
from .job import Job


def page_flows(job: Job) -> Iterator[Flow[None]]:
    """One flow a page of every list, without those an earlier run has read."""
    known = job.progress.batches()
    for record in job.progress.shards():
        for page in range(1, -(-record.shard.count // api.SEARCH_PAGE) + 1):
            if _first(record, page) not in known:
                yield map_page(record, page, job)


def _first(record: ShardRecord, page: int) -> int:
    return record.shard.first + (page - 1) * api.SEARCH_PAGE


def map_page(record: ShardRecord, page: int, job: Job) -> Flow[None]:
    """The page's contacts, noted. Searches lag behind an import: a short page is read again until two are alike."""
    wait_s, full = job.settings.consistency_wait_s, _full(record, page)
    pairs = yield from stable_answer(lambda: _page(record, page, job), wait_s, lambda pairs: len(pairs) >= full)
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise VerifyFailed("VERIFY_FAILED", f"list={record.list_id} page={page}: a lead has more than one contact.")
    yield Save(PageMapped(first=_first(record, page), shard=record.shard.number, mapping=mapping))


def _full(record: ShardRecord, page: int) -> int:
    """How many contacts the page holds if every lead of the shard is there."""
    return min(api.SEARCH_PAGE, record.shard.count - (page - 1) * api.SEARCH_PAGE)


def _page(record: ShardRecord, page: int, job: Job) -> Flow[list[tuple[LeadId, ContactId]]]:
    found = yield from answer_of(
        api.search_all(record.list_id, page),
        lambda reply: api.found_contacts(reply, job.columns.lead_id),
        place=f"page={page}",
    )
    return found.pairs
