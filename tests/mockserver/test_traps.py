"""The traps of the platform's API, one by one: each is a mistake that a client or a mock has made somewhere.

Numbers are those of the list of traps that the mock was built against; what is said there is said again in each test.
"""

import asyncio
import json

import pytest
from aiohttp import ClientSession

from mockserver.app import create_app
from mockserver.clock import SystemClock
from mockserver.faults import Faults, parse_rules
from mockserver.loaded_profile import LoadedProfile, load
from mockserver.profile import at_cpu_speed
from mockserver.services import create_services
from mockserver.state.auth import OAuthClient
from mockserver.storage.memory_store import MemoryStore

from ..conftest import MockOrg, listening, log_in

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
DNC = "/api/v2/outbound/dnclists"
LEADS = [{"data": {"Lead ID": f"L-{n}", "Phone": f"+155501{n:02d}"}} for n in range(3)]
CSV = "Lead ID,Phone\nL-1,+15550101\nL-2,+15550102\n"
JSON = {"Content-Type": "application/json"}


async def created(mock_org, name="Leads"):
    """A list of two columns."""
    body = {
        "name": name,
        "columnNames": ["Lead ID", "Phone"],
        "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
    }
    reply = await mock_org.client.post(LISTS, json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def add(mock_org, at, contacts=LEADS, **query):
    return await mock_org.client.post(f"{at['selfUri']}/contacts", json=contacts, params=query)


async def upload(mock_org, at, content=CSV, **fields):
    files = {"file": ("leads.csv", content, "text/csv")}
    data = {"id": at["id"], "fileType": "contactlist"} | fields
    return await mock_org.client.post("/uploads/v2/contactlist", data=data, files=files)


async def status(mock_org, at):
    return (await mock_org.client.get(f"{at['selfUri']}/importstatus")).json()


async def size(mock_org, at):
    return (await mock_org.client.get(at["selfUri"], params={"includeSize": "true"})).json()["size"]


async def export_uri(mock_org, at):
    """Where the list's export is; it takes no time unless told."""
    await mock_org.client.post(f"{at['selfUri']}/export")
    return (await mock_org.client.get(f"{at['selfUri']}/export")).json()["uri"]


async def test_trap_01_a_finished_import_has_no_state(mock_org):
    """No "COMPLETED": absent, and 100 percent; the same object in the list, and only where it is asked for."""
    at = await created(mock_org)
    await upload(mock_org, at)
    shown = await status(mock_org, at)
    assert (shown.get("state"), shown["percentComplete"], shown["completedRecords"]) == (None, 100, 2)
    full = (await mock_org.client.get(at["selfUri"], params={"includeImportStatus": "true"})).json()
    plain = (await mock_org.client.get(at["selfUri"])).json()
    assert (full["importStatus"], "importStatus" in plain) == (shown, False)


async def test_trap_02_statuses_of_successes(mock_org):
    """Creations and exports answer 200, clear 204, DELETE of one list 200 and of several 204."""
    at, other = await created(mock_org), await created(mock_org, "Other")
    client = mock_org.client
    assert (await add(mock_org, at)).status_code == 200
    assert (await client.post(f"{at['selfUri']}/export")).status_code == 200
    assert (await client.post(f"{at['selfUri']}/clear")).status_code == 204
    assert (await client.delete(at["selfUri"])).status_code == 200
    assert (await client.delete(LISTS, params={"id": other["id"]})).status_code == 204


@pytest.mark.parametrize("status_code", [202, 200])
async def test_trap_02_bulk_jobs_are_accepted(mock_org, status_code):
    """202, or 200, which is documented as well; there is one to remove, and none to add."""
    mock_org.change(semantics__bulk_job_status=status_code)
    at = await created(mock_org)
    await add(mock_org, at)
    predicate = {"column": "Lead ID", "columnType": "alphabetic", "operator": "EQUALS", "value": "L-1"}
    criteria = {"clauses": [{"filterType": "AND", "predicates": [predicate]}], "filterType": "AND"}
    reply = await mock_org.client.post(f"{at['selfUri']}/contacts/bulk/remove", json={"criteria": criteria})
    assert (reply.status_code, await size(mock_org, at)) == (status_code, 2)
    assert (await mock_org.client.post(f"{at['selfUri']}/contacts/bulk/add", json={})).status_code == 404


async def test_trap_03_an_export_that_is_not_ready(mock_org):
    """404 with a code of its own, before the first one is asked for and until it is ready."""
    mock_org.change(jobs__export_start_delay_s=5.0)
    at = await created(mock_org)
    path = f"{at['selfUri']}/export"
    before = (await mock_org.client.get(path)).json()
    await mock_org.client.post(path)
    early = await mock_org.client.get(path)
    assert (early.status_code, early.json()["code"]) == (404, "no.available.list.export.uri")
    assert before["code"] == early.json()["code"]
    missing = await mock_org.client.get(f"{LISTS}/none/export")
    assert (missing.status_code, missing.json()["code"]) == (404, "contact.list.not.found")


async def test_trap_04_a_download_needs_the_token_on_the_first_hop_only(mock_org):
    """Without it the uri is refused; the address it leads to is signed, and takes no token if the profile says so."""
    at = await created(mock_org)
    uri = await export_uri(mock_org, at)
    signed = (await mock_org.client.get(uri)).headers["Location"]
    token = mock_org.client.headers.pop("Authorization")
    assert (await mock_org.client.get(uri)).status_code == 401
    assert (await mock_org.client.get(signed)).status_code == 200
    mock_org.change(semantics__bearer_at_signed_address="refuse")
    assert (await mock_org.client.get(signed, headers={"Authorization": token})).status_code == 400


async def test_trap_05_an_old_export_right_after_asking_for_a_new_one(mock_org):
    """Only exportTimestamp tells; a profile may end the old one instead."""
    mock_org.change(jobs__export_start_delay_s=5.0, jobs__export_uri_ttl_s=900.0)
    at = await created(mock_org)
    path = f"{at['selfUri']}/export"
    await mock_org.client.post(path)
    mock_org.clock.advance(60)
    first = (await mock_org.client.get(path)).json()
    await mock_org.client.post(path)
    assert (await mock_org.client.get(path)).json() == first
    mock_org.clock.advance(5)
    assert (await mock_org.client.get(path)).json()["exportTimestamp"] > first["exportTimestamp"]
    mock_org.change(jobs__export_keeps_previous=False)
    await mock_org.client.post(path)
    assert (await mock_org.client.get(path)).status_code == 404


async def test_trap_06_the_header_of_an_export(mock_org):
    """Byte order mark, quotes, the id first, system columns named after the column, not after the phone's type."""
    at = await created(mock_org)
    content = (await mock_org.client.get(await export_uri(mock_org, at), follow_redirects=True)).content
    header = content.decode("utf-8").splitlines()[0]
    assert header.startswith('\ufeff"inin-outbound-id","Lead ID","Phone","ContactCallable",')
    assert header.count(",") + 1 == 1 + 2 + 5 + 9
    assert header.endswith('"ContactableBySms-Phone","AutomaticTimeZone-Phone"')


async def test_trap_07_what_a_429_says(mock_org):
    """Code, body and Retry-After are the normalised ones; a fault can leave the header out, which stops some SDKs."""
    mock_org.change(rate__requests_per_window=1)
    at = await created(mock_org)
    reply = await mock_org.client.get(at["selfUri"])
    wait = reply.headers["Retry-After"]
    assert (reply.status_code, reply.json()["code"]) == (429, "too.many.requests.retry.after")
    assert reply.json()["message"].endswith(f"Retry the request in [{wait}] seconds")
    mock_org.change(rate__requests_per_window=0)
    rule = {"op": "lists.get", "action": {"status": 429, "headers": {"Retry-After": None}}}
    mock_org.org.faults = Faults(parse_rules([rule]))
    assert "Retry-After" not in (await mock_org.client.get(at["selfUri"])).headers


@pytest.mark.parametrize("content", [b"null", b""], ids=["Python SDK", "JavaScript SDK"])
async def test_trap_08_bodies_that_are_none(mock_org, content):
    """`null`, or nothing that calls itself JSON, where an operation takes no body."""
    at = await created(mock_org)
    replies = [
        await mock_org.client.post(f"{at['selfUri']}/{name}", content=content, headers=JSON)
        for name in ("export", "clear")
    ]
    assert [reply.status_code for reply in replies] == [200, 204]


async def test_trap_09_large_bodies(mock_org):
    """More than the server library's own 1 MiB goes in; too much is refused in the platform's words."""
    at = await created(mock_org)
    wide = [{"data": {"Lead ID": "x" * 512, "Phone": "x" * 512}} for _ in range(1_000)]
    assert len(json.dumps(wide)) > 1_048_576
    assert (await add(mock_org, at, wide)).status_code == 200
    reply = await add(mock_org, at, [{"data": {"Lead ID": "x" * 3_000_000}}])
    assert (reply.status_code, reply.json()["code"]) == (413, "request.entity.too.large")
    assert reply.json()["message"].endswith("Maximum bytes: 3000000")


async def test_trap_09_the_file_may_come_before_the_id(mock_org):
    """The parts of an upload have no fixed order."""
    at = await created(mock_org)
    parts = [("file", ("leads.csv", CSV, "text/csv")), ("fileType", (None, "contactlist")), ("id", (None, at["id"]))]
    assert (await mock_org.client.post("/uploads/v2/contactlist", files=parts)).status_code == 200
    assert await size(mock_org, at) == 2


@pytest.mark.parametrize("query", ["id={0},{1}", "id={0}%2C{1}", "id={0}&id={1}"])
async def test_trap_10_arrays_in_the_query(mock_org, query):
    """Official SDKs join them with commas; repeated parameters are understood as well."""
    ids = [(await created(mock_org, name))["id"] for name in ("A", "B", "C")]
    found = (await mock_org.client.get(f"{LISTS}?{query.format(*ids)}")).json()["entities"]
    assert [each["name"] for each in found] == ["A", "B"]


async def test_trap_11_sending_again(mock_org):
    """Contacts without ids are there twice then; with ids they are updated."""
    at = await created(mock_org)
    own = [each | {"id": each["data"]["Lead ID"]} for each in LEADS]
    for _ in range(2):
        await add(mock_org, at)
        await add(mock_org, at, own)
    assert await size(mock_org, at) == 2 * 3 + 3


@pytest.mark.parametrize("credentials", [("mock-client", "wrong"), ("nobody", "mock-secret")])
async def test_trap_12_refusals_of_the_token_endpoint(mock_org, credentials):
    """400 with a body of its own kind, neither 401 nor the API's error body."""
    form = {"grant_type": "client_credentials"}
    reply = await mock_org.client.post("/oauth/token", data=form, auth=credentials)
    assert reply.status_code == 400
    assert reply.json().keys() == {"error", "description", "error_description"}
    assert reply.json()["error"] == "invalid_client"


async def test_trap_13_a_token_that_has_expired(mock_org):
    """401 bad.credentials, after as long as the profile says."""
    mock_org.change(tokens__lifetime_s=300)
    reply = await mock_org.client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("mock-client", "mock-secret")
    )
    headers = {"Authorization": f"Bearer {reply.json()['access_token']}"}
    assert (await mock_org.client.get(LISTS, headers=headers)).status_code == 200
    mock_org.clock.advance(reply.json()["expires_in"])
    late = await mock_org.client.get(LISTS, headers=headers)
    assert (reply.json()["expires_in"], late.status_code, late.json()["code"]) == (300, 401, "bad.credentials")


@pytest.fixture
async def running_org(tmp_path):
    """An org whose clock goes by itself: who is connected waits on it."""
    loaded = load("default")
    services = create_services(
        store=MemoryStore(),
        clock=SystemClock(),
        profile=LoadedProfile(at_cpu_speed(loaded.profile), loaded.sources),
        spool=tmp_path,
        clients=[OAuthClient("mock-client", "mock-secret")],
    )
    async with listening(create_app(services)) as client:
        await log_in(client)
        yield MockOrg(services, services.org.clock, client)


async def test_trap_14_events_have_their_own_names(running_org):
    """importState and percentageComplete there, state and percentComplete here; the end has no state in either."""
    running_org.change(jobs__import_rows_per_s=20.0)
    at, client = await created(running_org), running_org.client
    channel = (await client.post("/api/v2/notifications/channels")).json()
    topic = f"v2.outbound.contactlists.{at['id']}.importstatus"
    await client.post(f"/api/v2/notifications/channels/{channel['id']}/subscriptions", json=[{"id": topic}])
    bodies = []
    async with asyncio.timeout(10), ClientSession() as session, session.ws_connect(channel["connectUri"]) as socket:
        await upload(running_org, at)
        while not bodies or bodies[-1]["percentageComplete"] < 100:
            event = await socket.receive_json()
            assert event["topicName"] == topic
            bodies.append(event["eventBody"])
    assert {body["importState"] for body in bodies[:-1]} == {"IN_PROGRESS"}
    assert not {"state", "percentComplete", "importState"} & bodies[-1].keys()
    shown = await status(running_org, at)
    assert (shown["percentComplete"], "percentageComplete" in shown) == (100, False)


async def test_trap_15_the_topic_of_finished_exports_is_a_users(mock_org):
    """A client's token has no user: the subscription is rejected, and without `ignoreErrors` all of the request is."""
    at = await created(mock_org)
    channel = (await mock_org.client.post("/api/v2/notifications/channels")).json()
    path = f"/api/v2/notifications/channels/{channel['id']}/subscriptions"
    topics = [
        {"id": f"v2.users.{channel['id'][-8:]}.outbound.contactlists.{at['id']}.export"},
        {"id": f"v2.outbound.contactlists.{at['id']}"},
    ]
    assert (await mock_org.client.post(path, json=topics)).status_code == 403
    told = (await mock_org.client.post(path, json=topics, params={"ignoreErrors": "true"})).json()["entities"]
    assert [each["state"] for each in told] == ["Rejected", "Permitted"]


async def test_trap_16_uploads_and_logins_on_the_same_port(mock_org):
    """Clients that are given one address find everything there: "api" is in none of its parts."""
    at = await created(mock_org)
    reply = await upload(mock_org, at)
    assert (reply.status_code, reply.request.url.host) == (200, "127.0.0.1")
    assert "api" not in str(mock_org.client.base_url)


async def test_trap_17_what_of_a_list_cannot_change(mock_org):
    """Columns stay, and an update names the version it is of."""
    at = await created(mock_org)
    changed = at | {"columnNames": ["Lead ID", "Phone", "More"]}
    reply = await mock_org.client.put(at["selfUri"], json=changed)
    assert (reply.status_code, reply.json()["code"]) == (400, "cannot.update.contact.column.names")
    late = await mock_org.client.put(at["selfUri"], json=at | {"version": 9})
    assert (late.status_code, late.json()["code"]) == (409, "invalid.update.wrong.version")


@pytest.mark.parametrize("name", ["priority", "clearSystemData", "doNotQueue"])
async def test_trap_18_flags_are_words_in_the_query(mock_org, name):
    """true and false in any case, or left out; nothing else."""
    at = await created(mock_org)
    statuses = [(await add(mock_org, at, **{name: value})).status_code for value in ("true", "False", "1", "yes")]
    assert statuses == [200, 200, 400, 400]
    assert (await add(mock_org, at)).status_code == 200


async def test_trap_19_values_are_strings(mock_org):
    """What was sent as a number comes back as a string."""
    at = await created(mock_org)
    reply = await add(mock_org, at, [{"data": {"Lead ID": 17, "Phone": "+15550100"}}])
    assert reply.json()[0]["data"] == {"Lead ID": "17", "Phone": "+15550100"}


async def test_trap_20_headers_of_answers(mock_org):
    """JSON without a charset; the context of an error is the correlation id of its answer."""
    at = await created(mock_org)
    fine, wrong = await mock_org.client.get(at["selfUri"]), await mock_org.client.get(f"{LISTS}/none")
    assert fine.headers["Content-Type"] == wrong.headers["Content-Type"] == "application/json"
    assert wrong.json()["contextId"] == wrong.headers["ININ-Correlation-Id"]


async def test_trap_21_a_name_is_a_prefix(mock_org):
    """Unless the filter says otherwise."""
    for name in ("Leads", "Leads 2", "Old Leads"):
        await created(mock_org, name)
    names = [
        [each["name"] for each in (await mock_org.client.get(LISTS, params=query)).json()["entities"]]
        for query in ({"name": "Leads"}, {"name": "Leads", "filterType": "Equals"})
    ]
    assert names == [["Leads", "Leads 2"], ["Leads"]]


async def test_trap_22_contacts_and_matches(mock_org):
    """`contactsCount` is the list's size, `total` what the search found; `{}` finds all."""
    at = await created(mock_org)
    await add(mock_org, at)
    predicate = {"column": "Lead ID", "columnType": "alphabetic", "operator": "EQUALS", "value": "L-1"}
    criteria = {"clauses": [{"filterType": "AND", "predicates": [predicate]}], "filterType": "AND"}
    found = [
        (await mock_org.client.post(f"{at['selfUri']}/contacts/search", json=body)).json()
        for body in ({}, {"criteria": criteria, "pageNumber": 1, "pageSize": 100})
    ]
    assert [(each["contactsCount"], each["total"]) for each in found] == [(3, 3), (3, 1)]


async def test_trap_23_the_default_order_is_called_a(mock_org):
    """SDKs send the letter, as the API's description has it."""
    for name in ("B", "A"):
        await created(mock_org, name)
    for query in ({"sortOrder": "a"}, {"sortOrder": "ascending"}, {}):
        found = (await mock_org.client.get(LISTS, params=query)).json()["entities"]
        assert [each["name"] for each in found] == ["A", "B"]


@pytest.mark.parametrize(("took_s", "status_code"), [(20.0, 200), (61.0, 504)])
async def test_trap_24_answers_slower_than_some_clients_wait(mock_org, took_s, status_code):
    """Nothing is cut short at the 16 s of one SDK; past the platform's own time-out the work is done all the same."""
    at, before = await created(mock_org), mock_org.clock.now()
    setting = {"latency.contacts.add.base_s": took_s}
    mock_org.change(**setting)
    reply = await add(mock_org, at)
    assert (reply.status_code, mock_org.clock.now() - before >= 20.0) == (status_code, True)
    await asyncio.sleep(0)
    assert await size(mock_org, at) == 3


async def test_trap_25_more_requests_at_once_than_one_client_of_an_sdk_sends(mock_org):
    """Eight bodies are on their way, none has ended, and a ninth request is served."""
    at, go_on, begun = await created(mock_org), asyncio.Event(), asyncio.Semaphore(0)

    async def slowly(body):
        yield body[:10]
        begun.release()
        await go_on.wait()
        yield body[10:]

    content = json.dumps(LEADS).encode()
    path = f"{at['selfUri']}/contacts"
    async with asyncio.TaskGroup() as group:
        slow = [group.create_task(mock_org.client.post(path, content=slowly(content), headers=JSON)) for _ in range(8)]
        for _ in slow:
            await begun.acquire()
        assert (await add(mock_org, at)).status_code == 200
        go_on.set()
    assert {task.result().status_code for task in slow} == {200}
    assert await size(mock_org, at) == 9 * 3


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        ("Lead ID,Phone\nL-1,+15550101\n\n\n", None),  # blank rows at the end
        ("Lead ID,Phone,Phone\nL-1,+15550101,x\n", None),  # a name twice
        (f"Lead ID,Phone\nL-1,{'x' * 513}\nL-2,+15550102\n", 1),  # a cell too long: that row alone
        (f"Lead ID,Phone,{'x' * 129}\nL-1,+15550101,x\n", None),  # a name too long
        ("Lead ID,Phone," + ",".join(map(str, range(49))) + "\n", None),  # 51 columns
    ],
    ids=["blank rows", "duplicate names", "long cell", "long name", "many columns"],
)
async def test_trap_26_files_that_break_an_import(mock_org, content, stored):
    """The upload is answered 200 in any case; the import fails, or leaves the row out."""
    at = await created(mock_org)
    assert (await upload(mock_org, at, content)).status_code == 200
    shown = await status(mock_org, at)
    assert (shown.get("state"), "failureReason" in shown) == (("FAILED", True) if stored is None else (None, False))
    assert stored is None or await size(mock_org, at) == stored


async def test_trap_27_an_import_never_clears(mock_org):
    """Ids that are known are updated, generated ones are new each time."""
    own, other = await created(mock_org), await created(mock_org, "Other")
    for _ in range(2):
        await upload(mock_org, own, **{"contact-id-name": "Lead ID"})
        await upload(mock_org, other)
    assert (await size(mock_org, own), await size(mock_org, other)) == (2, 4)


async def test_trap_28_a_list_cannot_be_deleted_while_it_is_imported_into(mock_org):
    """400 until the import has ended."""
    mock_org.change(jobs__import_start_delay_s=3.0)
    at = await created(mock_org)
    await upload(mock_org, at)
    reply = await mock_org.client.delete(at["selfUri"])
    assert (reply.status_code, reply.json()["code"]) == (400, "contact.list.import.in.progress")
    mock_org.clock.advance(3)
    assert (await mock_org.client.delete(at["selfUri"])).status_code == 200


async def test_trap_29_lead_ids_as_custom_exclusion(mock_org):
    """PATCH only, 204 without a body, expirations to the minute; other entries are refused."""
    body = {"name": "Leads", "dncSourceType": "rds_custom", "customExclusionColumn": "Lead ID"}
    at = (await mock_org.client.post(DNC, json=body)).json()
    path = f"{at['selfUri']}/customexclusioncolumns"
    patch = {"action": "Add", "customExclusionColumnEntries": ["L-1"], "expirationDateTime": "2026-02-01T00:00Z"}
    reply = await mock_org.client.patch(path, json=patch)
    assert (reply.status_code, reply.content) == (204, b"")
    assert (await mock_org.client.post(path, json=["L-1"])).status_code == 405
    late = await mock_org.client.patch(path, json=patch | {"expirationDateTime": "2026-02-01T00:00:00Z"})
    assert (late.status_code, late.json()["code"]) == (400, "invalid.date.value")
    other = await mock_org.client.patch(
        f"{at['selfUri']}/phonenumbers", json={"action": "Add", "phoneNumbers": ["+15550100"]}
    )
    assert (other.status_code, other.json()["code"]) == (400, "dnc.source.operation.not.supported")


async def test_trap_30_names_that_were_made_up(mock_org):
    """Endpoints, headers and scopes that circulate in forums and in no official source."""
    at = await created(mock_org)
    reply = await mock_org.client.post("/api/v2/outbound/contacts/imports", json={})
    assert reply.status_code == 404
    headers = (await mock_org.client.get(at["selfUri"])).headers
    assert not [name for name in headers if name.lower().startswith("x-rate")]
    mock_org.org.clients["mock-client"] = OAuthClient(
        "mock-client", "mock-secret", frozenset({"outbound:contactlist:write", "outbound:contact:write"})
    )
    assert (await add(mock_org, at)).json()["code"] == "missing.permissions"
