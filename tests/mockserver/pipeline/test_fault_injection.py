import asyncio
import csv
import io

import httpx
import pytest

from mockserver.faults import Faults, parse_rules

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
LIST = {"name": "Leads", "columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
ROWS = [{"data": {"Lead ID": f"L-{n}", "Phone": "+1 555 0100"}} for n in range(4)]


@pytest.fixture
async def leads(mock_org):
    """The address of an empty list."""
    return f"{LISTS}/{(await mock_org.client.post(LISTS, json=LIST)).json()['id']}"


def arm(mock, *rules):
    mock.org.faults = Faults(parse_rules(list(rules)))


def fired(mock):
    return [(rule["planned"], rule["fired"]) for rule in mock.org.faults.report()]


def stored(mock, leads):
    """Lead IDs as they are in the store."""
    list_id = leads.rpartition("/")[2]
    return [row.decode().split('"')[3] for row in mock.org.store.snapshot(list_id).rows]


async def later(mock):
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("action", "status", "waited_s"),
    [
        ({"late_commit_s": 75}, 504, 60),  # the platform gives up first
        ({"late_commit_s": 75, "status": 500}, 500, 0),
        ({"late_commit_s": 75, "status": 503, "stall_s": 5}, 503, 5),
        ({"late_commit_s": 20}, 200, 20),
        ({"late_commit_s": 75, "reset": True}, None, 0),
    ],
)
async def test_a_late_commit(mock_org, leads, action, status, waited_s):
    """The contacts come although the client was told otherwise, or was told nothing."""
    arm(mock_org, {"op": "contacts.add", "nth": 1, "action": action})
    before = mock_org.clock.now()
    try:
        reply = await mock_org.client.post(f"{leads}/contacts", json=ROWS)
        assert reply.status_code == status
    except httpx.TransportError:
        assert status is None
    assert mock_org.clock.now() - before >= waited_s
    await later(mock_org)
    assert (stored(mock_org, leads), fired(mock_org)) == (["L-0", "L-1", "L-2", "L-3"], [(1, 1)])


@pytest.mark.parametrize(
    ("action", "status", "answered"),
    [
        ({"partial_commit": 3, "status": 500}, 500, None),
        ({"partial_commit": 3}, 500, None),
        ({"partial_commit": 3, "status": 200}, 200, 3),
        ({"partial_commit": 3, "reset": True}, None, None),
    ],
)
@pytest.mark.parametrize("ids", [False, True])
async def test_a_partial_commit(mock_org, leads, ids, action, status, answered):
    """The first contacts are stored, whatever the answer says."""
    arm(mock_org, {"op": "contacts.add", "when": "after_commit", "nth": 1, "action": action})
    rows = [row | {"id": row["data"]["Lead ID"]} for row in ROWS] if ids else ROWS
    try:
        reply = await mock_org.client.post(f"{leads}/contacts", json=rows)
        assert (reply.status_code, len(reply.json()) if answered else None) == (status, answered)
    except httpx.TransportError:
        assert status is None
    assert (stored(mock_org, leads), fired(mock_org)) == (["L-0", "L-1", "L-2"], [(1, 1)])


async def test_a_body_that_ends_early(mock_org, leads):
    """The length agrees with what came, so only the JSON tells; the contacts are stored."""
    arm(mock_org, {"op": "contacts.add", "nth": 1, "action": {"truncate_at": 100}})
    reply = await mock_org.client.post(f"{leads}/contacts", json=ROWS)
    assert (reply.status_code, len(reply.content), reply.headers["Content-Length"]) == (200, 100, "100")
    assert (len(stored(mock_org, leads)), fired(mock_org)) == (4, [(1, 1)])


async def test_a_body_that_ends_early_without_a_length(mock_org, leads):
    """Without Content-Length even a careful client cannot see that something is missing."""
    arm(mock_org, {"op": "lists.get", "action": {"truncate_at": 7, "headers": {"Content-Length": None, "X-Own": "1"}}})
    reply = await mock_org.client.get(leads)
    assert (len(reply.content), reply.headers.get("Content-Length"), reply.headers["X-Own"]) == (7, None, "1")


async def test_a_length_that_is_too_large(mock_org, leads):
    """The connection ends before the body does."""
    arm(mock_org, {"op": "lists.get", "nth": 1, "action": {"content_length_delta": 10}})
    with pytest.raises(httpx.RemoteProtocolError):
        await mock_org.client.get(leads)
    assert fired(mock_org) == [(1, 1)]


async def test_a_length_that_is_too_small(mock_org, leads):
    """More comes than was announced; a client reads the announced part, and the connection is of no use any more."""
    whole = (await mock_org.client.get(leads)).content
    arm(mock_org, {"op": "lists.get", "nth": 1, "action": {"content_length_delta": -10}})
    reader, writer = await asyncio.open_connection(mock_org.client.base_url.host, mock_org.client.base_url.port)
    token = mock_org.client.headers["Authorization"]
    writer.write(f"GET {leads} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert (f"Content-Length: {len(whole) - 10}".encode() in head, body) == (True, whole)


@pytest.mark.parametrize(
    ("how", "ids", "leads_told"),
    [
        ("drop_one", 3, ["L-0", "L-1", "L-2"]),
        ("add_one", 5, ["L-0", "L-1", "L-2", "L-3", "L-3"]),
        ("duplicate_id", 3, ["L-0", "L-1", "L-2", "L-3"]),
        ("no_id", 4, ["L-0", "L-1", "L-2", "L-3"]),
        ("empty_id", 4, ["L-0", "L-1", "L-2", "L-3"]),
        ("long_id", 4, ["L-0", "L-1", "L-2", "L-3"]),
        ("lower_lead_id", 4, ["l-0", "l-1", "l-2", "l-3"]),
        ("wrong_list", 4, ["L-0", "L-1", "L-2", "L-3"]),
    ],
)
async def test_an_answer_with_other_contacts(mock_org, leads, how, ids, leads_told):
    """The answer lies in one way; the store holds what was sent."""
    arm(mock_org, {"op": "contacts.add", "nth": 1, "when": "after_commit", "action": {"rewrite": how}})
    told = (await mock_org.client.post(f"{leads}/contacts", json=ROWS)).json()
    assert ([contact["data"]["Lead ID"] for contact in told], len({contact.get("id") for contact in told})) == (
        leads_told,
        ids,
    )
    assert (stored(mock_org, leads), fired(mock_org)) == (["L-0", "L-1", "L-2", "L-3"], [(1, 1)])


async def test_an_answer_in_another_order(mock_org, leads):
    """Each contact keeps its own id; only the order is another."""
    arm(mock_org, {"op": "contacts.add", "action": {"rewrite": "shuffle"}})
    told = (await mock_org.client.post(f"{leads}/contacts", json=ROWS)).json()
    order = [contact["data"]["Lead ID"] for contact in told]
    assert (sorted(order), order == sorted(order)) == (["L-0", "L-1", "L-2", "L-3"], False)
    one = (await mock_org.client.get(f"{leads}/contacts/{told[0]['id']}")).json()
    assert one["data"] == told[0]["data"]


async def test_a_search_with_a_contact_less(mock_org, leads):
    """Pages of contacts can be rewritten like arrays of them."""
    await mock_org.client.post(f"{leads}/contacts", json=ROWS)
    arm(mock_org, {"op": "contacts.search", "action": {"rewrite": "drop_one"}})
    page = (await mock_org.client.post(f"{leads}/contacts/search", json={})).json()
    assert (len(page["entities"]), page["total"]) == (3, 4)


async def exported(mock, leads):
    await mock.client.post(f"{leads}/export")
    uri = (await mock.client.get(f"{leads}/export")).json()["uri"]
    reply = await mock.client.get(uri, follow_redirects=True)
    return list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("how", "leads_told"),
    [
        ("drop_one", ["L-0", "L-1", "L-2"]),
        ("lower_lead_id", ["l-0", "l-1", "l-2", "l-3"]),
        ("duplicate_id", ["L-0", "L-1", "L-2", "L-3"]),
        ("no_id", ["L-0", "L-1", "L-2", "L-3"]),
    ],
)
async def test_an_export_with_other_rows(mock_org, leads, how, leads_told):
    """The rows of an exported file can be rewritten too."""
    await mock_org.client.post(f"{leads}/contacts", json=ROWS)
    arm(mock_org, {"op": "export.file", "action": {"rewrite": how}})
    rows = await exported(mock_org, leads)
    assert [row["Lead ID"] for row in rows] == leads_told
    assert (len({row["inin-outbound-id"] for row in rows}) < len(rows)) == (how == "duplicate_id")


async def test_an_export_that_drops_rows(mock_org, leads):
    """The file is clean and short."""
    await mock_org.client.post(f"{leads}/contacts", json=ROWS)
    arm(mock_org, {"op": "export.create", "nth": 1, "action": {"job": "drop_rows", "rows": 3}})
    assert [row["Lead ID"] for row in await exported(mock_org, leads)] == ["L-0"]
    assert fired(mock_org) == [(1, 1)]


async def test_an_export_that_never_comes(mock_org, leads):
    """It stays as if it were still being made."""
    arm(mock_org, {"op": "export.create", "nth": 1, "action": {"job": "freeze"}})
    await mock_org.client.post(f"{leads}/export")
    mock_org.clock.advance(86_000)
    reply = await mock_org.client.get(f"{leads}/export")
    assert (reply.status_code, reply.json()["code"]) == (404, "no.available.list.export.uri")


@pytest.mark.parametrize(
    ("action", "status", "size"),
    [
        ({"job": "fail", "reason": "TOO_BAD", "at_percent": 50}, {"state": "FAILED", "failureReason": "TOO_BAD"}, 50),
        ({"job": "fail"}, {"state": "FAILED", "totalRecords": 100, "completedRecords": 0, "percentComplete": 0}, 0),
        ({"job": "freeze", "at_percent": 63}, {"state": "IN_PROGRESS", "percentComplete": 63}, 63),
        ({"job": "drop_rows", "rows": 17}, {"percentComplete": 100, "completedRecords": 100}, 83),
    ],
)
async def test_a_spoiled_import(mock_org, leads, action, status, size):
    """An import fails, stands still, or says that all is well while rows are missing."""
    arm(mock_org, {"op": "import.upload", "nth": 1, "when": "after_commit", "action": action})
    rows = "".join(f"L-{n},+1 555 0100\n" for n in range(100))
    fields = {"fileType": "contactlist", "id": leads.rpartition("/")[2]}
    await mock_org.client.post(
        "/uploads/v2/contactlist", data=fields, files={"file": ("a.csv", "Lead ID,Phone\n" + rows)}
    )
    told = (await mock_org.client.get(f"{leads}/importstatus")).json()
    assert told.items() >= status.items()
    assert ("failureReason" in told) == ("reason" in action)
    assert (len(stored(mock_org, leads)), fired(mock_org)) == (size, [(1, 1)])


async def test_headers_alone(mock_org, leads):
    """A rule may change nothing but headers; null takes one away."""
    action = {"headers": {"ININ-Correlation-Id": None, "X-Cache": "Miss from cloudfront"}}
    arm(mock_org, {"op": "lists.get", "action": action})
    reply = await mock_org.client.get(leads)
    assert (reply.status_code, reply.headers["X-Cache"], "ININ-Correlation-Id" in reply.headers) == (
        200,
        "Miss from cloudfront",
        False,
    )


async def test_the_list_of_an_upload_stands_in_the_ledger(mock_org, leads):
    """The list of an upload is in its form, not in its path."""
    list_id = leads.rpartition("/")[2]
    file = {"file": ("a.csv", "Lead ID,Phone\nL-1,+1 555 0100\n")}
    await mock_org.client.post("/uploads/v2/contactlist", data={"fileType": "contactlist", "id": list_id}, files=file)
    assert mock_org.org.request_log.since(0)[-1].list == list_id
