"""The mapping page by page."""

import pytest

from harness import events
from harness.errors import VerifyFailed
from harness.journal.schema import BatchRecord
from harness.strategies.search_mapping import map_page, page_flows

from ..fakes import entity, found, job, no, ok, ran, shard


def test_a_page_is_noted_at_its_place():
    """Page 2 of a shard that begins at 500 holds the positions from 600."""
    end = ran(map_page(shard(first=500, count=102), 2, job()), found("A1", "A2"))
    assert end.driver.trail == ["contacts.search", "PageMapped"]
    assert end.driver.steps[-1] == events.PageMapped(first=600, shard=0, mapping={"A1": "c-A1", "A2": "c-A2"})


def test_a_lead_twice_on_a_page_is_no_mapping():
    """A person has to say which."""
    page = ok({"entities": [entity("A1", "c1"), entity("A1", "c2")], "total": 2, "contactsCount": 2})
    assert isinstance(ran(map_page(shard(count=2), 1, job()), page).error, VerifyFailed)


def test_a_page_that_is_not_full_yet():
    """Searches lag behind the import: it is read again until it is full, or no longer changes."""
    end = ran(map_page(shard(count=3), 1, job()), found("A1"), found("A1", "A2"), found("A1", "A2", "A3"))
    assert (len(end.driver.steps[-1].mapping), end.driver.waits) == (3, [5.0, 5.0])
    end = ran(map_page(shard(count=3), 1, job()), found("A1"), found("A1", "A2"), found("A1", "A2"))
    assert len(end.driver.steps[-1].mapping) == 2


def test_a_page_that_is_refused():
    """The run stops, and nothing is noted."""
    end = ran(map_page(shard(), 1, job()), no(404, "contact.list.not.found"))
    assert (end.error.code, end.driver.trail) == ("LIST_GONE", ["contacts.search"])


@pytest.mark.parametrize(("count", "pages"), [(0, 0), (1, 1), (100, 1), (101, 2), (250, 3)])
def test_as_many_pages_as_the_shard_has_hundreds(count, pages):
    """The last one may be short."""
    assert len(list(page_flows(job(shard(count=count))))) == pages


def test_pages_of_an_earlier_run_are_not_read_again():
    """Of two shards, all but the ones known."""
    records = shard(0, first=0, count=200), shard(1, first=200, count=200)
    flows = page_flows(job(*records, sent=[BatchRecord(first, "acked", 1, "") for first in (0, 300)]))
    assert [ran(flow, found(), found()).driver.steps[-1].first for flow in flows] == [100, 200]
