import PureCloudPlatformClientV2 as Genesys
import pytest

from .answers import refused
from .leads import contacts, criteria, lead, model, predicate

pytestmark = pytest.mark.conformance


@pytest.fixture
def stored(api, leads):
    """250 contacts in the list of leads, whose id is their lead id."""
    return api.post_outbound_contactlist_contacts(leads.id, contacts(250, own_ids=True))


def search(*predicates, join="AND", **attributes):
    """A request for the contacts that meet them."""
    paged = {"page_number": 1, "page_size": 100} | attributes
    return model(Genesys.ContactListingRequest, criteria=criteria(*predicates, join=join), **paged)


NUMERIC = {"column_type": "numeric"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([predicate("Lead ID", "EQUALS", "L-0000042")], 1),
        ([predicate("Lead ID", "EQUALS", "l-0000042")], 0),
        ([predicate("Lead ID", "EQUALS", "L-0000042", inverted=True)], 249),
        ([predicate("inin-outbound-id", "EQUALS", "L-0000042")], 1),
        ([predicate("Lead ID", "IN", in_set=["L-0000001", "L-0000007", "L-9999999"])], 2),
        ([predicate("Lead ID", "IN", in_set=[f"L-{n:07}" for n in range(200)])], 200),
        ([predicate("Lead ID", "BEGINS_WITH", "L-00001")], 100),
        ([predicate("Lead ID", "ENDS_WITH", "7")], 25),
        ([predicate("First Name", "CONTAINS", "ë")], 125),
        ([predicate("Age", "EQUALS", "7", **NUMERIC)], 3),
        ([predicate("Age", "EQUALS", "07.0", **NUMERIC)], 3),
        ([predicate("Age", "EQUALS", "07.0")], 0),
        ([predicate("Age", "LESS_THAN", "10", **NUMERIC)], 30),
        ([predicate("Age", "LESS_THAN_EQUALS", "10", **NUMERIC)], 33),
        ([predicate("Age", "GREATER_THAN", "88", **NUMERIC)], 2),
        ([predicate("Age", "GREATER_THAN_EQUALS", "88", **NUMERIC)], 4),
        ([predicate("Age", "BETWEEN", min="10", max="20", **NUMERIC)], 27),
        ([predicate("Age", "EQUALS", "7", **NUMERIC), predicate("First Name", "EQUALS", "Ali")], 3),
        ([predicate("Age", "EQUALS", "7", **NUMERIC), predicate("First Name", "EQUALS", "Zoë")], 0),
    ],
)
def test_predicates(api, leads, stored, wanted, found):
    """Every operator, on text and on numbers; `total` counts what matches, `contactsCount` the list."""
    page = api.post_outbound_contactlist_contacts_search(leads.id, search(*wanted))
    assert (page.total, len(page.entities), page.contacts_count) == (found, min(found, 100), 250)


def test_one_of_several(api, leads, stored):
    """Conditions joined by OR."""
    either = search(predicate("Lead ID", "EQUALS", "L-0000001"), predicate("Lead ID", "EQUALS", "L-0000002"), join="OR")
    found = api.post_outbound_contactlist_contacts_search(leads.id, either)
    assert [each.data for each in found.entities] == [lead(1), lead(2)]


def test_pages(api, leads, stored):
    """Pages join to all that match, in one order and without a gap."""
    wanted = [model(Genesys.ContactListingRequest, page_number=number, page_size=100) for number in (1, 2, 3, 4)]
    pages = [api.post_outbound_contactlist_contacts_search(leads.id, each) for each in wanted]
    assert [each.id for page in pages for each in page.entities] == [each.id for each in stored]
    assert [len(page.entities) for page in pages] == [100, 100, 50, 0]
    assert {(page.total, page.contacts_count, page.page_count) for page in pages} == {(250, 250, 3)}


def test_nothing_asked(api, leads, stored):
    """An empty body means the first page of everything: this is how sizes are asked for."""
    page = api.post_outbound_contactlist_contacts_search(leads.id, {})
    assert (page.contacts_count, page.total, page.page_number, page.page_size) == (250, 250, 1, 25)


def test_an_empty_list(api, leads):
    """Nothing is there, and nothing goes wrong."""
    page = api.post_outbound_contactlist_contacts_search(leads.id, search(predicate("Lead ID", "EQUALS", "L-1")))
    assert (page.entities, page.total, page.contacts_count) == ([], 0, 0)


@pytest.mark.parametrize(("direction", "first"), [("ASC", ["0", "0", "0", "1"]), ("DESC", ["89", "89", "88", "88"])])
def test_order(api, leads, stored, direction, first):
    """By the value of a column, as numbers."""
    sorts = [model(Genesys.ContactSort, field_name="Age", direction=direction, numeric=True)]
    page = api.post_outbound_contactlist_contacts_search(leads.id, search(contact_sorts=sorts))
    assert [each.data["Age"] for each in page.entities[:4]] == first


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (search(predicate("Shoe size", "EQUALS", "44")), "invalid.contact.columns"),
        (search(predicate("Age", "EQUALS", "old", **NUMERIC)), "invalid.value"),
        (search(predicate("Age", "EQUALS")), "invalid.value"),
        (search(predicate("Age", "IN")), "invalid.value"),
        (search(predicate("Age", "SOUNDS_LIKE", "7")), "invalid.value"),
        (search(page_number=0), "invalid.value"),
        (search(*[predicate("Age", "EQUALS", "7")] * 21), "bad.request"),
        ({"criteria": "everybody"}, "bad.request"),
    ],
)
def test_refused_searches(api, leads, wanted, code):
    """What cannot be searched for is told."""
    with refused(400, code):
        api.post_outbound_contactlist_contacts_search(leads.id, wanted)
