"""Contact list filters, bulk jobs and what contacts carry besides data, by the official Python SDK."""

import PureCloudPlatformClientV2 as Genesys
import pytest

pytestmark = pytest.mark.conformance

COLUMNS = {"columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}


@pytest.fixture
def five(api):
    """The id of a list of five contacts."""
    made = api.post_outbound_contactlists({"name": "Leads", **COLUMNS})
    contacts = [{"id": f"c{n}", "contactListId": made.id, "data": {"Lead": str(n), "Phone": ""}} for n in range(5)]
    api.post_outbound_contactlist_contacts(made.id, contacts)
    return made.id


def from_one_to_three(list_id):
    """A filter that three of the contacts pass."""
    wanted = Genesys.ContactListFilterPredicate()
    wanted.column, wanted.column_type, wanted.operator = "Lead", "numeric", "BETWEEN"
    wanted.range = Genesys.ContactListFilterRange()
    wanted.range.min, wanted.range.max, wanted.range.min_inclusive, wanted.range.max_inclusive = "1", "3", True, True
    clause = Genesys.ContactListFilterClause()
    clause.filter_type, clause.predicates = "AND", [wanted]
    made = Genesys.ContactListFilter()
    made.name, made.contact_list, made.source_type = "F", {"id": list_id}, "ContactList"
    made.clauses, made.filter_type = [clause], "AND"
    return made


def test_attributes(api, five):
    """Dates are dates, media are media, and the flags of the query have their effect."""
    status = {"Sms": {"contactable": False, "columnStatus": {"Phone": {"contactable": False}}}}
    contact = {"id": "x", "contactListId": five, "retentionType": "RetentionDays", "retentionDays": 3}
    contact["data"] = {"Lead": "x", "Phone": ""}
    (added,) = api.post_outbound_contactlist_contacts(
        five, [{**contact, "contactableStatus": status}], priority=True, clear_system_data=True, do_not_queue=False
    )
    assert (added.date_expiration - added.date_created).days == 3
    assert (added.retention_type, added.configuration_overrides.priority) == ("RetentionDays", True)
    assert added.contactable_status["Sms"].column_status["Phone"].contactable is False


def test_filters(api, five):
    """Made, found, changed, previewed and deleted."""
    preview = api.post_outbound_contactlistfilters_preview(from_one_to_three(five))
    assert (preview.filtered_contacts, preview.total_contacts, len(preview.preview)) == (3, 5, 3)
    made = api.post_outbound_contactlistfilters(from_one_to_three(five))
    made.name = "G"
    assert api.put_outbound_contactlistfilter(made.id, made).version == 2
    assert api.get_outbound_contactlistfilters(contact_list_id=five).entities[0].name == "G"
    assert api.post_outbound_contactlistfilters_bulk_retrieve({"ids": [made.id]}).total == 1
    assert api.delete_outbound_contactlistfilter(made.id) is None


def test_bulk_jobs(api, five):
    """An update and a removal by filter, and what is told of them."""
    made = api.post_outbound_contactlistfilters(from_one_to_three(five))
    edit = Genesys.ContactBulkEditRequest()
    edit.contact_list_filter_id, edit.contact = made.id, Genesys.DialerContact()
    edit.contact.data, edit.contact.callable = {"Phone": "+15550199"}, False
    job = api.post_outbound_contactlist_contacts_bulk_update(five, edit)
    assert (job.type, job.total_records) == ("BulkEdit", 3)
    ended = api.get_outbound_contactlist_contacts_bulk_job(five, job.id)
    assert (ended.state, ended.percent_complete, ended.download_uri is None) == ("Complete", 100, False)
    removal = Genesys.ContactBulkSearchParameters()
    removal.contact_list_filter_id = made.id
    api.post_outbound_contactlist_contacts_bulk_remove(five, removal)
    listing = api.get_outbound_contactlist_contacts_bulk_jobs(five)
    assert [(each.type, each.state) for each in listing.entities] == [
        ("BulkDelete", "Complete"),
        ("BulkEdit", "Complete"),
    ]
    found = api.post_outbound_contactlist_contacts_search(five, {"pageNumber": 1, "pageSize": 9})
    assert [each.id for each in found.entities] == ["c0", "c4"]
