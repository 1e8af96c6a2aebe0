from itertools import chain

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3
from PureCloudPlatformClientV2.rest import ApiException

from .answers import refused
from .leads import contact_list, contacts

pytestmark = pytest.mark.conformance

SEE, SEE_CONTACTS = "outbound:contactList:view", "outbound:contact:view"
# Source of the permissions: official CLI 166.0.0.
NEEDED = [
    ("outbound:contactList:add", lambda api, leads: api.post_outbound_contactlists(contact_list("More"))),
    (SEE, lambda api, leads: api.get_outbound_contactlists()),
    (SEE, lambda api, leads: api.get_outbound_contactlist(leads.id)),
    ("outbound:contactList:edit", lambda api, leads: api.put_outbound_contactlist(leads.id, leads)),
    ("outbound:contact:delete", lambda api, leads: api.post_outbound_contactlist_clear(leads.id)),
    ("outbound:contact:add", lambda api, leads: api.post_outbound_contactlist_contacts(leads.id, contacts(1))),
    (SEE_CONTACTS, lambda api, leads: api.get_outbound_contactlist_contact(leads.id, "any")),
    (SEE_CONTACTS, lambda api, leads: api.post_outbound_contactlist_contacts_bulk(leads.id, [])),
    (SEE_CONTACTS, lambda api, leads: api.post_outbound_contactlist_contacts_search(leads.id, {})),
    ("outbound:contact:edit", lambda api, leads: api.put_outbound_contactlist_contact(leads.id, "any", contacts(1)[0])),
    ("outbound:contact:delete", lambda api, leads: api.delete_outbound_contactlist_contact(leads.id, "any")),
    ("outbound:contact:delete", lambda api, leads: api.delete_outbound_contactlist_contacts(leads.id, ["any"])),
    (SEE, lambda api, leads: api.get_outbound_contactlist_importstatus(leads.id)),
    (SEE, lambda api, leads: api.post_outbound_contactlist_export(leads.id)),
    (SEE_CONTACTS, lambda api, leads: api.get_outbound_contactlist_export(leads.id)),
    ("outbound:contactList:delete", lambda api, leads: api.delete_outbound_contactlist(leads.id)),
    ("outbound:contactList:delete", lambda api, leads: api.delete_outbound_contactlists([leads.id])),
]
ALL = frozenset(chain(*(permission.split() for permission, _ in NEEDED)))


@pytest.fixture
def permissions(mock):
    """A function that leaves the client only these permissions until the test ends."""
    yield lambda held: mock.control("PATCH", "/clients", {"mock-client": sorted(held)})
    mock.control("PATCH", "/clients", {"mock-client": None})


@pytest.mark.parametrize(("permission", "operation"), NEEDED)
def test_a_missing_permission(permissions, api, leads, permission, operation):
    """Each operation is refused without its permission, and the refusal names it."""
    permissions(ALL - {permission})
    with pytest.raises(ApiException, match=f'following permission\\(s\\): {permission}"') as refusal:
        operation(api, leads)
    assert refusal.value.status == 403
    with refused(403, "missing.permissions"):
        operation(api, leads)


def test_what_every_token_may(permissions, client):
    """Who one is can be asked without any permission."""
    permissions([])
    assert Genesys.OrganizationApi(client).get_organizations_me().id
    assert Genesys.TokensApi(client).get_tokens_me().o_auth_client.id == "mock-client"


def test_an_upload_without_permission(permissions, mock, client, leads):
    """Uploads go past the SDK, not past its permissions."""
    permissions(ALL)
    headers = {"Authorization": f"Bearer {client.access_token}"}
    fields = {"id": leads.id, "fileType": "contactlist", "file": ("leads.csv", b"Lead ID\r\n1\r\n")}
    reply = urllib3.request("POST", f"{mock.url}/uploads/v2/contactlist", fields=fields, headers=headers)
    assert (reply.status, reply.json()["code"]) == (403, "missing.permissions")
