"""Read this first: a program written for the platform, pointed at the mock."""

import csv

import PureCloudPlatformClientV2
import pytest
import urllib3

pytestmark = pytest.mark.conformance


def test_leads_go_in_and_come_out_with_their_ids(mock):
    """Log in, make a list, add 1,000 leads, export them, download which contact each became, clean up."""
    client = PureCloudPlatformClientV2.api_client.ApiClient(host=mock.url)  # the only line that differs
    client.get_client_credentials_token("mock-client", "mock-secret")
    outbound = PureCloudPlatformClientV2.OutboundApi(client)

    contact_list = outbound.post_outbound_contactlists(
        {
            "name": "Leads of November",
            "columnNames": ["Lead ID", "Phone"],
            "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
        }
    )
    leads = {f"L-{n:04}": f"+1 555 01{n % 100:02}" for n in range(1_000)}
    body = [{"contactListId": contact_list.id, "data": {"Lead ID": id_, "Phone": n}} for id_, n in leads.items()]
    added = outbound.post_outbound_contactlist_contacts(contact_list.id, body)
    contact_ids = {contact.data["Lead ID"]: contact.id for contact in added}
    assert contact_ids.keys() == leads.keys()

    outbound.post_outbound_contactlist_export(contact_list.id)
    export = outbound.get_outbound_contactlist_export(contact_list.id)
    file = urllib3.request("GET", export.uri, headers={"Authorization": f"Bearer {client.access_token}"})
    rows = csv.DictReader(file.data.decode("utf-8-sig").splitlines())
    assert {row["Lead ID"]: row["inin-outbound-id"] for row in rows} == contact_ids

    outbound.delete_outbound_contactlist(contact_list.id)
    assert outbound.get_outbound_contactlists().entities == []
