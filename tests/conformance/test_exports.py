import csv
import io
from datetime import UTC, datetime

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3

from .answers import refused
from .leads import COLUMNS, contact, lead

pytestmark = pytest.mark.conformance


def download(uri, client, **options):
    """The file at an address, fetched with the token, as samples and Terraform do; redirects are followed."""
    return urllib3.request("GET", uri, headers={"Authorization": f"Bearer {client.access_token}"}, **options)


def cells(file):
    return [*csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""))]


@pytest.fixture
def exported(api, leads, ten):
    """The address of an export of ten contacts."""
    api.post_outbound_contactlist_export(leads.id)
    return api.get_outbound_contactlist_export(leads.id)


def test_before_any_export(api, leads):
    """404 with a code of its own, which tells it from a list that is not there."""
    with refused(404, "no.available.list.export.uri"):
        api.get_outbound_contactlist_export(leads.id)


def test_until_it_is_ready(settings, api, leads, ten):
    """Asking too early is the same 404, until the file is there."""
    settings(jobs__export_start_delay_s=3600)
    entity = api.post_outbound_contactlist_export(leads.id)  # the SDK's body is `null`
    assert entity.id
    with refused(404, "no.available.list.export.uri"):
        api.get_outbound_contactlist_export(leads.id)
    settings(jobs__export_start_delay_s=0)
    api.post_outbound_contactlist_export(leads.id)
    assert api.get_outbound_contactlist_export(leads.id).uri


def test_when_it_was_made(exported):
    """The export says its time, so that an older one can be told from it."""
    assert abs((datetime.now(UTC) - exported.export_timestamp).total_seconds()) < 60


def test_the_file(client, leads, ten, exported):
    """A byte order mark, every cell quoted, the contact's id first, the list's columns, then the platform's own."""
    file = download(exported.uri, client)
    assert (file.status, file.data[:22]) == (200, b'\xef\xbb\xbf"inin-outbound-id",')
    header, *rows = cells(file.data)
    assert (len(header), header[1:6], header[6]) == (1 + 5 + 5 + 9, COLUMNS, "ContactCallable")
    assert {row[0]: dict(zip(COLUMNS, row[1:6], strict=True)) for row in rows} == {each.id: each.data for each in ten}


def test_text_that_needs_quoting(api, client, leads):
    """Quotes, commas and lines inside cells survive."""
    text = 'She said "no",\nthen left'
    api.post_outbound_contactlist_contacts(leads.id, [contact(lead(1) | {"First Name": text})])
    api.post_outbound_contactlist_export(leads.id)
    file = download(api.get_outbound_contactlist_export(leads.id).uri, client)
    assert cells(file.data)[1][2] == text


def test_the_way_to_the_file(client, exported):
    """The first address needs the token and leads to a second, which needs none."""
    assert urllib3.request("GET", exported.uri).status == 401
    hop = download(exported.uri, client, redirect=False)
    assert hop.status in (302, 303, 307)
    assert urllib3.request("GET", hop.headers["Location"]).status == 200


def test_the_address_instead_of_the_redirect(client, exported):
    """The SDK's own method for downloads."""
    answer = Genesys.DownloadsApi(client).get_download(exported.uri.rpartition("/")[2], issue_redirect=False)
    assert cells(urllib3.request("GET", answer.url).data)[0][0] == "inin-outbound-id"


def test_the_redirect_the_sdk_cannot_use(plain_client, leads, exported):
    """Told to download, the SDK follows to the file and makes an empty answer of it, without an error."""
    answer = Genesys.OutboundApi(plain_client).get_outbound_contactlist_export(leads.id, download="true")
    assert (answer.uri, answer.export_timestamp) == (None, None)
    assert plain_client.last_response.data.startswith('\ufeff"inin-outbound-id"')


def test_an_export_is_of_its_moment(api, client, leads, exported):
    """What came later is in the next export, which from then on is the one that is answered."""
    api.post_outbound_contactlist_contacts(leads.id, [contact(lead(10))])
    assert len(cells(download(exported.uri, client).data)) == 11
    api.post_outbound_contactlist_export(leads.id)
    newer = api.get_outbound_contactlist_export(leads.id)
    assert newer.export_timestamp >= exported.export_timestamp
    assert len(cells(download(newer.uri, client).data)) == 12


def test_an_empty_list(api, client, leads):
    """An export of nothing is a header."""
    api.post_outbound_contactlist_export(leads.id)
    assert len(cells(download(api.get_outbound_contactlist_export(leads.id).uri, client).data)) == 1


def test_an_export_comes_back_as_an_import_of_the_same_contacts(api, mock, client, leads, exported):
    """Without the platform's own columns, as Terraform does it: nothing is new."""
    kept = [row[:6] for row in cells(download(exported.uri, client).data)]
    file = "".join(",".join(row) + "\r\n" for row in kept).encode()
    fields = {"id": leads.id, "fileType": "contactlist", "contact-id-name": "inin-outbound-id", "file": ("x", file)}
    headers = {"Authorization": f"Bearer {client.access_token}"}
    assert urllib3.request("POST", f"{mock.url}/uploads/v2/contactlist", fields=fields, headers=headers).status == 200
    assert api.get_outbound_contactlist_importstatus(leads.id).percent_complete == 100
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 10


@pytest.mark.parametrize("download_id", ["00000000-0000-4000-8000-000000000000", "nothing", "%2e%2e"])
def test_downloads_that_are_not_there(client, download_id):
    """Nobody's file."""
    with refused(404, "not.found"):
        Genesys.DownloadsApi(client).get_download(download_id, issue_redirect=False)
