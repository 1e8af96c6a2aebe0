import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from .answers import refused
from .leads import contact, contact_list, contacts, lead

pytestmark = pytest.mark.conformance


def test_a_thousand(api, leads, mock):
    """A full batch comes back in the order it was sent, each contact with an id of its own, stored as answered."""
    added = api.post_outbound_contactlist_contacts(leads.id, contacts(1_000))
    assert [each.data for each in added] == [lead(number) for number in range(1_000)]
    assert len({each.id for each in added}) == 1_000
    stored = mock.control("GET", f"/contacts?list={leads.id}")
    assert stored == [{"id": each.id, "data": each.data} for each in added]


def test_four_batches_at_once(mock, api, leads):
    """As many as the SDK sends at a time; no contact is lost, and no id is given twice."""
    with ThreadPoolExecutor(4) as pool:
        batches = pool.map(lambda _: api.post_outbound_contactlist_contacts(leads.id, contacts(50)), range(8))
    assert len({each.id for batch in batches for each in batch}) == 400
    assert mock.control("GET", "/state")["contacts"] == 400


def test_what_a_contact_says(ten, leads):
    """A new contact belongs to its list, may be called, and has never been."""
    first = ten[0]
    assert (first.contact_list_id, first.callable, first.call_records) == (leads.id, True, {})
    assert first.phone_number_status["Phone"].callable is True
    assert first.self_uri == f"{leads.self_uri}/contacts/{first.id}"


def test_cells_are_text(api, leads):
    """The SDK sends numbers as numbers, and reads text."""
    body = [{"data": {"Lead ID": 7, "Age": 1.5, "Zip": True, "First Name": None, "Phone": "+1 555 0100"}}]
    added = api.post_outbound_contactlist_contacts(leads.id, body)
    cells = {"Lead ID": "7", "First Name": "", "Age": "1.5", "Zip": "true", "Phone": "+1 555 0100"}
    assert added[0].data == cells


@pytest.mark.parametrize(
    "text", ["", " ", 'quo"te', "com,ma", "two\nlines", "Ærøskøbing 😀", "\\", "{}", "%s", "x" * 512]
)
def test_any_text_survives(api, leads, text):
    """What goes in comes out, by every way to read it."""
    added = api.post_outbound_contactlist_contacts(leads.id, [contact(lead(1) | {"First Name": text})])[0]
    assert added.data["First Name"] == text
    assert api.get_outbound_contactlist_contact(leads.id, added.id).data["First Name"] == text
    assert api.post_outbound_contactlist_contacts_bulk(leads.id, [added.id])[0].data["First Name"] == text


def test_the_same_again_is_another_contact(api, leads):
    """Ids the server makes say nothing about what was sent before."""
    for _ in range(2):
        api.post_outbound_contactlist_contacts(leads.id, contacts(10))
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 20


def test_own_ids(api, leads):
    """With ids of one's own the same again is an update: the list does not grow."""
    api.post_outbound_contactlist_contacts(leads.id, contacts(10, own_ids=True))
    changed = contact(lead(3) | {"First Name": "Bo"}, id="L-0000003")
    answer = api.post_outbound_contactlist_contacts(leads.id, [changed], clear_system_data=True)
    assert [(each.id, each.data) for each in answer] == [("L-0000003", lead(3) | {"First Name": "Bo"})]
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 10


def test_an_update_of_some_cells(settings, api, leads):
    """In an org that lets columns be missing, those that are not named stay."""
    settings(semantics__missing_columns="allow")
    api.post_outbound_contactlist_contacts(leads.id, contacts(10, own_ids=True))
    changed = contact({"First Name": "Bo"}, id="L-0000003")
    answer = api.post_outbound_contactlist_contacts(leads.id, [changed])
    assert [(each.id, each.data) for each in answer] == [("L-0000003", lead(3) | {"First Name": "Bo"})]


@pytest.mark.parametrize("flag", ["priority", "clear_system_data", "do_not_queue"])
def test_flags(api, leads, flag):
    """The SDK writes booleans in lower case."""
    for value in (True, False):
        assert api.post_outbound_contactlist_contacts(leads.id, contacts(1, own_ids=True), **{flag: value})


@pytest.mark.parametrize(
    "given",
    [
        {"callable": False},
        {"contact_list_id": None},
        {"phone_number_status": {"Phone": {"callable": False}}},
        {"contactable_status": {"Voice": {"contactable": False, "columnStatus": {"Phone": {"contactable": False}}}}},
        {"latest_sms_evaluations": {"Phone": {"contactColumn": "Phone", "messageType": "Sms"}}},
        {"retention_type": "DateExpiration", "date_expiration": "2031-01-31T12:30:00.000Z"},
        {"retention_type": "RetentionDays", "retention_days": 3},
    ],
)
def test_attributes(api, leads, given):
    """What a contact says besides its data is there when it is read again."""
    added = api.post_outbound_contactlist_contacts(leads.id, [contact(lead(1), **given)])[0]
    read = api.get_outbound_contactlist_contact(leads.id, added.id)
    assert json.loads(read.to_json()) == json.loads(added.to_json())
    assert read.callable is given.get("callable", True)


def test_update(api, leads, ten):
    """A contact that was read, changed and written back is changed, and no other."""
    ten[4].data["First Name"] = "Eve"
    ten[4].callable = False
    updated = api.put_outbound_contactlist_contact(leads.id, ten[4].id, ten[4])
    assert (updated.data["First Name"], updated.callable) == ("Eve", False)
    names = [each.data["First Name"] for each in api.post_outbound_contactlist_contacts_search(leads.id, {}).entities]
    assert names == [each.data["First Name"] for each in ten]


def test_delete(api, leads, ten):
    """A deleted contact is gone; deleting it again says so."""
    assert api.delete_outbound_contactlist_contact(leads.id, ten[0].id) is None
    with refused(404, "resource.not.found"):
        api.get_outbound_contactlist_contact(leads.id, ten[0].id)
    with refused(404, "resource.not.found"):
        api.delete_outbound_contactlist_contact(leads.id, ten[0].id)


def test_delete_many(api, leads, ten):
    """Several at once, joined by commas; ids nobody has are passed over."""
    assert api.delete_outbound_contactlist_contacts(leads.id, [*(each.id for each in ten[:4]), "no-such-id"]) is None
    left = api.post_outbound_contactlist_contacts_bulk(leads.id, [each.id for each in ten])
    assert [each.id for each in left] == [each.id for each in ten[4:]]


def test_bulk(api, leads, ten):
    """Fifty contacts by their ids at most."""
    found = api.post_outbound_contactlist_contacts_bulk(leads.id, [ten[7].id, ten[2].id])
    assert {each.id: each.data for each in found} == {each.id: each.data for each in (ten[7], ten[2])}
    with refused(400, "too.many.contacts.requested"):
        api.post_outbound_contactlist_contacts_bulk(leads.id, [str(n) for n in range(51)])


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        (contacts(1_001), "too.many.contacts.added"),
        ([], "bad.request"),
        ([contact({"Shoe size": "44"})], "invalid.contact.columns"),
        ([contact({"lead id": "1"})], "invalid.contact.columns"),
        ([contact(lead(1), id="a/b")], "invalid.contact.id"),
        ([contact(lead(1), id="ä")], "invalid.contact.id"),
        ([contact(lead(1), id="x" * 101)], "invalid.contact.id"),
        ([contact(lead(1) | {"First Name": "x" * 513})], "contact.datum.length.limit.exceeded"),
        ([contact(lead(1) | {"First Name": {"first": "Bo"}})], "bad.request"),
        ([contact(lead(1), contact_list_id="another")], "bad.request"),
        ([{"id": "no-data"}], "bad.request"),
        (["Bo"], "bad.request"),
        ({"data": lead(1)}, "bad.request"),
        ([*contacts(999), contact({"Shoe size": "44"})], "invalid.contact.columns"),
    ],
)
def test_refused_batches(api, leads, batch, code):
    """A batch with a mistake is refused as a whole."""
    with refused(400, code):
        api.post_outbound_contactlist_contacts(leads.id, batch)
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 0


def test_zip_codes(api):
    """Where they decide about the time zone they have to be some."""
    mapped = {"automatic_time_zone_mapping": True, "zip_code_column_name": "Zip"}
    created = api.post_outbound_contactlists(contact_list("Mapped", **mapped))
    assert api.post_outbound_contactlist_contacts(created.id, [contact(lead(1) | {"Zip": "46278-1234"})])
    with refused(400, "invalid.zip.code.contact.value"):
        api.post_outbound_contactlist_contacts(created.id, [contact(lead(1) | {"Zip": "W1A 1AA"})])


@pytest.mark.parametrize(
    ("limit", "code"),
    [("contacts_per_list", "contact.list.limit.exceeded"), ("contacts_per_org", "organization.contact.limit.exceeded")],
)
def test_capacity(settings, api, leads, ten, limit, code):
    """A batch that does not fit leaves the list as it was; one that does is taken."""
    settings(**{f"limits__{limit}": 12})
    with refused(400, code):
        api.post_outbound_contactlist_contacts(leads.id, contacts(3))
    api.post_outbound_contactlist_contacts(leads.id, contacts(2))
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 12


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        (
            lambda api, id_: api.put_outbound_contactlist_contact(id_, "none", contacts(1)[0]),
            400,
            "contact.does.not.exist",
        ),
        (lambda api, id_: api.get_outbound_contactlist_contact(id_, "none"), 404, "resource.not.found"),
        (lambda api, id_: api.delete_outbound_contactlist_contacts(id_, [""]), 400, "no.contacts.specified"),
        (
            lambda api, id_: api.delete_outbound_contactlist_contacts(id_, [str(n) for n in range(251)]),
            400,
            "too.many.contacts.added",
        ),
        (lambda api, id_: api.post_outbound_contactlist_contacts("none", contacts(1)), 404, "contact.list.not.found"),
        (lambda api, id_: api.get_outbound_contactlist_contact("none", "none"), 404, "contact.list.not.found"),
        (lambda api, id_: api.delete_outbound_contactlist_contact("none", "none"), 404, "contact.list.not.found"),
        (lambda api, id_: api.post_outbound_contactlist_contacts_bulk("none", ["a"]), 404, "contact.list.not.found"),
        (lambda api, id_: api.post_outbound_contactlist_contacts_search("none", {}), 404, "contact.list.not.found"),
        (lambda api, id_: api.post_outbound_contactlist_contacts_bulk(id_, {"id": "a"}), 400, "bad.request"),
        (
            lambda api, id_: api.post_outbound_contactlist_contacts(id_, contacts(1), priority="maybe"),
            400,
            "invalid.value",
        ),
    ],
)
def test_what_is_not_there(api, leads, operation, status, code):
    """Contacts and lists nobody has, and requests that ask for nothing or too much."""
    with refused(status, code):
        operation(api, leads.id)


@pytest.mark.parametrize("size", [3_100_000, 20_000_000])
def test_a_batch_that_is_too_large(mock, api, leads, size):
    """The SDK reads why, although the server stopped listening before it was through; it sends it once."""
    with refused(413, "request.entity.too.large"):
        api.post_outbound_contactlist_contacts(leads.id, [contact({"First Name": "x" * size})])
    assert mock.counts("contacts.add") == {"413": 1}


def test_a_lower_size_limit(settings, api, leads):
    """The other figure that is quoted."""
    settings(limits__request_body_bytes=512_000)
    wide = lead(1) | {"First Name": "x" * 512}
    with refused(413, "request.entity.too.large"):
        api.post_outbound_contactlist_contacts(leads.id, [contact(wide)] * 1_000)
    assert len(api.post_outbound_contactlist_contacts(leads.id, [contact(wide)] * 500)) == 500
