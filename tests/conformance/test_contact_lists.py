from datetime import UTC, datetime

import pytest

from .answers import refused
from .leads import COLUMNS, contact_list, contacts, phone_column

pytestmark = pytest.mark.conformance


@pytest.fixture
def many(api):
    """Seven lists: Leads 1 to Leads 5, More leads, leads."""
    names = [*(f"Leads {number}" for number in range(1, 6)), "More leads", "leads"]
    return {name: api.post_outbound_contactlists(contact_list(name)) for name in names}


def test_create(leads):
    """A new list has an id, a version, a date, the home division, and what it was made with."""
    assert (leads.name, leads.column_names, leads.version, leads.division.name) == ("Leads", COLUMNS, 1, "Home")
    assert [(column.column_name, column.type) for column in leads.phone_columns] == [("Phone", "cell")]
    assert isinstance(leads.date_created, datetime)
    assert leads.self_uri == f"/api/v2/outbound/contactlists/{leads.id}"


@pytest.mark.parametrize(
    "given",
    [
        {"retention_type": "RetentionDays", "retention_days": 30, "time_zone": "Europe/Berlin"},
        {"retention_type": "Never", "trim_whitespace": False},
        {"automatic_time_zone_mapping": True, "zip_code_column_name": "Zip"},
        {"preview_mode_column_name": "Age", "preview_mode_accepted_values": ["17", "18"]},
        {"email_columns": [{"columnName": "First Name", "type": "WORK"}]},
        {"whats_app_columns": [{"columnName": "Phone", "type": "WORK"}]},
        {"column_data_type_specifications": [{"columnName": "Age", "columnDataType": "NUMERIC", "min": 0, "max": 120}]},
        {"date_expiration": datetime(2031, 1, 31, 12, 30, tzinfo=UTC)},
        {"date_expiration": "2031-01-31T12:30:00.000Z"},
        {"phone_columns": [phone_column(callable_time_column="Zip")]},
    ],
)
def test_settings_of_a_list(api, given):
    """Everything a list may say about itself is there when it is read again."""
    created = api.post_outbound_contactlists(contact_list("Leads", **given))
    read = api.get_outbound_contactlist(created.id).to_dict()
    assert read == created.to_dict()
    assert {name for name in given if read[name] in (None, [])} == set()


def test_size_and_import_status_are_shown_on_demand(api, leads, ten):
    """Neither is there unless it was asked for."""
    bare = api.get_outbound_contactlist(leads.id)
    full = api.get_outbound_contactlist(leads.id, include_size=True, include_import_status=True)
    assert (bare.size, bare.import_status) == (None, None)
    assert (full.size, full.import_status.state) == (10, None)


def test_pages(api, many):
    """Pages of a listing join to the whole of it, in order and without a gap."""
    pages = [api.get_outbound_contactlists(page_size=3, page_number=number) for number in (1, 2, 3)]
    assert [each.name for page in pages for each in page.entities] == sorted(many)
    assert {(page.total, page.page_count, page.page_size) for page in pages} == {(7, 3, 3)}
    assert [bool(page.next_uri) for page in pages] == [True, True, False]
    assert [bool(page.previous_uri) for page in pages] == [False, True, True]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "Leads"}, 5),  # a prefix unless told otherwise
        ({"name": "Leads 3"}, 1),
        ({"name": "Leads", "filter_type": "Equals"}, 0),
        ({"name": "leads", "filter_type": "Equals"}, 1),
        ({"name": "leads", "filter_type": "Contains"}, 2),
        ({"name": "leads", "filter_type": "EndsWith"}, 2),
        ({"name": "None such", "allow_empty_result": True}, 0),
        ({"page_number": 9}, 0),
        ({"page_size": 100}, 7),
        ({"division_id": ["no-such-division"]}, 0),
        ({"time_zone": ["Europe/Berlin", "Europe/Paris"]}, 0),
        ({"sort_by": "name", "sort_order": "descending"}, 7),
    ],
)
def test_filters(api, many, query, found):
    """Every filter the SDK has a parameter for is understood."""
    assert len(api.get_outbound_contactlists(**query).entities) == found


def test_lists_by_id(api, many):
    """The SDK joins ids with commas."""
    wanted = [many["Leads 2"].id, many["leads"].id]
    page = api.get_outbound_contactlists(id=[*wanted, "00000000-0000-4000-8000-000000000000"])
    assert sorted(each.id for each in page.entities) == sorted(wanted)


def test_update(api, leads):
    """An update of the version one has read makes the next one."""
    leads.name = "Leads, renamed"
    updated = api.put_outbound_contactlist(leads.id, leads)
    assert (updated.name, updated.version, updated.date_created) == ("Leads, renamed", 2, leads.date_created)
    assert api.get_outbound_contactlist(leads.id).name == "Leads, renamed"


def test_an_update_too_late(api, leads):
    """Who updates an old version would undo the update in between."""
    api.put_outbound_contactlist(leads.id, leads)
    with refused(409, "invalid.update.wrong.version"):
        api.put_outbound_contactlist(leads.id, leads)


def test_delete(api, leads):
    """A deleted list is gone for every operation."""
    assert api.delete_outbound_contactlist(leads.id) is None
    with refused(404, "contact.list.not.found"):
        api.get_outbound_contactlist(leads.id)
    with refused(404, "resource.not.found"):
        api.delete_outbound_contactlist(leads.id)


def test_delete_many(api, many):
    """Several at once; those left are still there."""
    api.delete_outbound_contactlists([many[f"Leads {number}"].id for number in (1, 2, 3, 4)])
    assert [each.name for each in api.get_outbound_contactlists().entities] == ["Leads 5", "More leads", "leads"]


def test_clear(api, leads, ten):
    """A cleared list is empty, and takes contacts again."""
    assert api.post_outbound_contactlist_clear(leads.id) is None
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 0
    assert len(api.post_outbound_contactlist_contacts(leads.id, contacts(3))) == 3
