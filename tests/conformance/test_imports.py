"""Uploads go past the SDK, which has no method for them; what becomes of them is read with it."""

from itertools import permutations

import pytest
import urllib3

from .answers import refused
from .leads import COLUMNS, contact_list, contacts, lead

pytestmark = pytest.mark.conformance


def csv(*rows, header=COLUMNS):
    """A file with these rows, each a sequence of cells."""
    return "".join(",".join(row) + "\r\n" for row in (header, *rows)).encode()


def rows(count):
    return [lead(number).values() for number in range(count)]


@pytest.fixture
def upload(mock, client):
    """A function that posts a form with these parts, in this order; where `file` stands comes the file."""

    def post(content, /, token=None, **fields):
        part = ("leads.csv", content, "text/csv")
        parts = [(name, part if name == "file" else value) for name, value in fields.items()]
        headers = {"Authorization": f"bearer {token or client.access_token}"}
        return urllib3.request("POST", f"{mock.url}/uploads/v2/contactlist", fields=parts, headers=headers)

    return post


@pytest.fixture
def imported(upload, leads):
    """A function that uploads a file into the list of leads."""

    def run(content, /, **fields):
        reply = upload(content, id=leads.id, fileType="contactlist", file=..., **fields)
        assert (reply.status, reply.json()["correlationId"] != "") == (200, True)

    return run


def test_before_any_import(api, leads):
    """A list into which nothing was ever uploaded has a status without anything in it."""
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert {name: value for name, value in status.to_dict().items() if value is not None} == {}


def test_a_finished_import(api, leads, imported):
    """It has no state, only 100 percent; there is no "COMPLETE", which the SDK would not know."""
    imported(csv(*rows(250)))
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.percent_complete, status.failure_reason) == (None, 100, None)
    assert (status.total_records, status.completed_records) == (250, 250)
    assert api.get_outbound_contactlist(leads.id, include_import_status=True).import_status.percent_complete == 100


def test_imported_contacts(api, leads, imported):
    """They are like those that were posted, in the order of the file."""
    imported(csv(*rows(30)))
    page = api.post_outbound_contactlist_contacts_search(leads.id, {"pageNumber": 1, "pageSize": 100})
    assert [each.data for each in page.entities] == [lead(number) for number in range(30)]
    assert api.get_outbound_contactlist_contact(leads.id, page.entities[3].id).data == lead(3)


def test_a_header_in_capitals(api, leads, imported):
    """Columns are found without regard to case; a contact's have the spelling of the list."""
    imported(csv(*rows(3), header=[name.upper() for name in COLUMNS]))
    page = api.post_outbound_contactlist_contacts_search(leads.id, {})
    assert [each.data for each in page.entities] == [lead(number) for number in range(3)]


@pytest.mark.parametrize("order", [*permutations(["id", "file", "fileType"])], ids="-".join)
def test_order_of_the_parts(api, leads, upload, order):
    """Official clients send them in any order, the file first too."""
    given = {"id": leads.id, "fileType": "contactlist", "file": ...}
    assert upload(csv(*rows(3)), **{name: given[name] for name in order}).status == 200
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 3


@pytest.mark.parametrize(
    ("fields", "size"), [({}, 20), ({"contact-id-name": "Lead ID"}, 10), ({"contact-id-name": ""}, 20)]
)
def test_the_same_file_again(api, leads, imported, fields, size):
    """An import adds; only with ids of one's own it updates. It never clears."""
    for _ in range(2):
        imported(csv(*rows(10)), **fields)
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == size


def test_own_ids(api, leads, imported):
    """The column that is named holds the contacts' ids."""
    imported(csv(*rows(10)), **{"contact-id-name": "Lead ID"})
    assert api.get_outbound_contactlist_contact(leads.id, "L-0000007").data == lead(7)


def test_an_import_updates_what_was_posted(api, leads, imported):
    """Contacts are the same whichever way they came."""
    api.post_outbound_contactlist_contacts(leads.id, contacts(10, own_ids=True))
    imported(csv(["L-0000003", "Bo", "", "", ""]), **{"contact-id-name": "Lead ID"})
    assert api.get_outbound_contactlist_contact(leads.id, "L-0000003").data["First Name"] == "Bo"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "FAILED_TO_READ_HEADERS"),
        (b"\xff\xfe\x00", "FAILED_TO_READ_HEADERS"),
        (csv(header=[*COLUMNS, "Zip"]), "FAILED_TO_READ_HEADERS"),
        (csv(header=["", ""]), "NO_COLUMNS_DEFINED"),
        (csv(*rows(1), header=[f"{name}s" for name in COLUMNS]), "COLUMNS_DO_NOT_EXIST_ON_LIST"),
        (csv(*rows(1), header=COLUMNS[:-1]), "COLUMNS_DO_NOT_EXIST_ON_LIST"),
        (csv(header=[*COLUMNS, *(f"Extra {n}" for n in range(46))]), "CONTACT_COLUMNS_LIMIT_EXCEEDED"),
        (csv(header=[*COLUMNS, "x" * 129]), "COLUMN_EXCEEDS_LENGTH_LIMIT"),
        (csv(*rows(3)) + b"\r\n", "ENTRY_DOES_NOT_ALIGN_WITH_HEADERS"),
        (csv(*rows(3)) + b"\xff,,,,\r\n", "COULD_NOT_PARSE_AN_ENTRY"),
    ],
)
def test_failed_imports(api, leads, imported, file, reason):
    """The upload is taken, the import fails: the status says why, and no contact is there."""
    imported(file)
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.failure_reason) == ("FAILED", reason)
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 0


def test_a_column_of_ids_that_is_not_there(api, leads, imported):
    """The column that is to hold the ids has to be in the file."""
    imported(csv(*rows(3)), **{"contact-id-name": "Number"})
    assert api.get_outbound_contactlist_importstatus(leads.id).failure_reason == "MISSING_CUSTOM_ID"


@pytest.mark.parametrize(
    "row",
    [["L-1"], ["L-1", "x" * 513, "", "", ""], ["L 1", "", "", "", ""], ["", "", "", "", ""], ['"L"1', "", "", "", ""]],
)
def test_rows_that_are_skipped(api, leads, imported, row):
    """A bad record is left out; the counters count it, the list does not."""
    imported(csv(*rows(2), row, lead(9).values()), **{"contact-id-name": "Lead ID"})
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.percent_complete, status.total_records) == (None, 100, 4)
    page = api.post_outbound_contactlist_contacts_search(leads.id, {})
    assert [each.id for each in page.entities] == ["L-0000000", "L-0000001", "L-0000009"]


def test_an_import_on_its_way(settings, api, leads, imported):
    """It is IN_PROGRESS, its list cannot be deleted, and clearing the list ends it."""
    settings(jobs__import_rows_per_s=0.001)
    imported(csv(*rows(10)))
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.percent_complete, status.total_records) == ("IN_PROGRESS", 0, 10)
    with refused(400, "contact.list.import.in.progress"):
        api.delete_outbound_contactlist(leads.id)
    with refused(409, "bulk.delete.conflict"):
        api.delete_outbound_contactlists([leads.id])
    api.post_outbound_contactlist_clear(leads.id)
    assert api.get_outbound_contactlist_importstatus(leads.id).state == "FAILED"


def test_an_import_that_has_not_begun(settings, api, leads, imported):
    """At first there is no status at all."""
    settings(jobs__import_start_delay_s=3600)
    imported(csv(*rows(10)))
    status = api.get_outbound_contactlist_importstatus(leads.id)
    assert (status.state, status.percent_complete) == (None, None)


def test_a_full_list(settings, api, leads, ten, imported):
    """A file that does not fit fails with the code the platform has for it."""
    settings(limits__contacts_per_list=15)
    imported(csv(*rows(6)))
    assert api.get_outbound_contactlist_importstatus(leads.id).failure_reason == "EXCEEDED_CONTACT_LIMIT"
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 10


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"id": "no-such-list"}, 404, "contact.list.not.found"),
        ({"id": ""}, 400, "bad.request"),
        ({"fileType": "dnclist"}, 404, "dnc.list.not.found"),
        ({"fileType": "spreadsheet"}, 400, "bad.request"),
        ({"fileType": None}, 400, "bad.request"),
        ({"file": None}, 400, "bad.request"),
        ({"id": None}, 400, "bad.request"),
        ({"token": "wrong"}, 401, "bad.credentials"),
    ],
)
def test_refused_uploads(api, leads, upload, fields, status, code):
    """Forms that lack something, and strangers."""
    given = {"id": leads.id, "fileType": "contactlist", "file": ...} | fields
    reply = upload(csv(*rows(3)), **{name: value for name, value in given.items() if value is not None})
    assert (reply.status, reply.json()["code"]) == (status, code)
    assert reply.json()["contextId"] == reply.headers["ININ-Correlation-Id"]
    assert api.get_outbound_contactlist(leads.id, include_size=True).size == 0


def test_another_list_with_the_columns_in_another_order(api, upload):
    """The header says which cell is which."""
    created = api.post_outbound_contactlists(contact_list("Backwards", column_names=COLUMNS[::-1]))
    assert upload(csv(*rows(2)), id=created.id, fileType="contactlist", file=...).status == 200
    page = api.post_outbound_contactlist_contacts_search(created.id, {})
    assert [each.data for each in page.entities] == [lead(0), lead(1)]
