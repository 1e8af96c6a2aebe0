"""Contacts over their handlers."""

import pytest

from mockserver.contacts import Contacts

DATA = {"Lead ID": "L-1", "Phone": "+15550100"}
STATUS = {"Phone": {"callable": True}}


@pytest.fixture
def contacts(bare_org):
    return Contacts(bare_org)


@pytest.fixture
def to(ask, leads_list):
    """A function that asks a handler about the list."""
    return lambda handler, body=b"", query="", **path: ask(handler, body, query, contact_list_id=leads_list.id, **path)


@pytest.fixture
def changed_profile(bare_org, profile_with):
    def change(**settings):
        bare_org.profile = profile_with(**settings)

    return change


def lead(n, **more):
    return {"data": {"Lead ID": f"L-{n}", "Phone": f"+1555010{n}"}, **more}


def lead_ids(got):
    return [contact["data"]["Lead ID"] for contact in got.json]


def test_add_answers_with_whole_contacts(contacts, to, leads_list):
    """A new contact comes back with an id, its data and what every contact has."""
    (contact,) = to(contacts.add, [{"data": DATA}]).json
    contact_id = contact.pop("id")
    assert contact == {
        "contactListId": leads_list.id,
        "data": DATA,
        "callRecords": {},
        "callable": True,
        "phoneNumberStatus": STATUS,
        "configurationOverrides": {"priority": False},
        "dateCreated": "2026-01-01T00:00:00.000Z",
        "selfUri": f"/api/v2/outbound/contactlists/{leads_list.id}/contacts/{contact_id}",
    }
    assert to(contacts.get, contact_id=contact_id).json == {"id": contact_id} | contact


def test_add_keeps_the_order_and_never_an_id_twice(contacts, to, bare_org, leads_list):
    """Generated ids are all different, and sending a batch again makes duplicates."""
    batch = [lead(n) for n in range(9)]
    first, again = to(contacts.add, batch), to(contacts.add, batch)
    assert lead_ids(first) == [f"L-{n}" for n in range(9)]
    assert len({contact["id"] for contact in first.json + again.json}) == bare_org.store.size(leads_list.id) == 18


def test_add_can_answer_in_another_order(contacts, to, changed_profile):
    """A client that joins by position is found out."""
    changed_profile(semantics__answer_order="shuffled")
    ids = lead_ids(to(contacts.add, [lead(n) for n in range(9)]))
    assert ids != sorted(ids)
    assert len(set(ids)) == 9


@pytest.mark.parametrize(
    ("update", "expected"), [("merge", {"Lead ID": "L-1", "Phone": "+15550199"}), ("replace", {"Phone": "+15550199"})]
)
def test_an_own_id_updates(update, expected, contacts, to, changed_profile, bare_org, leads_list):
    """The same id again is the same contact; columns not named are kept or dropped."""
    changed_profile(semantics__update=update, semantics__missing_columns="allow")
    to(contacts.add, [{"id": "lead.1", "data": DATA}])
    (contact,) = to(contacts.add, [{"id": "lead.1", "data": {"Phone": "+15550199"}}]).json
    assert (contact["id"], contact["data"]) == ("lead.1", expected)
    assert bare_org.store.size(leads_list.id) == 1


def test_of_one_id_twice_the_last_wins(contacts, to):
    """It becomes one contact, answered once; contacts without an id get one beside it."""
    got = to(contacts.add, [lead(1, id="same"), lead(2), lead(3, id="same")])
    assert lead_ids(got) == ["L-3", "L-2"]
    assert got.json[0]["id"] == "same"


def test_ids_are_escaped(contacts, to, changed_profile):
    """An org that accepts any id answers with valid JSON and a valid uri."""
    changed_profile(limits__contact_id_pattern="")
    (contact,) = to(contacts.add, [{"id": 'a "b"/ñ\n', "data": DATA}]).json
    assert contact["id"] == 'a "b"/ñ\n'
    assert contact["selfUri"].endswith("/contacts/a%20%22b%22%2F%C3%B1%0A")


def test_attributes_stay_until_they_are_cleared(contacts, to):
    """What a contact says of itself is answered from then on, and `clearSystemData` forgets it."""
    to(contacts.add, [lead(1, id="x", callable=False, phoneNumberStatus={"Phone": {"callable": False}})])
    (kept,) = to(contacts.add, [lead(1, id="x")]).json
    (cleared,) = to(contacts.add, [lead(1, id="x")], "clearSystemData=true").json
    assert (kept["callable"], kept["phoneNumberStatus"]) == (False, {"Phone": {"callable": False}})
    assert (cleared["callable"], cleared["phoneNumberStatus"]) == (True, STATUS)


def test_capacity(contacts, to, changed_profile, bare_org, leads_list):
    """A full list refuses the whole batch, but updates of what it has always fit."""
    changed_profile(limits__contacts_per_list=2)
    to(contacts.add, [lead(1, id="a"), lead(2, id="b")])
    refused = to(contacts.add, [lead(3)])
    assert (refused.status, refused.code) == (400, "contact.list.limit.exceeded")
    assert to(contacts.add, [lead(4, id="b")]).status == 200
    assert to(contacts.add, [lead(4, id="b"), lead(5, id="c")]).code == "contact.list.limit.exceeded"
    assert bare_org.store.size(leads_list.id) == 2


@pytest.mark.parametrize("ids", [(None, None, None), ("a", "b", "c")])
def test_capacity_taken_as_far_as_it_goes(ids, contacts, to, changed_profile):
    """A lenient org stores what fits and answers with that."""
    changed_profile(limits__contacts_per_org=2, semantics__over_capacity="partial")
    got = to(contacts.add, [lead(n, id=id_) for n, id_ in enumerate(ids)])
    assert lead_ids(got) == ["L-0", "L-1"]


def test_the_org_has_a_capacity_too(contacts, to, changed_profile):
    """Its refusal has another code than a full list's."""
    changed_profile(limits__contacts_per_org=1)
    assert to(contacts.add, [lead(1), lead(2)]).code == "organization.contact.limit.exceeded"


@pytest.mark.parametrize(("policy", "stored"), [("reject", 0), ("partial", 1)])
def test_one_bad_contact(policy, stored, contacts, to, changed_profile, bare_org, leads_list):
    """The request fails either way; whether anything of it is stored is the profile's choice."""
    changed_profile(semantics__bad_batch=policy)
    assert to(contacts.add, [lead(1), {"data": {"Fax": "1"}}, lead(2)]).code == "invalid.contact.columns"
    assert bare_org.store.size(leads_list.id) == stored


@pytest.mark.parametrize("name", ["priority", "clearSystemData", "doNotQueue"])
def test_flags_of_add(name, contacts, to):
    """They are words in the query, and nothing else."""
    assert to(contacts.add, [lead(1)], f"{name}=true").status == 200
    assert to(contacts.add, [lead(1)], f"{name}=maybe").code == "invalid.value"


def test_nothing_is_stored_before_the_commit(contacts, ask, bare_org, leads_list):
    """A list deleted in between makes the commit fail, as nothing it asks for exists."""
    missing = ask(contacts.add, [lead(1)], contact_list_id="gone")
    assert (missing.status, missing.code) == (404, "contact.list.not.found")
    assert bare_org.store.size(leads_list.id) == 0


def test_a_new_profile_is_in_force_at_once(contacts, to, changed_profile):
    """What was prepared for a list under the former profile is not used again."""
    assert to(contacts.add, [lead(1), lead(2)]).status == 200
    changed_profile(limits__contacts_per_post=1)
    refused = to(contacts.add, [lead(1), lead(2)])
    assert (refused.code, refused.message) == ("too.many.contacts.added", "Too many contacts added, the limit is 1")


@pytest.mark.parametrize(("update", "lead_id"), [("merge", "L-1"), ("replace", None)])
def test_update(update, lead_id, contacts, to, changed_profile):
    """PUT changes one contact, and answers with it."""
    changed_profile(semantics__update=update, semantics__missing_columns="allow")
    to(contacts.add, [lead(1, id="x")])
    got = to(contacts.update, {"data": {"Phone": "+15550177"}, "callable": False}, contact_id="x").json
    assert (got["data"].get("Lead ID"), got["data"]["Phone"], got["callable"]) == (lead_id, "+15550177", False)


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        ({"data": DATA}, "contact.does.not.exist"),
        ({"data": DATA, "id": "y"}, "bad.request"),
        ({"data": {"Fax": "1"}}, "invalid.contact.columns"),
        ([], "bad.request"),
    ],
)
def test_updates_that_are_refused(contact, code, contacts, to):
    """PUT never creates."""
    assert to(contacts.update, contact, contact_id="x").code == code


def test_delete(contacts, to):
    """A deleted contact is gone, and cannot be deleted twice."""
    to(contacts.add, [lead(1, id="x")])
    assert (to(contacts.delete, contact_id="x").status, to(contacts.delete, contact_id="x").status) == (200, 404)
    assert to(contacts.get, contact_id="x").code == "resource.not.found"


def test_delete_many(contacts, to, bare_org, leads_list):
    """Ids come joined or repeated; unknown ones do no harm."""
    to(contacts.add, [lead(n, id=f"x{n}") for n in range(4)])
    assert to(contacts.delete_many, query="contactIds=x0%2Cx1&contactIds=x2,unknown").status == 200
    assert [*bare_org.store.iter_ids(leads_list.id)] == ["x3"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("", "no.contacts.specified", "There were no contacts specified in the request."),
        (
            "contactIds=" + ",".join(map(str, range(251))),
            "too.many.contacts.added",
            "There were too many contacts in the request, the limit is 250",
        ),
    ],
)
def test_delete_many_refusals(query, code, message, contacts, to):
    """Codes and messages are the platform's own."""
    refused = to(contacts.delete_many, query=query)
    assert (refused.code, refused.message) == (code, message)


def test_bulk(contacts, to):
    """The contacts come in the order of the ids, unknown ones are left out."""
    to(contacts.add, [lead(n, id=f"x{n}") for n in range(3)])
    assert lead_ids(to(contacts.bulk, ["x2", "unknown", "x0"])) == ["L-2", "L-0"]
    assert to(contacts.bulk, [str(n) for n in range(51)]).code == "too.many.contacts.requested"
    assert to(contacts.bulk, {"ids": []}).code == "bad.request"


@pytest.mark.parametrize("sent", [{}, b"", b"null", {"criteria": {}}, {"pageNumber": None}])
def test_search_for_everything(sent, contacts, to, leads_list):
    """No criteria: the first page of all, in order of creation, with the count of the list."""
    to(contacts.add, [lead(n) for n in range(30)])
    got = to(contacts.search, sent).json
    assert [len(got["entities"]), got["pageSize"], got["total"], got["contactsCount"], got["pageCount"]] == [
        *(25, 25, 30, 30, 2)
    ]
    assert got["nextUri"] == (f"/api/v2/outbound/contactlists/{leads_list.id}/contacts/search?pageSize=25&pageNumber=2")


def test_search_counts_matches_and_contacts(contacts, to):
    """`total` is what matches, `contactsCount` the size of the list."""
    to(contacts.add, [lead(n) for n in range(5)])
    predicate = {"column": "Lead ID", "operator": "EQUALS", "value": "L-3"}
    got = to(contacts.search, {"criteria": {"clauses": [{"predicates": [predicate]}]}}).json
    assert (got["total"], got["contactsCount"]) == (1, 5)
    assert got["entities"][0]["data"]["Lead ID"] == "L-3"


def test_search_that_finds_nothing(contacts, to):
    """An empty list has an empty page."""
    got = to(contacts.search, {}).json
    assert (got["entities"], got["total"]) == ([], 0)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"pageSize": 0}, 400),
        ({"pageNumber": 0}, 400),
        ({"pageSize": "x"}, 400),
        (False, 400),  # no body is the first page, but this is one
        ([], 400),
        ({"contactListFilterId": "f"}, 404),
    ],
)
def test_searches_that_are_refused(sent, status, contacts, to):
    """Pages start at 1, and there are no contact list filters here."""
    assert to(contacts.search, sent).status == status
