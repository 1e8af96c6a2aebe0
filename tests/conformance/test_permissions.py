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
    ("outbound:contactList:search", lambda api, leads: api.get_outbound_contactlists_divisionviews()),
    ("outbound:contactList:search", lambda api, leads: api.get_outbound_contactlists_divisionview(leads.id)),
    ("outbound:contactList:edit", lambda api, leads: api.post_outbound_contactlists_bulk_update({})),
    ("outbound:contactList:upload", lambda api, leads: api.post_outbound_contactlists_uploads({})),
    (SEE, lambda api, leads: api.get_outbound_contactlist_timezonemappingpreview(leads.id)),
    ("outbound:contact:delete", lambda api, leads: api.post_outbound_contactlist_contacts_bulk_remove(leads.id, {})),
    ("outbound:contact:edit", lambda api, leads: api.post_outbound_contactlist_contacts_bulk_update(leads.id, {})),
    (SEE, lambda api, leads: api.get_outbound_contactlist_contacts_bulk_jobs(leads.id)),
    (SEE, lambda api, leads: api.get_outbound_contactlist_contacts_bulk_job(leads.id, "any")),
    ("outbound:contactListFilter:add", lambda api, leads: api.post_outbound_contactlistfilters({})),
    ("outbound:contactListFilter:view", lambda api, leads: api.get_outbound_contactlistfilters()),
    ("outbound:contactListFilter:view", lambda api, leads: api.get_outbound_contactlistfilter("any")),
    ("outbound:contactListFilter:edit", lambda api, leads: api.put_outbound_contactlistfilter("any", {})),
    ("outbound:contactListFilter:delete", lambda api, leads: api.delete_outbound_contactlistfilter("any")),
    ("outbound:contactListTemplate:add", lambda api, leads: api.post_outbound_contactlisttemplates({})),
    ("outbound:contactListTemplate:view", lambda api, leads: api.get_outbound_contactlisttemplate("any")),
    ("outbound:contactListTemplate:edit", lambda api, leads: api.put_outbound_contactlisttemplate("any", {})),
    ("outbound:contactListTemplate:delete", lambda api, leads: api.delete_outbound_contactlisttemplates(["any"])),
    ("outbound:importTemplate:add", lambda api, leads: api.post_outbound_importtemplates({})),
    ("outbound:importTemplate:view", lambda api, leads: api.get_outbound_importtemplate_importstatus("any")),
    ("outbound:importTemplate:edit", lambda api, leads: api.put_outbound_importtemplate("any", {})),
    ("outbound:importTemplate:delete", lambda api, leads: api.delete_outbound_importtemplate("any")),
    ("outbound:eventLog:view", lambda api, leads: api.get_outbound_events()),
    ("outbound:dncList:add", lambda api, leads: api.post_outbound_dnclists({})),
    ("outbound:dncList:view", lambda api, leads: api.get_outbound_dnclists()),
    ("outbound:dncList:search", lambda api, leads: api.get_outbound_dnclists_divisionviews()),
    ("outbound:dncList:edit", lambda api, leads: api.put_outbound_dnclist("any", {})),
    ("outbound:dncList:delete", lambda api, leads: api.delete_outbound_dnclist("any")),
    ("outbound:dncList:upload", lambda api, leads: api.post_outbound_dnclists_uploads({})),
    ("outbound:dnc:add", lambda api, leads: api.post_outbound_dnclist_phonenumbers("any", [])),
    ("outbound:dnc:edit", lambda api, leads: api.patch_outbound_dnclist_customexclusioncolumns("any", {})),
    ("outbound:dnc:delete", lambda api, leads: api.delete_outbound_dnclist_phonenumbers("any")),
    ("outbound:dnc:view", lambda api, leads: api.post_outbound_dnclist_export("any")),
]
ALL = frozenset(chain(*(permission.split() for permission, _ in NEEDED)))


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


def test_what_a_client_is_told_that_it_may(permissions, client):
    """The policies of its role name what it was granted."""
    permissions(["outbound:contact:add"])
    subject = Genesys.AuthorizationApi(client).get_authorization_subjects_me(include_full_roles=True)
    (policy,) = subject.grants[0].role.policies
    assert (policy.domain, policy.entity_name, policy.actions) == ("outbound", "contact", ["add"])


def test_an_upload_without_permission(permissions, mock, client, leads):
    """Uploads go past the SDK, not past its permissions."""
    permissions(ALL - {"outbound:contactList:upload"})
    headers = {"Authorization": f"Bearer {client.access_token}"}
    fields = {"id": leads.id, "fileType": "contactlist", "file": ("leads.csv", b"Lead ID\r\n1\r\n")}
    reply = urllib3.request("POST", f"{mock.url}/uploads/v2/contactlist", fields=fields, headers=headers)
    assert (reply.status, reply.json()["code"]) == (403, "missing.permissions")
