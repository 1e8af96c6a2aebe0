"""Contact list filters, and what may be narrowed down by them or by criteria: searches and exports."""

import csv
import io

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3

from .answers import refused
from .leads import COLUMNS, clause, contacts, criteria, model, phone_column, predicate

pytestmark = pytest.mark.conformance

SEVENS = predicate("Lead ID", "ENDS_WITH", "7")


@pytest.fixture
def stored(api, leads):
    """A hundred contacts, whose id is their lead id."""
    return api.post_outbound_contactlist_contacts(leads.id, contacts(100, own_ids=True))


def a_filter(list_id, name="Sevens", **fields):
    given = {"name": name, "contact_list": {"id": list_id}, "filter_type": "AND", "clauses": [clause(SEVENS)]}
    return model(Genesys.ContactListFilter, **given | fields)


@pytest.fixture
def sevens(api, leads):
    """The filter for contacts whose Lead ID ends with 7."""
    return api.post_outbound_contactlistfilters(a_filter(leads.id))


@pytest.fixture
def exported(api, client, leads):
    """A function that exports some contacts, and returns their ids."""

    def run(**wanted):
        api.post_outbound_contactlist_export(leads.id, body=model(Genesys.ContactsExportRequest, **wanted))
        uri = api.get_outbound_contactlist_export(leads.id).uri
        file = urllib3.request("GET", uri, headers={"Authorization": f"Bearer {client.access_token}"}).data
        return [row["inin-outbound-id"] for row in csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""))]

    return run


def test_a_filter(api, leads, sevens):
    """Made, read, changed and deleted; it names its list."""
    assert api.get_outbound_contactlistfilter(sevens.id).to_dict() == sevens.to_dict()
    assert (sevens.contact_list.id, sevens.source_type, sevens.version) == (leads.id, "ContactList", 1)
    sevens.name = "All sevens"
    assert api.put_outbound_contactlistfilter(sevens.id, sevens).version == 2
    with refused(409, "invalid.update.wrong.version"):
        api.put_outbound_contactlistfilter(sevens.id, sevens)
    api.delete_outbound_contactlistfilter(sevens.id)
    with refused(404, "resource.not.found"):
        api.get_outbound_contactlistfilter(sevens.id)


def test_many(api, leads):
    """Listed by name and by list, and read by their ids."""
    made = [api.post_outbound_contactlistfilters(a_filter(leads.id, name)) for name in ("A", "B", "C")]
    assert [each.name for each in api.get_outbound_contactlistfilters(name="B").entities] == ["B"]
    assert api.get_outbound_contactlistfilters(contact_list_id=leads.id, page_size=2).total == 3
    assert api.get_outbound_contactlistfilters(contact_list_id="none").entities == []
    body = model(Genesys.ContactListFilterBulkRetrieveBody, ids=[made[2].id, "none"])
    assert [each.name for each in api.post_outbound_contactlistfilters_bulk_retrieve(body).entities] == ["C"]


def test_a_filter_of_a_template(api):
    """Import templates need filters whose source is what their lists will look like."""
    given = {"name": "Columns", "column_names": COLUMNS, "phone_columns": [phone_column()]}
    columns = model(Genesys.ContactListTemplate, **given)
    template = api.post_outbound_contactlisttemplates(columns)
    of_template = {
        "contact_list": None,
        "source_type": "ContactListTemplate",
        "contact_list_template": {"id": template.id},
    }
    made = api.post_outbound_contactlistfilters(a_filter(None, **of_template))
    assert (made.contact_list, made.contact_list_template.id) == (None, template.id)


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"name": ""}, 400, "name.cannot.be.blank"),
        ({"name": "Sevens"}, 400, "duplicate.name"),
        ({"contact_list": {"id": "none"}}, 404, "contact.list.not.found"),
        ({"contact_list": None}, 400, "invalid.value"),
        ({"clauses": [clause(predicate("Shoe size", "EQUALS", "44"))]}, 400, "invalid.contact.columns"),
        ({"clauses": [clause(predicate("Age", "SOUNDS_LIKE", "7"))]}, 400, "invalid.value"),
    ],
)
def test_refused_filters(api, leads, sevens, wrong, status, code):
    """What could not be searched for cannot be a filter either."""
    with refused(status, code):
        api.post_outbound_contactlistfilters(a_filter(leads.id, **{"name": "More"} | wrong))


def test_a_preview(api, leads, stored):
    """How many contacts a filter would pass, and some of them, without making it."""
    preview = api.post_outbound_contactlistfilters_preview(a_filter(leads.id))
    assert (preview.filtered_contacts, preview.total_contacts) == (10, 100)
    assert {each.id[-1] for each in preview.preview} == {"7"}
    assert api.get_outbound_contactlistfilters().entities == []


def test_a_search_by_filter(api, leads, stored, sevens):
    """A filter in the place of criteria."""
    wanted = model(Genesys.ContactListingRequest, contact_list_filter_id=sevens.id, page_number=1, page_size=100)
    page = api.post_outbound_contactlist_contacts_search(leads.id, wanted)
    assert (page.total, page.contacts_count) == (10, 100)
    assert [each.id for each in page.entities] == [f"L-{n:07}" for n in range(7, 100, 10)]


def test_exports(leads, stored, sevens, exported):
    """By filter, by criteria, by ids; without any of them all."""
    assert exported(contact_list_filter_id=sevens.id) == [f"L-{n:07}" for n in range(7, 100, 10)]
    assert len(exported(criteria=criteria(predicate("Age", "LESS_THAN", "10", column_type="numeric")))) == 20
    assert sorted(exported(contact_ids=["L-0000003", "L-0000042", "none"])) == ["L-0000003", "L-0000042"]
    assert len(exported()) == 100


def test_an_export_by_two_ways(api, leads, sevens):
    """Only one way at a time says which contacts."""
    both = model(Genesys.ContactsExportRequest, contact_ids=["a"], contact_list_filter_id=sevens.id)
    with refused(400, "bad.request"):
        api.post_outbound_contactlist_export(leads.id, body=both)
