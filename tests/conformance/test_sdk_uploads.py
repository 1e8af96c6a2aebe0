"""Signed addresses for files: asked for with the SDK, used without it and without a token."""

import json

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3

from .answers import refused
from .leads import COLUMNS, lead, model

pytestmark = pytest.mark.conformance

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv(count):
    rows = [COLUMNS, *(lead(number).values() for number in range(count))]
    return "".join(",".join(row) + "\r\n" for row in rows).encode()


def wanted(list_id, **fields):
    given = {"id": list_id, "content_type": "text/csv"} | fields
    return model(Genesys.ContactListUploadUrlRequest, **given)


def put(address, file, **headers):
    return urllib3.request("PUT", address.url, headers=address.headers | headers, body=file, retries=False)


def test_an_upload(api, leads):
    """An address, the file put there, the import followed as any other."""
    address = api.post_outbound_contactlists_uploads(wanted(leads.id, contact_id_name="Lead ID"))
    reply = put(address, csv(25))
    assert (reply.status, reply.data) == (200, b"")
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.percent_complete, status.total_records) == (None, 100, 25)
    assert api.get_outbound_contactlist_contact(leads.id, "L-0000007").data == lead(7)


def test_the_address(api, leads):
    """It is complete, of this mock, and says which headers the PUT has to have."""
    address = api.post_outbound_contactlists_uploads(wanted(leads.id))
    assert address.url.startswith(api.api_client.host)
    assert address.upload_key.endswith(".csv")
    assert address.headers["Content-Type"] == "text/csv"


def test_nothing_happens_until_the_put(api, leads):
    """Asking for an address starts no import."""
    api.post_outbound_contactlists_uploads(wanted(leads.id))
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.percent_complete) == (None, None)


def test_own_ids_and_clearing(api, leads, ten):
    """The same options as a form's: ids from a column, and what the platform knows of contacts forgotten."""
    first = model(Genesys.WritableDialerContact, id="L-0000003", data=lead(3), callable=False)
    api.post_outbound_contactlist_contacts(leads.id, [first])
    options = {"contact_id_name": "Lead ID", "clear_system_data": True}
    put(api.post_outbound_contactlists_uploads(wanted(leads.id, **options)), csv(5))
    assert api.get_outbound_contactlist_contact(leads.id, "L-0000003").callable is True
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 15


def test_retention_columns(api):
    """Each row may say for how long it is kept."""
    columns = ["Lead ID", "Phone", "Kept"]
    phones = [{"columnName": "Phone", "type": "cell"}]
    made = api.post_outbound_contactlists({"name": "Leads", "columnNames": columns, "phoneColumns": phones})
    options = {"contact_id_name": "Lead ID", "retention_days_column": "Kept"}
    address = api.post_outbound_contactlists_uploads(wanted(made.id, **options))
    assert put(address, b"Lead ID,Phone,Kept\r\nL-1,+1 555 0100,3\r\n").status == 200
    assert api.get_outbound_contactlist_contact(made.id, "L-1").data["Kept"] == "3"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"content_type": None}, "invalid.value"),
        ({"signed_url_timeout_seconds": 0}, "invalid.value"),
        ({"signed_url_timeout_seconds": 604_801}, "invalid.value"),
        ({"id": None}, "bad.request"),
        ({"import_template_id": "another"}, "bad.request"),
    ],
)
def test_refused_requests(api, leads, fields, code):
    """What the models say about the fields holds."""
    with refused(400, code):
        api.post_outbound_contactlists_uploads(wanted(leads.id, **fields))


def test_an_address_for_nothing(api):
    """A list and a template that are not there."""
    with refused(404, "contact.list.not.found"):
        api.post_outbound_contactlists_uploads(wanted("none"))
    with refused(404, "resource.not.found"):
        api.post_outbound_contactlists_uploads(wanted(None, import_template_id="none", list_name_prefix="Leads"))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda url: url.replace("X-Amz-Expires=600", "X-Amz-Expires=601"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.replace("contactlists", "dnclists"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.partition("?")[0], 403, "AccessDenied"),
        (lambda url: url[:-4] + "0000", 403, "SignatureDoesNotMatch"),
    ],
)
def test_tampered_addresses(api, leads, change, status, code):
    """A signature is of the whole address; the refusals are XML, as of the store behind the platform."""
    address = api.post_outbound_contactlists_uploads(wanted(leads.id))
    address.url = change(address.url)
    reply = put(address, csv(3))
    assert (reply.status, reply.headers["Content-Type"]) == (status, "application/xml")
    assert f"<Code>{code}</Code>" in reply.data.decode()
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 0


def test_other_headers_than_signed(api, client, leads):
    """Another content type, none of the headers, or a token as well: nothing is taken."""
    address = api.post_outbound_contactlists_uploads(wanted(leads.id))
    assert put(address, csv(3), **{"Content-Type": EXCEL}).status == 403
    assert urllib3.request("PUT", address.url, body=csv(3)).status == 403
    assert put(address, csv(3), Authorization=f"Bearer {client.access_token}").status == 400
    assert put(address, csv(3)).status == 200


def test_a_workbook(api, leads):
    """A spreadsheet may be announced; the file is taken, and what comes of it is in the status."""
    address = api.post_outbound_contactlists_uploads(wanted(leads.id, content_type=EXCEL))
    assert put(address, b"PK\x03\x04 and so on").status == 200
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.failure_reason) == ("FAILED", "FAILED_TO_READ_HEADERS")


def test_a_list_that_is_gone_by_then(api, leads):
    """Who puts the file is not told; the log is."""
    address = api.post_outbound_contactlists_uploads(wanted(leads.id))
    api.delete_outbound_contactlist(leads.id)
    assert put(address, csv(3)).status == 200
    [event] = api.get_outbound_events().entities
    assert event.event_message.code == "IMPORT_LIST_NO_LONGER_EXISTS"


def test_no_token_in_the_address(api, client, leads):
    """Addresses travel; what they hold may be seen."""
    address = api.post_outbound_contactlists_uploads(wanted(leads.id))
    assert client.access_token not in json.dumps(address.to_dict())
