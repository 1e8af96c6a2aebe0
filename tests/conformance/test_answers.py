"""Whether answers are what the SDK expects, where it does not look itself; and that this is noticed."""

import PureCloudPlatformClientV2 as Genesys
import pytest

from .answers import discrepancies
from .leads import contact_list, contacts

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize(
    ("value", "kind", "complaint"),
    [
        ({"percentComplete": 100}, "ImportStatus", None),
        ({"state": "COMPLETE"}, "ImportStatus", "$.state is 'COMPLETE', which the SDK does not know"),
        ({"percentComplete": "100"}, "ImportStatus", "$.percentComplete is '100', not of type int"),
        ({"percentComplete": True}, "ImportStatus", "$.percentComplete is True, not of type int"),
        ({"abandonRate": 1}, "Campaign", None),
        ({"abandonRate": "1"}, "Campaign", "$.abandonRate is '1', not of type float"),
        ({"percent_complete": 100}, "ImportStatus", "$.percent_complete is unknown to ImportStatus"),
        ([{"data": {"Age": 7}}], "list[DialerContact]", "$[0].data['Age'] is 7, not of type str"),
        ({"division": {"title": "Home"}}, "ContactList", "$.division.title is unknown to DomainEntityRef"),
    ],
)
def test_what_is_noticed(value, kind, complaint):
    """The other tests look at each answer this way."""
    assert [*discrepancies(value, kind)] == ([] if complaint is None else [complaint])


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (lambda api, id_: api.post_outbound_contactlists(contact_list("More")), 200),
        (lambda api, id_: api.delete_outbound_contactlist(id_), 200),
        (lambda api, id_: api.delete_outbound_contactlists([id_]), 204),
        (lambda api, id_: api.post_outbound_contactlist_clear(id_), 204),
        (lambda api, id_: api.post_outbound_contactlist_contacts(id_, contacts(1)), 200),
        (lambda api, id_: api.delete_outbound_contactlist_contact(id_, "L-0000000"), 200),
        (lambda api, id_: api.delete_outbound_contactlist_contacts(id_, ["L-0000000"]), 200),
        (lambda api, id_: api.post_outbound_contactlist_export(id_), 200),
        (lambda api, id_: Genesys.TokensApi(api.api_client).delete_tokens_me(), 200),
    ],
)
def test_success(api, client, leads, operation, status):
    """Which success it is: making something is 200 here, and so is deleting one thing, but not several."""
    api.post_outbound_contactlist_contacts(leads.id, contacts(1, own_ids=True))
    operation(api, leads.id)
    assert client.last_response.status == status


def test_headers(api, client):
    """What every answer carries, in the platform's spelling, and the sign that this is not the platform."""
    api.get_outbound_contactlists()
    headers = client.last_response.getheaders()
    assert headers["Content-Type"] == "application/json"
    assert len(headers["ININ-Correlation-Id"]) == 36
    assert headers["X-Mock"].startswith("contactbench/")
