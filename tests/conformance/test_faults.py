"""Trouble on the way, and what the SDK makes of it. The mock is told by its control API when to make some."""

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3
from PureCloudPlatformClientV2.rest import ApiException

from .answers import refused
from .leads import contacts

pytestmark = pytest.mark.conformance

CUT = {"reset": True}


@pytest.fixture
def fault(mock):
    """A function that puts one rule for adding contacts in force."""
    return lambda **rule: mock.control("PUT", "/faults", [{"op": "contacts.add", **rule}])


def stored(mock):
    return mock.control("GET", "/state")["contacts"]


def test_a_lost_answer_doubles_the_contacts(mock, fault, api, leads):
    """The batch was stored, its answer lost; the SDK sends it again without a word: every contact is there twice."""
    fault(nth=1, when="after_commit", action=CUT)
    answered = api.post_outbound_contactlist_contacts(leads.id, contacts(100))
    assert (len(answered), stored(mock)) == (100, 200)
    assert mock.counts("contacts.add") == {"0": 1, "200": 1}


def test_a_lost_answer_does_no_harm_to_contacts_with_ids(mock, fault, api, leads):
    """The same with ids of one's own: the second batch updates the first."""
    fault(nth=1, when="after_commit", action=CUT)
    answered = api.post_outbound_contactlist_contacts(leads.id, contacts(100, own_ids=True))
    assert (len(answered), stored(mock)) == (100, 100)
    assert mock.counts("contacts.add") == {"0": 1, "200": 1}


@pytest.mark.parametrize("when", ["before_parse", "before_commit"])
def test_a_lost_request(mock, fault, api, leads, when):
    """Cut before anything was stored, sending it again is right."""
    fault(nth=1, when=when, action=CUT)
    api.post_outbound_contactlist_contacts(leads.id, contacts(100))
    assert stored(mock) == 100


def test_answers_that_never_come(mock, fault, api, leads):
    """The SDK sends one call eleven times, and then raises what is none of its own exceptions."""
    fault(when="after_commit", action=CUT)
    with pytest.raises(urllib3.exceptions.MaxRetryError):
        api.post_outbound_contactlist_contacts(leads.id, contacts(10))
    assert (stored(mock), mock.counts("contacts.add")) == (110, {"0": 11})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "internal.server.error"),
        (503, "service.unavailable"),
        (504, "request.timeout"),
        (408, "client.timeout"),
        (409, "general.conflict"),
        (403, "not.authorized"),
        (415, "unsupported.media.type"),
    ],
)
def test_statuses(mock, fault, api, leads, status, code):
    """Any status can be asked for and has the platform's body; the SDK raises it at once."""
    fault(action={"status": status})
    with refused(status, code):
        api.post_outbound_contactlist_contacts(leads.id, contacts(10))
    assert (stored(mock), mock.counts("contacts.add")) == (0, {str(status): 1})


def test_an_error_after_the_fact(mock, fault, api, leads):
    """An error does not mean that nothing happened."""
    fault(nth=1, when="after_commit", action={"status": 504})
    with refused(504, "request.timeout"):
        api.post_outbound_contactlist_contacts(leads.id, contacts(10))
    assert stored(mock) == 10


@pytest.mark.parametrize("status", [413, 429, 503])
def test_statuses_that_the_sdk_waits_for(mock, fault, api, leads, status):
    """With a time to come back at, it does."""
    fault(times=2, action={"status": status, "headers": {"Retry-After": "0"}})
    assert len(api.post_outbound_contactlist_contacts(leads.id, contacts(10))) == 10
    assert mock.counts("contacts.add") == {str(status): 2, "200": 1}


def test_a_page_of_html(mock, fault, plain_client, leads):
    """A front end in between answers in its own way; the SDK passes it on."""
    fault(action={"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<h1>Bad Gateway</h1>"})
    with pytest.raises(ApiException, match="<h1>Bad Gateway</h1>") as refusal:
        Genesys.OutboundApi(plain_client).post_outbound_contactlist_contacts(leads.id, contacts(10))
    assert refusal.value.status == 502


def test_half_an_answer(mock, fault, api, leads):
    """An answer that breaks off is no answer; here too the SDK sends the batch again."""
    fault(nth=1, when="mid_response", action=CUT)
    assert len(api.post_outbound_contactlist_contacts(leads.id, contacts(100))) == 100
    assert stored(mock) == 200


def test_the_ledger_knows_what_the_sdk_does_not_tell(mock, fault, api, leads):
    """Every request is there, with the status it was answered with; 0 is a cut."""
    fault(nth=1, when="after_commit", action=CUT)
    api.post_outbound_contactlist_contacts(leads.id, contacts(10))
    entries = [entry for entry in mock.control("GET", "/ledger") if entry["op"] == "contacts.add"]
    assert [(entry["status"], entry["list"]) for entry in entries] == [(0, leads.id), (200, leads.id)]
    assert mock.control("GET", "/faults")[0]["fired"] == 1
