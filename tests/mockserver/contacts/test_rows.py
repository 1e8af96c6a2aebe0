"""Contacts as they are sent, read by both roads."""

import msgspec
import pytest

from mockserver.contacts.rows import ContactBatch, ContactForm
from mockserver.errors import BadRequest
from mockserver.model import ContactList

ROW = b'{"Lead ID":"L-1","Phone":"+15550100"}'
DATA = {"Lead ID": "L-1", "Phone": "+15550100"}


def body(*contacts):
    return msgspec.json.encode(list(contacts))


@pytest.fixture
def form(leads_list, profile_with):
    """A function: the form of the list under a profile with some settings changed."""
    return lambda **settings: ContactForm(leads_list, profile_with(**settings))


def code_of(form, sent):
    with pytest.raises(BadRequest) as refused:
        form.batch(sent)
    return refused.value.code


@pytest.mark.parametrize(
    "sent",
    [
        body({"data": DATA}),
        body({"data": DATA, "callable": True, "contactListId": "11111111-1111-4111-8111-111111111111"}),
        body({"data": {"Phone": "+15550100", "Lead ID": "L-1"}, "id": None}),
        b'[ {"data" : {"Lead ID": "L-0", "Lead ID": "L\\u002d1", "Phone": "+15550100"}} ]',
    ],
)
def test_a_plain_batch(sent, form):
    """Order, white space, escapes and repeated keys leave no trace in what is stored."""
    assert form().batch(sent) == ContactBatch(None, [ROW], is_complete=True)


def test_a_row_without_a_column(form):
    """It is refused, unless the profile lets it: then a column that is not sent stays absent."""
    sent = body({"data": {"Phone": "+15550100"}})
    assert code_of(form(), sent) == "invalid.contact.columns"
    lenient = form(semantics__missing_columns="allow")
    assert lenient.batch(sent) == ContactBatch(None, [b'{"Phone":"+15550100"}'])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (b"1", "1"),
        (b"1.50", "1.50"),
        (b"true", "true"),
        (b"null", ""),
        (b'"\\u00e9"', "é"),
        (b"12345678901234567890", None),
    ],
)
def test_cells_become_text(cell, expected, form):
    """Numbers and booleans keep the text they were sent as, null is empty."""
    batch = form().batch(b'[{"data":{"Phone":"","Lead ID":' + cell + b"}}]")
    text = cell.decode() if expected is None else expected
    assert msgspec.json.decode(batch.rows[0]) == {"Lead ID": text, "Phone": ""}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "bad.request"),
        (b"null", "bad.request"),
        (b"{}", "bad.request"),
        (b"[", "bad.request"),
        (b"[]", "bad.request"),
        (b"[{}]", "bad.request"),
        (b"[1]", "bad.request"),
        (b'[{"data":{"Phone":"","Lead ID":{}}}]', "bad.request"),
        (b'[{"data":{"Phone":"","Lead ID":["L-1"]}}]', "bad.request"),
        (b'[{"data":{"Lead ID":NaN}}]', "bad.request"),
        (b'[{"data":{"Phone":"","Lead ID":"\xff"}}]', "bad.request"),
        (b'[{"data":{"Phone":"","Lead ID":"\\ud800"}}]', "bad.request"),
        (b"[" * 100_000, "bad.request"),
        (b'[{"data":{"Lead ID":' + b"[" * 100_000, "bad.request"),
        (body({"data": DATA, "contactListId": "other"}), "bad.request"),
        (body({"data": DATA, "callable": "no"}), "bad.request"),
        (body({"data": {"Lead ID": "L-1", "Fax": "1"}}), "invalid.contact.columns"),
        (body({"data": DATA | {"Lead ID": "x" * 513}}), "contact.datum.length.limit.exceeded"),
        (body({"data": DATA, "id": "a b"}), "invalid.contact.id"),
        (body({"data": DATA, "id": "x" * 101}), "invalid.contact.id"),
        (body(*[{"data": DATA}] * 1001), "too.many.contacts.added"),
    ],
)
def test_what_is_refused(sent, code, form):
    """Each fault has its code, and none becomes anything but a refusal."""
    assert code_of(form(), sent) == code


def test_limits_are_reached_not_passed(form):
    """1,000 contacts, cells of 512 characters and ids of 100 are fine, also where a character is more than a byte."""
    full = {"id": "x" * 100, "data": {"Lead ID": "é" * 512, "Phone": ""}}
    batch = form().batch(body(*[full] * 1000))
    assert (len(batch.rows), batch.ids) == (1000, ["x" * 100] * 1000)


@pytest.mark.parametrize("fax", ["1", 1])
def test_unknown_columns(fax, form):
    """By either road they are dropped, unless the profile refuses them."""
    sent = body({"data": DATA | {"Fax": fax}})
    assert form().batch(sent).rows == [ROW]
    assert code_of(form(semantics__unknown_columns="reject"), sent) == "invalid.contact.columns"


def test_own_ids_can_be_ignored(form):
    """Then nobody looks at them, and the server draws all ids."""
    batch = form(semantics__own_ids="ignore").batch(body({"data": DATA, "id": "not / an id"}))
    assert batch.ids is None


def test_attributes_are_kept_by_position(form):
    """What a contact says besides its data is kept; what the server owns and what nobody knows is not."""
    sent = {"data": DATA, "phoneNumberStatus": {"Phone": {"callable": False}}, "dateCreated": "x", "what": 1}
    batch = form().batch(body({"data": DATA}, sent))
    assert batch.attributes == {1: b'{"phoneNumberStatus":{"Phone":{"callable":false}}}'}
    assert batch.rows == [ROW, ROW]


def test_a_bad_contact_among_good_ones(form):
    """Nothing is read of such a batch, or all before the bad one."""
    sent = body({"data": DATA}, {"data": {"Fax": "1"}}, {"data": DATA})
    assert code_of(form(), sent) == "invalid.contact.columns"
    batch = form(semantics__bad_batch="partial").batch(sent)
    assert (batch.rows, batch.problem.code) == ([ROW], "invalid.contact.columns")


@pytest.mark.parametrize(("zip_code", "accepted"), [("12345", True), ("123456789", True), ("", True), ("1234", False)])
def test_zip_codes(zip_code, accepted, profile_with):
    """A list that maps time zones by zip code takes only such."""
    contact_list = ContactList(
        id="l", name="l", date_created="", date_modified="", column_names=("Zip",), zip_code_column_name="Zip"
    )
    form, sent = ContactForm(contact_list, profile_with()), body({"data": {"Zip": zip_code}})
    outcome = len(form.batch(sent).rows) if accepted else code_of(form, sent)
    assert outcome == (1 if accepted else "invalid.zip.code.contact.value")


@pytest.mark.parametrize("contact", [{"data": DATA}, {"data": {"Phone": ""}}, {"id": "x", "data": DATA}])
def test_both_roads_lead_to_the_same(contact, form):
    """A field nobody knows takes a batch off the fast road, and changes nothing else."""
    lenient = form(semantics__missing_columns="allow")
    fast, slow = lenient.batch(body(contact)), lenient.batch(body(contact | {"unknown": [1]}))
    assert (fast.ids, fast.rows) == (slow.ids, slow.rows)
    assert not slow.attributes
