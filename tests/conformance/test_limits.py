"""Limits as the SDK meets them. It waits inside its calls, so these tests take as long as they tell it to: seconds."""

import json

import pytest
import urllib3
from PureCloudPlatformClientV2.rest import ApiException

from .answers import CheckedClient, refused
from .leads import contact_list, contacts

pytestmark = pytest.mark.conformance


def test_the_sdk_gets_through(settings, mock, api, leads):
    """Told to come back, it does, by itself; nothing is lost and nothing doubled."""
    settings(rate__requests_per_window=3, rate__window_s=1.0)
    for _ in range(5):
        api.post_outbound_contactlist_contacts(leads.id, contacts(10))
    assert mock.counts("contacts.add") == {"200": 5, "429": 1}
    assert mock.control("GET", "/state")["contacts"] == 50


def test_headers(settings, client, api):
    """Every answer says how much of the window is used."""
    settings(rate__requests_per_window=300, rate__window_s=60.0)
    counts = []
    for _ in range(2):
        api.get_outbound_contactlists()
        headers = client.last_response.getheaders()
        counts.append(headers["inin-ratelimit-count"])
        assert (headers["inin-ratelimit-allowed"], 59 <= int(headers["inin-ratelimit-reset"]) <= 61) == ("300", True)
    assert counts == ["1", "2"]


def test_the_refusal(mock, api):
    """A 429 says what to wait; without the header that says so, the SDK gives up at once."""
    rule = {"op": "lists.list", "action": {"status": 429, "headers": {"Retry-After": None}}}
    mock.control("PUT", "/faults", [rule])
    with refused(429, "too.many.requests.retry.after"):
        api.get_outbound_contactlists()
    assert mock.counts("lists.list") == {"429": 1}


def test_the_wait_is_said_twice(mock, api):
    """The body repeats what the header says, in seconds; the SDK asks eleven times before it gives up."""
    mock.control("PUT", "/faults", [{"op": "lists.list", "action": {"status": 429, "headers": {"Retry-After": "0"}}}])
    with pytest.raises(ApiException) as refusal:
        api.get_outbound_contactlists()
    assert refusal.value.headers["Retry-After"] == "0"
    assert "in [0] seconds" in json.loads(refusal.value.body)["message"]
    assert mock.counts("lists.list") == {"429": 11}


@pytest.mark.parametrize(("scope", "admitted"), [("token", 4), ("client", 2)])
def test_whose_limit_it_is(settings, mock, scope, admitted):
    """Two tokens of one client have two limits, unless the profile says they share one."""
    settings(rate__requests_per_window=2, rate__window_s=60.0, rate__scope=scope)
    for _ in range(2):
        client = CheckedClient(host=mock.url).get_client_credentials_token("mock-client", "mock-secret")
        headers = {"Authorization": f"Bearer {client.access_token}"}
        for _ in range(3):  # without the SDK, which would wait a minute
            urllib3.request("GET", f"{mock.url}/api/v2/outbound/contactlists", headers=headers, retries=False)
    assert mock.counts("lists.list") == {"200": admitted, "429": 6 - admitted}


def test_one_operation_alone(settings, mock, api, leads):
    """A profile may limit single operations more than the rest."""
    settings(**{"rate.per_op.lists.create": 1, "rate__window_s": 0.5})
    for name in ("More", "Most"):
        api.post_outbound_contactlists(contact_list(name))
        api.get_outbound_contactlist(leads.id)
    assert mock.counts("lists.create") == {"200": 3, "429": 1}
    assert mock.counts("lists.get") == {"200": 2}


def test_a_request_that_takes_too_long(settings, api, leads):
    """The platform loses patience before the SDK does, which has none of its own."""
    settings(**{"latency.contacts.add.base_s": 0.2, "request_timeout_s": 0.05})
    with refused(504, "request.timeout"):
        api.post_outbound_contactlist_contacts(leads.id, contacts(3))
