"""Endpoints as pure functions: what a call holds, and which answers are believed."""

import math
from itertools import permutations
from pathlib import Path

import msgspec
import pytest

from harness import api
from harness.api import BadResponse, Refusal
from harness.api.contacts import contacts
from harness.domain import LeadColumns
from harness.flow import FilePart, Reply

from ..fakes import COLUMNS, LIST, LOST, added, batch, entity, found, no, ok


def raw(body: bytes, status: int = 200) -> Reply:
    return Reply(status=status, body=body)


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in entity("A2").items() if key != name}


@pytest.mark.parametrize("order", list(permutations(["A1", "A2", "A3"])))
def test_the_order_of_an_answer_means_nothing(order):
    """Contacts are joined on the Lead ID they echo."""
    mapping = api.added_contacts(added(*order), batch("A1", "A2", "A3"), "Lead ID")
    assert mapping == {"A1": "c-A1", "A2": "c-A2", "A3": "c-A3"}


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(added("A1"), id="one short"),
        pytest.param(added("A1", "A2", "A3"), id="one too many"),
        pytest.param(added("A1", "A1"), id="a lead twice, another not"),
        pytest.param(added("A1", "A2", "A2"), id="a lead twice"),
        pytest.param(added("A1", "a2"), id="a lead in other letters"),
        pytest.param(ok([entity("A1", "c"), entity("A2", "c")]), id="one id for two"),
        pytest.param(ok([entity("A1"), without("id")]), id="no id"),
        pytest.param(ok([entity("A1"), {**entity("A2"), "id": ""}]), id="empty id"),
        pytest.param(ok([entity("A1"), {**entity("A2"), "id": None}]), id="null id"),
        pytest.param(ok([entity("A1"), {**entity("A2"), "id": 7}]), id="a number as id"),
        pytest.param(ok([entity("A1"), {**entity("A2"), "id": "x" * 513}]), id="an id that is too long"),
        pytest.param(ok([entity("A1"), entity("A2", list_id="list-9")]), id="another list"),
        pytest.param(ok([entity("A1"), without("data")]), id="no data"),
        pytest.param(ok([entity("A1"), {**entity("A2"), "data": {"Phone": "1"}}]), id="no Lead ID echoed"),
        pytest.param(ok([]), id="empty"),
        pytest.param(ok(None), id="null"),
        pytest.param(ok({}), id="an object"),
        pytest.param(ok("done"), id="a string"),
        pytest.param(raw(b""), id="no body"),
        pytest.param(raw(b"<html>Sign in</html>"), id="html"),
        pytest.param(raw(added("A1", "A2").body[:-9]), id="cut off"),
        pytest.param(raw(b'[{"id":"\xff"}]'), id="not utf-8"),
        pytest.param(raw(b"[" * 100_000), id="nested without end"),
    ],
)
def test_a_2xx_that_proves_nothing_is_not_believed(reply):
    """A 2xx must name every lead once, with its own id, in the right list; anything else is a BadResponse."""
    with pytest.raises(BadResponse):
        api.added_contacts(reply, batch("A1", "A2"), "Lead ID")


def test_a_contact_that_does_not_name_its_list_is_believed():
    """The list is checked where it is told."""
    answer = ok([without("contactListId")])
    assert api.added_contacts(answer, batch("A2"), "Lead ID") == {"A2": "c-A2"}


@pytest.mark.parametrize("status", [0, 302, 400, 401, 404, 429, 500, 503])
def test_a_plain_no_is_a_refusal(status):
    """A status that is not 2xx is no BadResponse, whatever the body says."""
    with pytest.raises(Refusal) as refused:
        api.added_contacts(Reply(status=status, body=added("A1").body), batch("A1"), "Lead ID")
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (no(400, "invalid.contact.columns"), "invalid.contact.columns"),
        (Reply(status=400, body=b'{"error": "invalid_client"}'), "invalid_client"),  # OAuth's own shape
        (Reply(status=502, body=b"<html>"), "502"),
        (Reply(status=500, body=b"[1]"), "500"),
        (Reply(status=500, body=b"[" * 100_000), "500"),
        (LOST, "ReadTimeout"),
    ],
)
def test_a_refusal_names_the_platforms_code(reply, code):
    """The code of the body, or what there is in its place."""
    assert Refusal(reply).code == code


def test_a_refusal_keeps_the_message_short_and_the_correlation_id():
    """What is needed to ask the platform's support, and no more of a body than 200 characters."""
    body = msgspec.json.encode({"code": "x", "message": "y" * 1000})
    refusal = Refusal(Reply(status=400, headers={"inin-correlation-id": "abc"}, body=body))
    assert (len(refusal.message), refusal.correlation_id) == (200, "abc")
    assert str(refusal) == "http=400 x corr=abc"


@pytest.mark.parametrize(
    ("own_id", "body"),
    [
        (False, {"contactListId": LIST, "data": {"Lead ID": "007", "Phone": "+15550100"}}),
        (True, {"id": "007", "contactListId": LIST, "data": {"Lead ID": "007", "Phone": "+15550100"}}),
    ],
)
def test_a_contact_holds_every_column_as_text(own_id, body):
    """With own ids, the Lead ID is the contact's id; a leading zero stays."""
    made = api.contact("007", ["007", "+15550100"], COLUMNS, LIST, own_id=own_id)
    assert msgspec.json.decode(made) == body


@pytest.mark.parametrize("name", ["Lead ID", 'Lead "ID"', "Lead\tID", "%", "Lead-№"])
@pytest.mark.parametrize("own_ids", [True, False])
def test_any_name_of_a_column_goes_there_and_back(name, own_ids):
    """Also one that no field of a struct may have, and values with line ends and quotes."""
    columns = LeadColumns(names=(name, "Phone"), lead_id=name, phone="Phone")
    rows = [["007", "+15550100"], ['A"1\n', ""]]
    ids = [row[0] for row in rows]
    made = [msgspec.json.decode(one) for one in contacts(ids, rows, columns, LIST, own_ids=own_ids)]
    assert [one["data"] for one in made] == [{name: lead_id, "Phone": phone} for lead_id, phone in rows]
    answer = ok([{**one, "id": f"c-{n}"} for n, one in enumerate(made)])
    assert api.added_contacts(answer, batch(*ids), name) == {"007": "c-0", 'A"1\n': "c-1"}


@pytest.mark.parametrize("name", ["Lead ID", 'Lead "ID"'])
@pytest.mark.parametrize("data", [{}, {"Other": "007"}, {"Lead ID": 7, 'Lead "ID"': 7}])
def test_an_answer_without_lead_ids_proves_nothing(name, data):
    """It is missing, or no text."""
    with pytest.raises(BadResponse):
        api.added_contacts(ok([{"id": "c", "data": data}]), batch("007"), name)


def test_the_rest_of_a_batch():
    """`only` keeps the order, the place and the bytes of what is left."""
    rest = batch("A1", "A2", "A3", first=40).only({"A3", "A1"})
    assert (rest.first, rest.lead_ids) == (40, ["A1", "A3"])
    assert rest.body == batch("A1", "A3").body


def test_a_batch_is_told_apart_in_the_call():
    """The call says what reports and the ledger ask for, and only what it is told is safe to repeat."""
    call = api.add_contacts(batch("A1", "A2", first=5), idempotent=False, attempt=3)
    assert (call.contacts, call.batch, call.contact_list_id, call.attempt) == (2, 5, LIST, 3)
    assert not call.idempotent
    assert call.url == f"/api/v2/outbound/contactlists/{LIST}/contacts"


def test_leads_are_searched_as_text():
    """As numbers, 007 would find 7."""
    call = api.search_leads(LIST, "Lead ID", ["007"], page=2)
    body = msgspec.json.decode(call.body)
    (predicate,) = body["criteria"]["clauses"][0]["predicates"]
    assert predicate == {
        "column": "Lead ID",
        "columnType": "alphabetic",
        "operator": "IN",
        "range": {"inSet": ["007"]},
    }
    assert (body["pageNumber"], call.idempotent) == (2, True)


def test_a_page_of_a_search():
    """Pairs in the order of the page, the number that match, and the size of the list."""
    page = api.found_contacts(found("A2", "A1", total=9, size=40), "Lead ID")
    assert page == api.ContactsPage([("A2", "c-A2"), ("A1", "c-A1")], 9, 40)
    assert api.found_contacts(ok({"total": 0, "contactsCount": 3}), "Lead ID").pairs == []


@pytest.mark.parametrize(
    "reply",
    [
        ok({"entities": []}),
        ok({"entities": [], "total": 0}),
        ok({"entities": [], "total": "0", "contactsCount": 0}),
        ok({"entities": [{"id": "c"}], "total": 1, "contactsCount": 1}),
        ok([]),
        raw(b'{"entities": [{"id": "\xff"}], "total": 1, "contactsCount": 1}'),
    ],
)
def test_a_page_that_says_too_little(reply):
    """Without its counts a page cannot be trusted to be the last."""
    with pytest.raises(BadResponse):
        api.found_contacts(reply, "Lead ID")


def test_contacts_read_back_by_id():
    """Lead ID by contact id, of those that are there."""
    assert api.bulk_contacts(ok([entity("A1"), entity("A2")]), "Lead ID") == {"c-A1": "A1", "c-A2": "A2"}


def test_a_token_that_never_ends():
    """Neither where no lifetime is told nor where no float holds it."""
    for body in (b"{}", b'{"expires_in":1' + b"0" * 400 + b"}", b'{"expires_in":-1}', b'{"expires_in":"1"}'):
        assert api.token_lifetime_s(Reply(status=200, body=body)) == math.inf


@pytest.mark.parametrize(
    "body", [b"", b" ", msgspec.json.encode(entity("A1")) + b"," + msgspec.json.encode(entity("A2"))]
)
def test_an_answer_that_is_not_one_contact(body):
    """It proves nothing: neither an empty body nor two objects in a row."""
    with pytest.raises(BadResponse):
        api.lead_of(Reply(status=200, body=body), "Lead ID")


def test_an_import_that_is_not_shown_yet():
    """A 404 is no end of it, unless the list is gone."""
    assert api.import_progress(no(404)) == api.ImportProgress(None, None, None)
    with pytest.raises(Refusal):
        api.import_progress(no(404, "contact.list.not.found"))


@pytest.mark.parametrize(
    ("body", "finished", "failed"),
    [
        ({"state": "IN_PROGRESS", "percentComplete": 100}, False, False),
        ({"percentComplete": 100}, True, False),
        ({"state": None, "percentComplete": 100}, True, False),
        ({"percentComplete": 99}, False, False),
        ({}, False, False),
        ({"state": "FAILED", "percentComplete": 100, "failureReason": "x"}, False, True),
        ({"percentComplete": "100"}, False, False),
    ],
)
def test_when_an_import_has_ended(body, finished, failed):
    """100 percent and no state is the only good end."""
    progress = api.import_progress(ok(body))
    assert (progress.has_finished, progress.has_failed) == (finished, failed)


@pytest.mark.parametrize(
    ("reply", "uri"),
    [
        (ok({"uri": "https://x/1", "exportTimestamp": "t"}), "https://x/1"),
        (ok({"exportTimestamp": "t"}), None),
        (ok({"uri": "", "exportTimestamp": "t"}), None),
        (no(404, "no.available.list.export.uri"), None),
        (no(400, "whatever"), None),
    ],
)
def test_an_export_that_is_not_there_yet(reply, uri):
    """The platform says so in more than one way."""
    export = api.export_of(reply)
    assert (export.uri if export else None) == uri


def test_an_export_of_a_list_that_is_gone_is_refused():
    """This 404 will not pass by waiting."""
    with pytest.raises(Refusal):
        api.export_of(no(404, "contact.list.not.found"))


@pytest.mark.parametrize(
    ("column", "names"),
    [(None, ["id", "fileType", "file"]), ("Lead ID", ["id", "fileType", "contact-id-name", "file"])],
)
def test_an_upload_names_the_id_column_if_there_is_one(column, names):
    """The fields come before the file, so that a server can stream it."""
    call = api.upload_csv(LIST, Path("run/a.csv"), contact_id_column=column, rows=3)
    assert [name for name, _ in call.form] == names
    assert call.form[-1][1] == FilePart(path=Path("run/a.csv"), filename="a.csv")


@pytest.mark.parametrize(
    ("entities", "list_id"),
    [
        ([{"id": "1", "name": "leads"}], "1"),
        ([{"id": "1", "name": "leads 2"}, {"id": "2", "name": "leads"}], "2"),
        ([{"id": "1", "name": "Leads"}], None),
        ([], None),
    ],
)
def test_a_list_is_found_by_its_exact_name(entities, list_id):
    """A longer name or other letters are another list."""
    assert api.list_id_by_name(ok({"entities": entities}), "leads") == list_id


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (api.created_list_id, {"id": ""}),
        (api.created_list_id, {"name": "leads"}),
        (api.created_list_id, []),
        (lambda reply: api.list_id_by_name(reply, "leads"), {"entities": [{"name": "leads"}]}),
        (lambda reply: api.list_id_by_name(reply, "leads"), {"entities": "leads"}),
        (api.access_token, {"token": "x"}),
        (api.access_token, {"access_token": None}),
    ],
)
def test_an_answer_without_what_was_asked_for(read, body):
    """A 2xx without the one thing that counts is a bad answer."""
    with pytest.raises(BadResponse):
        read(ok(body))


@pytest.mark.parametrize(
    "value",
    [
        api.token("the-client", "s3cret"),
        batch("A1", "A2"),
        api.add_contacts(batch("A1"), idempotent=True),
        api.Export("https://x/file?signature=s3cret", "t"),
        api.download_file("https://x/file?signature=s3cret", LIST, Path("export.csv")),
        Reply(status=200, body=b"s3cret"),
        Reply(status=302, headers={"location": "https://x/file?signature=s3cret"}),
    ],
)
def test_secrets_and_personal_data_are_not_in_a_repr(value):
    """A repr shows no secret and no row of a lead."""
    assert "s3cret" not in repr(value)
    assert "data" not in repr(value)


@pytest.mark.hardening("harness-18")
@pytest.mark.parametrize("list_id", ["", None, 7, "a b", "../x", "\x1b[31m", "=1+1", "x" * 65, "a\n"])
def test_ids_of_lists_look_like_ids(list_id):
    """They become part of addresses, files and messages; anything else is no list."""
    with pytest.raises(BadResponse):
        api.created_list_id(ok({"id": list_id}))
    with pytest.raises(BadResponse):
        api.list_id_by_name(ok({"entities": [{"id": list_id, "name": "mine"}]}), "mine")


@pytest.mark.hardening("harness-18", "harness-22")
@pytest.mark.parametrize("said", ["=cmd()", "+15550100", "a b", "x" * 65, "15550100987", "\t1"])
def test_codes_and_correlation_ids_look_like_ones(said):
    """What does not is as if it were not there; requests.csv then runs nothing in a spreadsheet."""
    reply = Reply(status=400, headers={"inin-correlation-id": said}, body=msgspec.json.encode({"code": said}))
    refusal = Refusal(reply)
    assert (refusal.code, refusal.correlation_id) == ("400", "")
