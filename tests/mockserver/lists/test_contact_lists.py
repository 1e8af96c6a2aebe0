"""Contact lists over their handlers."""

import pytest

from mockserver.lists import ContactLists

NEW = {
    "name": "January",
    "columnNames": ["Lead ID", "Phone", "Hours"],
    "phoneColumns": [{"columnName": "Phone", "type": "cell", "callableTimeColumn": "Hours"}],
}


@pytest.fixture
def lists(bare_org, imports):
    return ContactLists(bare_org, imports, lambda list_id: None)


@pytest.fixture
def three(ask, lists):
    """Three lists, with their ids in order of creation."""
    return [ask(lists.create, NEW | {"name": name}).json["id"] for name in ("Beta", "Alpha", "Alphabet")]


def names(got):
    return " ".join(entity["name"] for entity in got.json["entities"])


def test_create(ask, lists, bare_org):
    """A new list is answered whole with 200; what the server owns is not taken from the request."""
    got = ask(lists.create, NEW | {"id": "mine", "version": 9, "size": 5, "dateCreated": "2000-01-01T00:00:00Z"})
    created = got.json
    list_id = created.pop("id")
    assert (got.status, list_id != "mine") == (200, True)
    assert created == {
        "name": "January",
        "dateCreated": "2026-01-01T00:00:00.000Z",
        "version": 1,
        "division": {
            "id": bare_org.home_division.id,
            "name": "Home",
            "selfUri": bare_org.home_division.self_uri,
        },
        "columnNames": ["Lead ID", "Phone", "Hours"],
        "phoneColumns": [{"columnName": "Phone", "type": "cell", "callableTimeColumnName": "Hours"}],
        "automaticTimeZoneMapping": False,
        "trimWhitespace": True,
        "selfUri": f"/api/v2/outbound/contactlists/{list_id}",
    }


@pytest.mark.parametrize("sent", [[], {"name": 1}, b"{", b"", {"columnNames": "Phone"}, {"retentionDays": 2**63}])
def test_bodies_that_are_no_list(sent, ask, lists):
    """They are bad requests."""
    assert ask(lists.create, sent).code == "bad.request"


def test_names_are_unique(ask, lists, three):
    """A second list of the same name is refused, also by an update."""
    refused = ask(lists.create, NEW | {"name": "Beta"})
    assert (refused.status, refused.code) == (400, "duplicate.name")
    renamed = ask(lists.update, NEW | {"name": "Beta", "version": 1}, contact_list_id=three[1])
    assert renamed.code == "duplicate.name"


def test_get(ask, lists, leads_list, bare_org):
    """Size and import status are there only if they were asked for."""
    bare_org.store.add_contacts(leads_list.id, ["i"], [b"{}"])
    plain = ask(lists.get, contact_list_id=leads_list.id).json
    full = ask(lists.get, query="includeSize=true&includeImportStatus=true", contact_list_id=leads_list.id).json
    assert full == plain | {"size": 1, "importStatus": {"percentComplete": 100}}
    missing = ask(lists.get, contact_list_id="no")
    assert (missing.code, missing.message) == ("contact.list.not.found", "The dialer contact list was not found.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "Alpha Alphabet Beta"),
        ("name=Alpha", "Alpha Alphabet"),
        ("name=Alpha&filterType=Equals", "Alpha"),
        ("name=pha&filterType=Contains", "Alpha Alphabet"),
        ("name=bet&filterType=EndsWith", "Alphabet"),
        ("name=B&filterType=BeginsWith", "Beta"),
        ("name=A.*t&filterType=RegEx", "Alphabet"),
        ("name=Alphabet&filterType=LessThan", "Alpha"),
        ("name=Alphabet&filterType=LessThanEqualTo", "Alpha Alphabet"),
        ("name=Alphabet&filterType=GreaterThan", "Beta"),
        ("name=Alphabet&filterType=GreaterThanEqualTo", "Alphabet Beta"),
        ("name=zzz", ""),
        ("sortOrder=descending", "Beta Alphabet Alpha"),
        ("sortBy=dateCreated&sortOrder=ascending", "Beta Alpha Alphabet"),
        ("pageSize=1&pageNumber=2", "Alphabet"),
        ("pageNumber=9&allowEmptyResult=true", ""),
        ("divisionId=elsewhere", ""),
        ("timeZone=Europe%2FParis", ""),
    ],
)
def test_list(query, expected, ask, lists, three):
    """A listing is filtered, sorted and cut into pages."""
    assert names(ask(lists.list, query=query)) == expected


@pytest.mark.parametrize("form", ["id={0}&id={2}", "id={0},{2}", "id={0}%2C{2},unknown"])
def test_list_by_id(form, ask, lists, three):
    """Ids come repeated or joined; unknown ones are left out."""
    got = ask(lists.list, query=form.format(*three))
    assert (names(got), got.json["total"]) == ("Alphabet Beta", 2)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("id=" + ",".join(map(str, range(101))), "too.many.bulk.retrieves"),
        ("filterType=Like", "invalid.value"),
        ("filterType=RegEx&name=(a%2B)%2B", "invalid.value"),
        ("sortBy=colour", "invalid.value"),
        ("sortOrder=up", "invalid.value"),
        ("includeSize=1", "invalid.value"),
        ("pageSize=0", "invalid.value"),
    ],
)
def test_listings_that_are_refused(query, code, ask, lists):
    """A parameter that means nothing is told, not passed over."""
    assert ask(lists.list, query=query).code == code


def test_listing_shows_what_was_asked_for(ask, lists, three):
    """Entities carry size and import status on request, and uris keep the query."""
    got = ask(lists.list, query="includeSize=true&name=B&includeImportStatus=true").json
    assert (got["entities"][0]["size"], got["entities"][0]["importStatus"]) == (0, {"percentComplete": 100})
    assert got["selfUri"] == (
        "/api/v2/outbound/contactlists?includeSize=true&name=B&includeImportStatus=true&pageSize=25&pageNumber=1"
    )


def test_update(ask, lists, three, bare_org):
    """An update needs the version of now, and raises it."""
    bare_org.clock.advance(60)
    change = NEW | {"name": "Gamma", "version": 1}
    got = ask(lists.update, change, contact_list_id=three[0]).json
    assert (got["name"], got["version"], got["dateModified"]) == ("Gamma", 2, "2026-01-01T00:01:00.000Z")
    outdated = ask(lists.update, change, contact_list_id=three[0])
    assert (outdated.status, outdated.code) == (409, "invalid.update.wrong.version")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"version": None}, 409, "invalid.update.wrong.version"),
        ({"columnNames": ["Phone", "Hours"]}, 400, "cannot.update.contact.column.names"),
        ({"phoneColumns": [{"columnName": "Phone", "type": "home"}]}, 400, "cannot.update.phone.columns"),
        ({"name": ""}, 400, "name.cannot.be.blank"),
    ],
)
def test_updates_that_are_refused(change, status, code, ask, lists, three):
    """Columns stay as they are, and nothing is changed without the version."""
    refused = ask(lists.update, NEW | {"name": "Beta", "version": 1} | change, contact_list_id=three[0])
    assert (refused.status, refused.code) == (status, code)


@pytest.mark.parametrize("method", ["update", "delete"])
def test_lists_that_are_not_there(method, ask, lists):
    """Changing and deleting say so with another code than reading."""
    missing = ask(getattr(lists, method), NEW, contact_list_id="no")
    assert (missing.status, missing.code) == (404, "resource.not.found")


def test_delete(ask, lists, three, bare_org, imports):
    """Deleting answers 200 without a body, and waits for an import to end."""
    imports.importing.add(three[0])
    refused = ask(lists.delete, contact_list_id=three[0])
    assert (refused.status, refused.code) == (400, "contact.list.import.in.progress")
    imports.importing.clear()
    deleted = ask(lists.delete, contact_list_id=three[0])
    assert (deleted.status, deleted.body, names(ask(lists.list))) == (200, b"", "Alpha Alphabet")


def test_delete_many(ask, lists, three):
    """Deleting several answers 204; 409 tells that one could not be deleted."""
    assert ask(lists.delete_many, query=f"id={three[0]},{three[1]}").status == 204
    conflict = ask(lists.delete_many, query=f"id={three[0]}&id={three[2]}")
    assert (conflict.status, conflict.code, names(ask(lists.list))) == (409, "bulk.delete.conflict", "")


@pytest.mark.parametrize(
    ("query", "code"), [("", "bad.request"), ("id=" + ",".join(map(str, range(101))), "too.many.deletes")]
)
def test_delete_many_refusals(query, code, ask, lists):
    """There are at least one and at most a hundred ids."""
    assert ask(lists.delete_many, query=query).code == code


@pytest.mark.parametrize("body", [b"", b"null"])
def test_clear(body, ask, lists, leads_list, bare_org, imports):
    """Clearing answers 204 and empties the list and its import, whatever the SDK sends as no body."""
    imports.importing.add(leads_list.id)
    bare_org.store.add_contacts(leads_list.id, ["i"], [b"{}"])
    assert ask(lists.clear, body, contact_list_id=leads_list.id).status == 204
    assert (bare_org.store.size(leads_list.id), imports.importing) == (0, set())
    assert ask(lists.clear, body, contact_list_id="no").code == "contact.list.not.found"


def test_a_full_org(ask, lists, bare_org, profile_with):
    """The last list that fits is taken, the next one refused."""
    bare_org.profile = profile_with(limits__lists_per_org=1)
    assert ask(lists.create, NEW).status == 200
    assert ask(lists.create, NEW | {"name": "Other"}).code == "max.entity.count.reached"
