"""A contact list kept by Terraform: made, filled from a file, read back, filled again with what was read."""

import pytest

from .terraform import ID_COLUMN, LIST, Provider, as_file, cells, without_system_columns

pytestmark = pytest.mark.conformance


def leads(count):
    """A file with these many leads, as somebody keeps it next to the configuration."""
    rows = [[f"L-{n:05}", ("Zoë", "Ali")[n % 2], f"+1 555 01{n % 100:02}", ""] for n in range(count)]
    return as_file([LIST["columnNames"], *rows])


@pytest.fixture(params=range(3))
def provider(request, mock):
    """The provider, three times: each goes through its maps in another order."""
    return Provider(mock.url, seed=request.param)


@pytest.fixture
def filled(provider):
    """The id of a list with 200 contacts from a file, whose ids are their lead ids."""
    list_id = provider.create(LIST)["id"]
    assert provider.upload(list_id, leads(200), "Lead ID").status == 200
    assert provider.imported(list_id, 200)
    return list_id


def test_apply(provider, filled):
    """What was in the file is in the list, and the list is found by its name."""
    assert provider.count(filled) == 200
    assert [each["id"] for each in provider.named("Leads")] == [filled]
    assert provider.named("Other leads") == []


def test_apply_again(provider, filled):
    """A changed file replaces the contacts: the list is cleared first, since an import never does that."""
    provider.clear(filled)
    assert provider.count(filled) == 0
    assert provider.upload(filled, leads(50), "Lead ID").status == 200
    assert provider.imported(filled, 50)
    assert provider.count(filled) == 50


def test_parts_in_every_order(mock):
    """The form's parts come as Go's map has them, the file often before the list it is for."""
    for seed in range(24):
        provider = Provider(mock.url, seed)
        list_id = provider.create(LIST | {"name": f"Leads {seed}"})["id"]
        assert provider.upload(list_id, leads(3), "Lead ID").status == 200
        assert provider.imported(list_id, 3)


def test_no_column_of_ids(provider):
    """Without a column for ids the field is there all the same, empty."""
    list_id = provider.create(LIST)["id"]
    for _ in range(2):
        assert provider.upload(list_id, leads(10), "").status == 200
    assert provider.count(list_id) == 20


def test_export(provider, filled):
    """A byte order mark, a quoted header whose first name is the id's, and every contact."""
    file = provider.export(filled)
    assert file.startswith(b'\xef\xbb\xbf"inin-outbound-id",')
    header, *rows = cells(file)
    assert header[1:5] == LIST["columnNames"]
    assert len(header) == 1 + 4 + 5 + 9 * 2
    assert {row[0] for row in rows} == {f"L-{n:05}" for n in range(200)}


def test_an_export_that_takes_its_time(mock, provider, filled):
    """404 and 400 mean that it is not there yet; asked often enough, it is."""
    rules = [
        {"op": "export.get", "nth": n, "action": {"status": status}} for n, status in ((1, 404), (2, 400), (3, 404))
    ]
    mock.control("PUT", "/faults", rules)
    assert len(cells(provider.export(filled))) == 201
    assert mock.counts("export.get") == {"404": 2, "400": 1, "200": 1}


def test_the_export_comes_back(provider, filled):
    """Without the platform's columns an export is a file of the same contacts: none is new, none is another."""
    before = provider.export(filled)
    again = without_system_columns(before, LIST["columnNames"])
    assert provider.upload(filled, again, ID_COLUMN).status == 200
    assert provider.imported(filled, 200)
    assert provider.count(filled) == 200
    assert sorted(cells(provider.export(filled))) == sorted(cells(before))


def test_a_copy_of_a_list(provider, filled):
    """The same file into another list makes contacts with the same ids there."""
    copy = provider.create(LIST | {"name": "Copy"})["id"]
    again = without_system_columns(provider.export(filled), LIST["columnNames"])
    assert provider.upload(copy, again, ID_COLUMN).status == 200
    assert cells(provider.export(copy)) == cells(provider.export(filled))


def test_the_raw_export_is_too_wide(provider):
    """With the platform's columns there are more than fifty: the upload is taken, the import fails."""
    phones = [f"Phone {n}" for n in range(5)]
    columns = {"columnNames": ["Lead ID", *phones], "phoneColumns": [{"columnName": n, "type": "cell"} for n in phones]}
    list_id = provider.create(LIST | columns)["id"]
    provider.upload(list_id, as_file([columns["columnNames"], ["L-1", *["+1 555 0100"] * 5]]), "Lead ID")
    raw = provider.export(list_id)
    assert len(cells(raw)[0]) == 1 + 6 + 5 + 45
    assert provider.upload(list_id, raw, ID_COLUMN).status == 200
    with pytest.raises(ImportError, match="CONTACT_COLUMNS_LIMIT_EXCEEDED"):
        provider.imported(list_id, 1)
    assert provider.upload(list_id, without_system_columns(raw, columns["columnNames"]), ID_COLUMN).status == 200
    assert provider.imported(list_id, 1)
    assert provider.count(list_id) == 1


def test_an_import_that_takes_its_time(settings, provider):
    """IN_PROGRESS means to ask again."""
    settings(jobs__progress="polls", jobs__polls=4)
    list_id = provider.create(LIST)["id"]
    assert provider.upload(list_id, leads(10), "Lead ID").status == 200
    asked = [provider.imported(list_id, 10) for _ in range(4)]
    assert asked == [False, False, False, True]
    assert provider.count(list_id) == 10


def test_an_import_that_nobody_sees(settings, provider):
    """Small files are through before a status shows; then the number of contacts tells."""
    settings(jobs__import_status_visible_rows=1000)
    list_id = provider.create(LIST)["id"]
    assert provider.upload(list_id, leads(10), "Lead ID").status == 200
    status = provider.called("GET", f"/contactlists/{list_id}/importstatus").json()
    assert (status.get("state"), status.get("percentComplete")) in ((None, None), (None, 0))
    assert provider.imported(list_id, 10)


def test_what_is_refused(provider):
    """A wrong list and a wrong token are no 200, which is all that the provider looks at; the body is JSON."""
    reply = provider.upload("no-such-list", leads(1), "Lead ID")
    assert (reply.status, reply.json()["code"]) == (404, "contact.list.not.found")
    provider.token = "wrong"
    reply = provider.upload("no-such-list", leads(1), "Lead ID")
    assert (reply.status, reply.json()["code"]) == (401, "bad.credentials")


def test_destroy(provider, filled):
    """Deleted is 200, and then it is not found; deleting it again is the 404 that ends the waiting."""
    assert provider.called("DELETE", f"/contactlists/{filled}").status == 200
    assert provider.call("GET", f"/contactlists/{filled}").status == 404
    assert provider.call("DELETE", f"/contactlists/{filled}").status == 404


def test_change(provider, filled):
    """An update takes the version from a read just before."""
    version = provider.called("GET", f"/contactlists/{filled}?includeImportStatus=false&includeSize=false").json()[
        "version"
    ]
    changed = provider.called("PUT", f"/contactlists/{filled}", LIST | {"name": "Renamed", "version": version}).json()
    assert (changed["name"], changed["version"]) == ("Renamed", version + 1)
    assert provider.count(filled) == 200


def test_a_contact_of_its_own(provider, filled):
    """Single contacts are posted with all three flags, as Go has no way to leave one out, and with their statuses."""
    contact = {
        "contactListId": filled,
        "callable": True,
        "data": {"Lead ID": "L-1", "First Name": "Bo", "Cell": "+1 555 0100", "Home": "+1 555 0101"},
        "phoneNumberStatus": {"Cell": {"callable": True}, "Home": {"callable": False}},
        "contactableStatus": {"Voice": {"contactable": True, "columnStatus": {"Cell": {"contactable": True}}}},
    }
    flags = "priority=false&clearSystemData=false&doNotQueue=false"
    [made] = provider.called("POST", f"/contactlists/{filled}/contacts?{flags}", [contact]).json()
    read = provider.called("GET", f"/contactlists/{filled}/contacts/{made['id']}").json()
    assert read["phoneNumberStatus"]["Home"] == {"callable": False}
    assert read["contactableStatus"]["Voice"]["columnStatus"]["Cell"] == {"contactable": True}
