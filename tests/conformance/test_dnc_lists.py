"""DNC lists by the official Python SDK: every operation it has for them."""

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3

from .answers import refused

pytestmark = pytest.mark.conformance

SOON = "2031-01-31T12:30Z"


def dnc_list(**fields):
    body = Genesys.DncListCreate()
    for name, value in ({"name": "Do not call"} | fields).items():
        setattr(body, name, value)
    return body


def patch(kind, field, entries, action="Add"):
    body = kind()
    body.action = action
    setattr(body, field, entries)
    body.expiration_date_time = SOON
    return body


@pytest.fixture
def leads(api):
    """A list of Lead IDs."""
    return api.post_outbound_dnclists(dnc_list(dnc_source_type="rds_custom", custom_exclusion_column="Lead ID"))


@pytest.fixture
def anyway(api):
    """A list for any contact method."""
    return api.post_outbound_dnclists(dnc_list(name="Any", dnc_source_type="rds", contact_method="Any"))


def size(api, of):
    return api.get_outbound_dnclist(of.id, include_size=True).size


@pytest.mark.parametrize(
    "given",
    [
        {"dnc_source_type": "rds", "contact_method": "WhatsApp"},
        {"dnc_source_type": "rds_custom", "custom_exclusion_column": "Lead ID"},
        {"dnc_source_type": "dnc.com", "login_id": "1", "campaign_id": "2", "dnc_codes": ["B", "S"]},
        {"dnc_source_type": "gryphon", "license_id": "1"},
    ],
    ids=lambda given: given["dnc_source_type"],
)
def test_create(api, given):
    """What a list was made with is what it is read with."""
    made = api.post_outbound_dnclists(dnc_list(**given))
    assert api.get_outbound_dnclist(made.id).to_dict() == made.to_dict()
    assert {name: getattr(made, name) for name in given} == given


def test_update(api, leads):
    """A list that was read can be changed and sent back."""
    leads.name = "Quiet"
    assert api.put_outbound_dnclist(leads.id, leads).version == 2
    assert [each.name for each in api.get_outbound_dnclists(name="Quiet").entities] == ["Quiet"]


def test_division_views(api, leads, anyway):
    """The short forms, one and all."""
    views = api.get_outbound_dnclists_divisionviews(include_size=True, dnc_source_type="rds").entities
    assert [(view.id, view.size) for view in views] == [(anyway.id, 0)]
    assert api.get_outbound_dnclists_divisionview(leads.id).name == leads.name


def test_custom_exclusion_entries(api, leads):
    """Added, removed, and cleared; nothing has expired."""
    kind, field = Genesys.DncPatchCustomExclusionColumnsRequest, "custom_exclusion_column_entries"
    api.patch_outbound_dnclist_customexclusioncolumns(leads.id, patch(kind, field, ["L-1", "L-2"]))
    api.patch_outbound_dnclist_customexclusioncolumns(leads.id, patch(kind, field, ["L-1"], "Remove"))
    api.delete_outbound_dnclist_customexclusioncolumns(leads.id, expired_only=True)
    assert size(api, leads) == 1
    api.delete_outbound_dnclist_customexclusioncolumns(leads.id)
    assert size(api, leads) == 0


def test_the_other_entries(api, anyway):
    """Phone numbers, email addresses, WhatsApp numbers: by each operation there is."""
    api.post_outbound_dnclist_phonenumbers(anyway.id, ["+15550100"], expiration_date_time=SOON)
    api.post_outbound_dnclist_emailaddresses(anyway.id, ["a@example.com"])
    phones = patch(Genesys.DncPatchPhoneNumbersRequest, "phone_numbers", ["+15550101"])
    emails = patch(Genesys.DncPatchEmailsRequest, "email_addresses", ["b@example.com"])
    whatsapp = patch(Genesys.DncPatchWhatsAppNumbersRequest, "whats_app_numbers", ["+15550102"])
    api.patch_outbound_dnclist_phonenumbers(anyway.id, phones)
    api.patch_outbound_dnclist_emailaddresses(anyway.id, emails)
    api.patch_outbound_dnclist_whatsappnumbers(anyway.id, whatsapp)
    assert size(api, anyway) == 5
    for clear in (
        api.delete_outbound_dnclist_phonenumbers,
        api.delete_outbound_dnclist_emailaddresses,
        api.delete_outbound_dnclist_whatsappnumbers,
    ):
        clear(anyway.id)
    assert size(api, anyway) == 0


def test_a_file_in_and_out(api, client, leads):
    """By signed address, then as an export, whose address wants the token."""
    asked = Genesys.DNCListUploadUrlRequest()
    asked.id, asked.content_type = leads.id, "text/csv"
    asked.custom_exclusion_columns, asked.expiration_date_time_column = "Lead ID", "until"
    address = api.post_outbound_dnclists_uploads(asked)
    content = f"Lead ID,until\nL-1,{SOON}\n"
    assert urllib3.request("PUT", address.url, headers=address.headers, body=content).status == 200
    assert api.get_outbound_dnclist_importstatus(leads.id).percent_complete == 100
    api.post_outbound_dnclist_export(leads.id)
    uri = api.get_outbound_dnclist_export(leads.id).uri
    reply = urllib3.request("GET", uri, headers={"Authorization": f"Bearer {client.access_token}"})
    assert reply.data.decode("utf-8-sig").splitlines()[1] == f'"L-1","custom","{SOON}"'


def test_an_operation_that_a_source_does_not_support(api, leads):
    """Phone numbers have no place in a list of Lead IDs."""
    with refused(400, "dnc.source.operation.not.supported"):
        api.post_outbound_dnclist_phonenumbers(leads.id, ["+15550100"])
