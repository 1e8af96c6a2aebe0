"""Contact lists in other forms: as divisions see them, changed together, spread over time zones."""

import PureCloudPlatformClientV2 as Genesys
import pytest

from .answers import refused
from .leads import COLUMNS, contact_list, model

pytestmark = pytest.mark.conformance


@pytest.fixture
def many(api):
    """Lists A to E, in this order."""
    return [api.post_outbound_contactlists(contact_list(name)) for name in "ABCDE"]


def edit(ids, **fields):
    change = model(Genesys.ContactList, **fields)
    return model(Genesys.ContactListsBulkEditRequest, contact_list_ids=ids, contact_list=change)


def test_a_view(api, leads, ten):
    """A view has a list's name, division and columns, and no version."""
    view = api.get_outbound_contactlists_divisionview(leads.id)
    assert (view.id, view.name, view.division.name, view.column_names) == (leads.id, "Leads", "Home", COLUMNS)
    assert [each.column_name for each in view.phone_columns] == ["Phone"]
    assert (view.size, view.import_status) == (None, None)


def test_a_view_with_more(api, leads, ten):
    """Size and import status are shown when asked for."""
    view = api.get_outbound_contactlists_divisionview(leads.id, include_size=True, include_import_status=True)
    assert view.size == 10
    assert {value for value in view.import_status.to_dict().values() if value} == set()


def test_no_such_view(api):
    """A list nobody has."""
    with refused(404, "contact.list.not.found"):
        api.get_outbound_contactlists_divisionview("none")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "ABCDE"),
        ({"page_size": 2, "page_number": 2}, "CD"),
        ({"name": "B"}, "B"),
        ({"name": "b"}, ""),
        ({"name": "B.*", "filter_type": "RegEx"}, "B"),
        ({"sort_by": "name", "sort_order": "descending"}, "EDCBA"),
        ({"page_number": 4, "page_size": 2}, ""),
    ],
)
def test_views(api, many, query, names):
    """The listing has the filters that that of lists has."""
    page = api.get_outbound_contactlists_divisionviews(**query)
    assert [each.name for each in page.entities] == [*names]


def test_views_by_id(api, many):
    """The SDK joins ids with commas."""
    wanted = [many[0].id, many[3].id]
    page = api.get_outbound_contactlists_divisionviews(id=wanted, include_size=True)
    assert [(each.name, each.size) for each in page.entities] == [("A", 0), ("D", 0)]


def test_time_zones(api, leads, ten):
    """Contacts without a time zone are in the default window; the size says of how many."""
    preview = api.get_outbound_contactlist_timezonemappingpreview(leads.id)
    assert (preview.contact_list.id, preview.contact_list_size) == (leads.id, 10)
    assert preview.contacts_in_default_window == 10
    with refused(404, "contact.list.not.found"):
        api.get_outbound_contactlist_timezonemappingpreview("none")


def test_change_many(api, many):
    """Retention and time zone of several lists in one request; each becomes a new version."""
    answer = api.post_outbound_contactlists_bulk_update(
        edit([many[0].id, many[2].id], retention_type="RetentionDays", retention_days=30, time_zone="Europe/Berlin")
    )
    assert (answer.error_count, answer.error_indexes) == (0, [])
    assert {each.id for each in answer.results} == {many[0].id, many[2].id}
    changed = api.get_outbound_contactlist(many[2].id)
    assert (changed.retention_type, changed.retention_days, changed.time_zone) == ("RetentionDays", 30, "Europe/Berlin")
    assert (changed.version, api.get_outbound_contactlist(many[1].id).version) == (2, 1)


def test_change_many_and_one_that_is_not_there(api, many):
    """One failure does not keep the others from being changed; the answer says which it was."""
    answer = api.post_outbound_contactlists_bulk_update(edit([many[0].id, "none"], time_zone="Europe/Paris"))
    results = {each.id: each for each in answer.results}
    assert (results[many[0].id].success, results[many[0].id].entity.time_zone) == (True, "Europe/Paris")
    assert (results["none"].success, results["none"].status, results["none"].error.code) == (
        False,
        404,
        "resource.not.found",
    )
    assert (answer.error_count, [answer.results[at].id for at in answer.error_indexes]) == (1, ["none"])


@pytest.mark.parametrize("wrong", [{"retention_type": "RetentionDays"}, {"retention_type": "Sometimes"}])
def test_change_many_wrongly(api, many, wrong):
    """A change that a single list would refuse is refused for each."""
    answer = api.post_outbound_contactlists_bulk_update(edit([each.id for each in many[:2]], **wrong))
    assert [each.success for each in answer.results] == [False, False]
    assert {each.error.status for each in answer.results} == {400}
    assert api.get_outbound_contactlist(many[0].id).version == 1


@pytest.mark.parametrize("count", [0, 101])
def test_change_too_many(api, leads, count):
    """A hundred lists are the most."""
    with refused(400, "bad.request" if count == 0 else "too.many.bulk.updates"):
        api.post_outbound_contactlists_bulk_update(edit([f"list-{n}" for n in range(count)], time_zone="Europe/Paris"))
