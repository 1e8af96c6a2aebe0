"""What became of a batch is asked until two answers agree."""

import msgspec
import pytest

from harness.errors import GaveUp, Refused, VerifyFailed
from harness.flow import Call
from harness.strategies.batch_api import stored_contacts

from ..fakes import LOST, batch, entity, found, job, no, ok, ran


def asked(call):
    body = msgspec.json.decode(call.body)
    return body["criteria"]["clauses"][0]["predicates"][0]["range"]["inSet"], body["pageNumber"]


def holding(*stored):
    """A list that answers each search with what it holds of the leads asked for."""

    def answer(call: Call):
        leads, _ = asked(call)
        return found(*(lead_id for lead_id in leads if lead_id in stored))

    return answer


def test_the_quiet_time_comes_first():
    """A request whose answer was lost may still be carried out; two searches are apart by what the index needs."""
    end = ran(stored_contacts(batch("A1"), job(in_flight_grace_s=75.0)), found("A1"), found("A1"))
    assert end.driver.trail == ["quiet 75", "contacts.search", "quiet 5", "contacts.search"]
    assert end.result == {"A1": "c-A1"}


def test_a_large_batch_is_asked_for_in_pages():
    """At most a hundred leads a search, each lead once."""
    leads = [f"A{n}" for n in range(250)]
    end = ran(stored_contacts(batch(*leads), job()), *[holding(*leads[:130])] * 6)
    assert [len(asked(call)[0]) for call in end.driver.calls] == [100, 100, 50] * 2
    assert list(end.result) == leads[:130]


def test_a_search_of_more_pages_than_one():
    """As long as fewer were told than match."""
    one_round = found("A1", total=2), found("A2", total=2)
    end = ran(stored_contacts(batch("A1", "A2"), job()), *one_round, *one_round)
    assert [asked(call)[1] for call in end.driver.calls] == [1, 2, 1, 2]
    assert end.result == {"A1": "c-A1", "A2": "c-A2"}


def test_a_page_that_is_empty_before_its_time_ends_the_search():
    """A total that is never reached does not make an endless loop."""
    one_round = found("A1", total=5), found(total=5)
    assert ran(stored_contacts(batch("A1", "A2"), job()), *one_round, *one_round).result == {"A1": "c-A1"}


def test_two_contacts_for_a_lead_need_a_person():
    """Which one is right cannot be told."""
    doubled = ok({"entities": [entity("A1", "c1"), entity("A1", "c2")], "total": 2, "contactsCount": 2})
    end = ran(stored_contacts(batch("A1"), job()), doubled)
    assert isinstance(end.error, VerifyFailed)
    assert "more than one contact each for 1 lead;" in str(end.error)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (no(404, "contact.list.not.found"), Refused, "LIST_GONE"),
        (no(503), GaveUp, "IN_DOUBT"),
        (LOST, GaveUp, "IN_DOUBT"),
    ],
)
def test_a_search_that_fails_answers_nothing(answer, kind, code):
    """Not found and not known are two things: nothing may be sent after this."""
    end = ran(stored_contacts(batch("A1"), job()), answer)
    assert isinstance(end.error, kind)
    assert end.error.code == code


@pytest.mark.parametrize("answer", [ok({}), ok([]), ok({"entities": [], "total": 0})])
def test_a_search_that_says_too_little_answers_nothing(answer):
    """It is not read as an empty list."""
    end = ran(stored_contacts(batch("A1"), job()), answer)
    assert isinstance(end.error, Refused | GaveUp)
