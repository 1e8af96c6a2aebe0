"""Exports: what the file holds, when it is there, and who may fetch it."""

import csv
import io

import pytest

from mockserver.exports import CHUNK_ROWS, export_header, export_job, export_lines
from mockserver.http.wire import timestamp
from mockserver.model import ContactColumn, ContactList, ExportJob

pytestmark = pytest.mark.anyio

LIST = "11111111-1111-4111-8111-111111111111"
EXPORT = f"/api/v2/outbound/contactlists/{LIST}/export"


def contact_list(columns=("id", "phone", "other"), phones=("phone", "other")):
    return ContactList(
        id=LIST,
        name="Leads",
        date_created="",
        date_modified="",
        column_names=columns,
        phone_columns=tuple(ContactColumn(column_name=name, type="cell") for name in phones),
    )


def exported(contact_list, contacts, semantics, attributes=None):
    """The file's bytes."""
    lines = export_lines(
        contact_list, [each[0] for each in contacts], [each[1] for each in contacts], semantics, attributes
    )
    return export_header(contact_list) + b"".join(lines)


def cells(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


@pytest.fixture
def semantics(profile_with):
    return profile_with().semantics


def test_header():
    """The order of two real exports: id, own columns, five of the list, nine of each phone column by its name."""
    of_phone = (
        "CallRecordLastAttempt-{0},CallRecordLastResult-{0},CallRecordLastAgentWrapup-{0},SmsLastAttempt-{0},"
        "SmsLastResult-{0},Callable-{0},ContactableByVoice-{0},ContactableBySms-{0},AutomaticTimeZone-{0}"
    )
    names = (
        "inin-outbound-id,id,phone,other,"
        "ContactCallable,ContactableByVoice,ContactableBySms,ContactableByEmail,ZipCodeAutomaticTimeZone,"
        + of_phone.format("phone")
        + ","
        + of_phone.format("other")
    )
    quoted = ",".join(f'"{name}"' for name in names.split(","))
    assert export_header(contact_list()) == b"\xef\xbb\xbf" + quoted.encode() + b"\n"


def test_a_line(semantics):
    """Every cell is quoted; nobody has been dialled, so records and time zones are empty; LF at the end."""
    data = exported(contact_list(phones=("phone",)), [("c-1", b'{"id":"1","phone":"+15550100","other":""}')], semantics)
    line = data.splitlines(keepends=True)[1].decode()
    assert line == '"c-1","1","+15550100","","1","1","1","1","","","","","","","1","1","1",""\n'


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (b'{"other":"3","id":"1","phone":"2"}', ["1", "2", "3"]),  # any order of keys
        (b'{ "id" : "1" }', ["1", "", ""]),  # columns it lacks
        (b'{"id":"1","more":"9"}', ["1", "", ""]),  # one the list lacks
        (b'{"id":"a\\"b","phone":"1,2","other":"x\\ny"}', ['a"b', "1,2", "x\ny"]),
        (b'{"id":"\\u00e9\\\\","phone":"\xc5\x81"}', ["é\\", "Ł", ""]),
    ],
)
def test_cells(semantics, row, expected):
    """Values come out of the file as they went in, whatever CSV or JSON has to do about them."""
    lines = cells(exported(contact_list(), [('i"d', row)], semantics))
    assert lines[1][:4] == ['i"d', *expected]
    assert len(lines[0]) == len(lines[1]) == 1 + 3 + 5 + 9 * 2


@pytest.mark.parametrize(("style", "yes", "no"), [("1", "1", "0"), ("true", "true", "false")])
def test_who_is_callable(profile_with, style, yes, no):
    """What was set for a contact shows in its own line only, in the profile's style."""
    attributes = {
        "b": b'{"callable":false}',
        "c": b'{"phoneNumberStatus":{"other":{"callable":false}},"contactableStatus":{}}',
    }
    data = exported(
        contact_list(),
        [(each, b"{}") for each in "abc"],
        profile_with(semantics__callable_format=style).semantics,
        attributes,
    )
    header, *lines = cells(data)
    columns = [header.index(name) for name in ("ContactCallable", "Callable-phone", "Callable-other")]
    assert [[line[at] for at in columns] for line in lines] == [[yes, yes, yes], [no, yes, yes], [yes, yes, no]]


def test_who_is_contactable(semantics):
    """By medium and by column, where that was said; else whoever is callable."""
    attributes = {
        "a": b'{"contactableStatus":{"Sms":{"contactable":false,"columnStatus":{"phone":{"contactable":false}}}}}',
        "b": b'{"callable":false,"contactableStatus":{"Email":{"contactable":true}}}',
    }
    header, *lines = cells(exported(contact_list(), [(each, b"{}") for each in "ab"], semantics, attributes))
    names = ["ContactableByVoice", "ContactableBySms", "ContactableByEmail", "ContactableBySms-phone", "Callable-phone"]
    assert [[line[header.index(name)] for name in names] for line in lines] == [[*"10101"], [*"00111"]]


def test_many_rows(semantics):
    """Chunks of lines add up to all rows, in order."""
    count = 2 * CHUNK_ROWS + 1
    ids = [str(n) for n in range(count)]
    chunks = list(export_lines(contact_list(), ids, [b"{}"] * count, semantics))
    assert [line.split(b'"')[1].decode() for line in b"".join(chunks).splitlines()] == ids
    assert len(chunks) == 3


@pytest.mark.parametrize(
    ("running", "starts_at"),
    [
        ([], 100.0),
        ([130.0], 100.0),
        ([130.0, 120.0], 120.0),  # two at once: the first to end makes room
        ([130.0, 120.0, 150.0], 130.0),
    ],
)
def test_ready_at(profile_with, running, starts_at):
    """Delay and pace decide; an export beyond those made at once waits."""
    jobs = profile_with(
        jobs__exports_at_once=2,
        jobs__export_start_delay_s=2.0,
        jobs__export_rows_per_s=10.0,
        jobs__export_uri_ttl_s=60.0,
    ).jobs
    others = [
        ExportJob(id="o", contact_list_id=LIST, requested_at=0.0, ready_at=at, expires_at=at + 60) for at in running
    ]
    job = export_job("j", LIST, 50, 100.0, jobs, others)
    assert (job.ready_at, job.expires_at) == (starts_at + 7.0, starts_at + 67.0)


def test_timestamp():
    """Milliseconds and Z, always."""
    assert timestamp(1_767_225_600.0) == "2026-01-01T00:00:00.000Z"
    assert timestamp(1_767_225_600.25) == "2026-01-01T00:00:00.250Z"


@pytest.fixture
def served(mock_org):
    """The org with one list of three contacts; exports take 5 s."""
    mock_org.change(jobs__export_start_delay_s=5.0, jobs__export_uri_ttl_s=60.0, jobs__export_keeps_previous=True)
    mock_org.org.store.create_list(contact_list())
    mock_org.org.store.add_contacts(LIST, ["a", "b", "c"], [b'{"id":"1"}', b'{"id":"2"}', b'{"id":"3"}'])
    return mock_org


async def ready_uri(served):
    await served.client.post(EXPORT)
    served.clock.advance(5)
    return (await served.client.get(EXPORT)).json()["uri"]


async def signed_address(served):
    return (await served.client.get(await ready_uri(served))).headers["Location"]


async def fetch(served, address):
    """Like a browser or a client that leaves its token with the first host."""
    request = served.client.build_request("GET", address)
    del request.headers["Authorization"]
    return await served.client.send(request)


async def test_an_export_from_start_to_end(served):
    """404 until ready; then an address that takes the token and leads to one that takes none."""
    created = await served.client.post(EXPORT)
    assert (created.status_code, set(created.json())) == (200, {"id", "selfUri"})
    early = await served.client.get(EXPORT)
    assert (early.status_code, early.json()["code"]) == (404, "no.available.list.export.uri")
    served.clock.advance(5)
    ready = (await served.client.get(EXPORT)).json()
    assert ready["uri"].startswith(str(served.client.base_url.join("/api/v2/downloads/")))
    assert ready["exportTimestamp"] == timestamp(served.clock.now())
    first = await served.client.get(ready["uri"])
    assert first.status_code == served.org.profile.semantics.redirect_status
    file = await fetch(served, first.headers["Location"])
    assert [line[:2] for line in cells(file.content)][1:] == [["a", "1"], ["b", "2"], ["c", "3"]]


@pytest.mark.hardening("mock-30")
async def test_headers_of_the_file(served):
    """A download, of known length, that is neither kept nor guessed at."""
    file = await fetch(served, await signed_address(served))
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.headers["Content-Disposition"].startswith("attachment; filename=")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Cache-Control"] == "no-store"
    assert int(file.headers["Content-Length"]) == len(file.content)


@pytest.mark.hardening("mock-31")
async def test_parts_of_the_file(served):
    """There are none, and the file says so: a range gets the whole file, and HEAD is refused."""
    address = await signed_address(served)
    part = await served.client.get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.headers["Accept-Ranges"], len(part.content) > 4) == (200, "none", True)
    head = await served.client.head(address)
    assert (head.status_code, head.headers["Allow"], head.content) == (405, "GET", b"")


@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
async def test_bodies_that_mean_the_whole_list(served, body):
    """SDKs send nothing, null or an empty object."""
    reply = await served.client.post(EXPORT, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"contactIds": ["c", "a", "unknown"]}, ["c", "a"]),
        ({"contactIds": []}, []),
        ({"criteria": {"clauses": [{"predicates": [{"column": "id", "operator": "EQUALS", "value": "2"}]}]}}, ["b"]),
        ({"criteria": {}}, ["a", "b", "c"]),
    ],
)
async def test_an_export_of_some_contacts(served, body, ids):
    """By id or by criteria; ids nobody has are passed over."""
    await served.client.post(EXPORT, json=body)
    served.clock.advance(5)
    uri = (await served.client.get(EXPORT)).json()["uri"]
    file = await fetch(served, (await served.client.get(uri)).headers["Location"])
    assert [line[0] for line in cells(file.content)][1:] == ids


@pytest.mark.parametrize("body", [b"[]", b'{"contactIds":["a"],"criteria":{}}', b'{"contactIds":"a"}', b"{"])
async def test_bodies_that_make_no_sense(served, body):
    """What is exported is said in one way, or not at all."""
    reply = await served.client.post(EXPORT, content=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["code"]) == (400, "bad.request")


async def test_a_list_that_does_not_exist(served):
    """Not the same 404 as an export that is not ready."""
    for ask in (served.client.post, served.client.get):
        reply = await ask(EXPORT.replace(LIST, "22222222-2222-4222-8222-222222222222"))
        assert (reply.status_code, reply.json()["code"]) == (404, "contact.list.not.found")


async def test_the_rows_are_those_of_the_request(served):
    """Contacts that come after it are not in the file, even if it is written later."""
    uri = await ready_uri(served)
    served.org.store.put_contacts(LIST, ["a", "d"], [b'{"id":"9"}', b"{}"])
    file = await fetch(served, (await served.client.get(uri)).headers["Location"])
    assert [line[:2] for line in cells(file.content)][1:] == [["a", "1"], ["b", "2"], ["c", "3"]]


@pytest.mark.parametrize("keeps", [True, False])
async def test_the_export_before(served, keeps):
    """Until a new one is ready the former is shown, or none, as the profile says."""
    served.change(jobs__export_keeps_previous=keeps)
    former = await ready_uri(served)
    await served.client.post(EXPORT)
    between = await served.client.get(EXPORT)
    assert (between.json().get("uri") == former, between.status_code) == (keeps, 200 if keeps else 404)
    served.clock.advance(5)
    assert (await served.client.get(EXPORT)).json()["uri"] != former


async def test_redirects_and_addresses(served):
    """`download=true` leads to the first step, `issueRedirect=false` tells the second instead of leading to it."""
    uri = await ready_uri(served)
    direct = await served.client.get(EXPORT, params={"download": "true"})
    assert (direct.status_code, direct.headers["Location"]) == (served.org.profile.semantics.redirect_status, uri)
    told = await served.client.get(uri, params={"issueRedirect": "false"})
    assert (await fetch(served, told.json()["url"])).status_code == 200


@pytest.mark.hardening("mock-14")
@pytest.mark.parametrize(("semantics", "status"), [("ignore", 200), ("refuse", 400)])
async def test_the_first_step_needs_the_token_and_the_second_does_not(served, semantics, status):
    """Clients take it along, for the host is the same; a profile that refuses it finds those that leak it."""
    served.change(semantics__bearer_at_signed_address=semantics)
    address = await signed_address(served)
    assert (await served.client.get(address)).status_code == status
    assert (await fetch(served, (await served.client.get(EXPORT)).json()["uri"])).status_code == 401


@pytest.mark.parametrize(
    ("change", "status_code"),
    [
        (lambda address: address[:-1] + ("0" if address[-1] != "0" else "1"), 403),
        (lambda address: address.replace("Expires=", "Expires=1"), 403),
        (lambda address: address.partition("?")[0], 403),
        (lambda address: address.replace("Expires=", "Expires=x"), 403),
        (lambda address: address.replace("Signature=", "Signature=é"), 403),
        (lambda address: address.replace("&", "0000000000&"), 403),  # more digits than any moment has
        (lambda address: address.replace("Expires=", "Expires=0"), 403),  # the same number
        (lambda address: address + "&Expires=99999999999", 403),
        (lambda address: address + "&more=1", 403),
        (lambda address: address + "&", 403),
        (lambda address: address.replace("?", "?more=1&"), 403),
        (lambda address: "{0}?{2}&{1}".format(*address.replace("?", "&").split("&")), 403),  # in another order
    ],
)
@pytest.mark.hardening("mock-14")
async def test_forged_addresses(served, change, status_code):
    """Nobody signs but the server."""
    reply = await fetch(served, change(await signed_address(served)))
    assert (reply.status_code, reply.json()["code"]) == (status_code, "access.denied")


@pytest.mark.hardening("mock-14")
async def test_expiry(served):
    """Address, download and export end with the profile's lifetime."""
    address = await signed_address(served)
    uri = (await served.client.get(EXPORT)).json()["uri"]
    served.clock.advance(62)
    assert (await fetch(served, address)).status_code == 410
    assert (await served.client.get(uri)).status_code == 404
    assert (await served.client.get(EXPORT)).json()["code"] == "no.available.list.export.uri"


async def test_old_files_go(served):
    """What has expired is removed when the next export is asked for."""
    await fetch(served, await signed_address(served))
    assert len(list(served.org.spool.iterdir())) == 1
    served.clock.advance(100)
    await served.client.post(EXPORT)
    assert list(served.org.spool.iterdir()) == []


async def test_injected_failures(served):
    """An export can be made to lose contacts, or never to become ready."""
    await served.client.post(EXPORT)
    served.services.exports.lose_rows(LIST, 2)
    served.clock.advance(5)
    address = (await served.client.get((await served.client.get(EXPORT)).json()["uri"])).headers["Location"]
    assert len(cells((await fetch(served, address)).content)) == 2
    served.change(jobs__export_keeps_previous=False)
    await served.client.post(EXPORT)
    served.services.exports.freeze(LIST)
    served.clock.advance(3_600)
    assert (await served.client.get(EXPORT)).status_code == 404
