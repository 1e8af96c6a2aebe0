"""Files put to signed addresses, over HTTP."""

import json
import xml.etree.ElementTree as ET

import httpx
import pytest

from mockserver.faults import Faults, parse_rules
from mockserver.model import ContactList

pytestmark = pytest.mark.anyio

LIST = "11111111-1111-4111-8111-111111111111"
PATH = "/api/v2/outbound/contactlists/uploads"
BODY = {"id": LIST, "contentType": "text/csv"}
CSV = "id,phone\n1,+15550101\n2,+15550102\n"


@pytest.fixture
def served(mock_org):
    mock_org.org.store.create_list(
        ContactList(id=LIST, name="Leads", date_created="", date_modified="", column_names=("id", "phone"))
    )
    return mock_org


@pytest.fixture
async def outside(served):
    """A client without a token."""
    async with httpx.AsyncClient() as client:
        yield client


async def address(served, **changes):
    return (await served.client.post(PATH, json=BODY | changes)).json()


def code(reply):
    return ET.fromstring(reply.content).findtext("Code")


async def test_a_file_put_to_an_address_is_imported(served, outside):
    """PUT answers 200 and nothing; the import is followed with the status of the list, and the file does not stay."""
    issued = await address(served, contactIdName="id")
    reply = await outside.put(issued["url"], headers=issued["headers"], content=CSV)
    assert (reply.status_code, reply.content) == (200, b"")
    status = await served.client.get(f"/api/v2/outbound/contactlists/{LIST}/importstatus")
    assert status.json() == {"totalRecords": 2, "completedRecords": 2, "percentComplete": 100}
    assert (list(served.org.store.snapshot(LIST).ids), list(served.org.spool.iterdir())) == (["1", "2"], [])


async def test_an_address_names_what_it_needs(served):
    """The answer holds the url, the key with a file name, and the headers of the PUT."""
    issued = await address(served)
    assert issued.keys() == {"url", "uploadKey", "headers"}
    assert (issued["uploadKey"].endswith(".csv"), issued["headers"]["Content-Type"]) == (True, "text/csv")


@pytest.mark.parametrize(
    ("change", "status", "refusal"),
    [
        ({"headers": {}}, 403, "SignatureDoesNotMatch"),
        ({"headers": {"Content-Type": "text/plain"}}, 403, "SignatureDoesNotMatch"),
        ({"headers": {"x-amz-acl": "public-read"}}, 403, "AccessDenied"),
        ({"headers": {"Authorization": "Bearer secret"}}, 400, "InvalidArgument"),
        ({"url": ("X-Amz-Expires=600", "X-Amz-Expires=6000")}, 403, "SignatureDoesNotMatch"),
        ({"url": ("/contactlists/", "/dnclists/")}, 403, "SignatureDoesNotMatch"),
        ({"url": ("X-Amz-Signature=", "X-Amz-Signature=0")}, 403, "SignatureDoesNotMatch"),
        ({"url": ("X-Amz-Signature=", "Other=")}, 403, "AccessDenied"),
        ({"url": ("?", "?more=1&")}, 403, "SignatureDoesNotMatch"),
        ({"url": ("?", "?X-Amz-Expires=9999&")}, 403, "SignatureDoesNotMatch"),
        ({"after_s": 601}, 403, "AccessDenied"),
    ],
    ids=[
        "no headers",
        "type",
        "unsigned",
        "bearer",
        "expiry",
        "key",
        "signature",
        "none",
        "more",
        "doubled",
        "expired",
    ],
)
@pytest.mark.hardening("mock-14")
async def test_puts_that_are_refused(served, outside, change, status, refusal):
    """As an object store does, in XML; nothing is imported."""
    issued = await address(served)
    served.clock.advance(change.get("after_s", 0))
    sent = {} if change.get("headers") == {} else issued["headers"] | change.get("headers", {})
    reply = await outside.put(issued["url"].replace(*change.get("url", ("", ""))), headers=sent, content=CSV)
    assert (reply.status_code, code(reply)) == (status, refusal)
    assert (reply.headers["content-type"], served.services.imports.is_running(LIST)) == ("application/xml", False)


async def test_bodies_that_are_refused(served, outside):
    """One of unknown length, and one beyond the limit."""

    async def chunks():
        yield CSV.encode()

    issued = await address(served)
    unknown = await outside.put(issued["url"], headers=issued["headers"], content=chunks())
    assert (unknown.status_code, code(unknown)) == (411, "MissingContentLength")
    served.change(limits__upload_bytes=10)
    large = await outside.put(issued["url"], headers=issued["headers"], content=CSV)
    assert (large.status_code, code(large)) == (400, "EntityTooLarge")


@pytest.mark.parametrize(
    ("changes", "status", "refusal"),
    [
        ({"contentType": "text/plain"}, 400, "invalid.value"),
        ({"contentType": None}, 400, "invalid.value"),
        ({"signedUrlTimeoutSeconds": 0}, 400, "invalid.value"),
        ({"signedUrlTimeoutSeconds": 604_801}, 400, "invalid.value"),
        ({"signedUrlTimeoutSeconds": "600"}, 400, "bad.request"),
        ({"id": None}, 400, "bad.request"),
        ({"importTemplateId": "t", "listNamePrefix": "x"}, 400, "bad.request"),
        ({"id": None, "importTemplateId": "t"}, 400, "bad.request"),
        ({"fileSpecificationTemplateId": "f"}, 400, "bad.request"),
        ({"id": "22222222-2222-4222-8222-222222222222"}, 404, "contact.list.not.found"),
        ({"id": None, "importTemplateId": "t", "listNamePrefix": "x"}, 404, "resource.not.found"),
    ],
)
async def test_requests_for_an_address_that_are_refused(served, changes, status, refusal):
    reply = await served.client.post(PATH, json=BODY | changes)
    assert (reply.status_code, reply.json()["code"]) == (status, refusal)


async def test_an_address_for_a_list_that_is_gone(served, outside):
    """The object store takes the file all the same; the event log says what became of it."""
    issued = await address(served)
    await served.client.delete(f"/api/v2/outbound/contactlists/{LIST}")
    assert (await outside.put(issued["url"], headers=issued["headers"], content=CSV)).status_code == 200
    events = (await served.client.get("/api/v2/outbound/events")).json()["entities"]
    assert [event["eventMessage"]["code"] for event in events] == ["IMPORT_LIST_NO_LONGER_EXISTS"]


async def test_spreadsheets_fail(served, outside):
    """They are taken, and their import fails."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    issued = await address(served, contentType=kind)
    await outside.put(issued["url"], headers=issued["headers"], content=b"PK\x03\x04")
    status = (await served.client.get(f"/api/v2/outbound/contactlists/{LIST}/importstatus")).json()
    assert (status["state"], status["failureReason"]) == ("FAILED", "FAILED_TO_READ_HEADERS")


async def test_clearing_system_data(served, outside):
    """With clearSystemData a contact that exists loses what it carries besides its data; without it keeps that."""
    store = served.org.store
    for clears, kept in ((False, {"callable": False}), (True, {})):
        store.put_contacts(LIST, ["1"], [b'{"id":"1","phone":""}'])
        store.set_attributes(LIST, {"1": b'{"callable":false}'})
        issued = await address(served, contactIdName="id", clearSystemData=clears)
        await outside.put(issued["url"], headers=issued["headers"], content=CSV)
        served.services.advance_to_now()
        assert json.loads(store.attributes(LIST, "1") or b"{}") == kept


async def test_large_uploads_are_not_read_for_fault_rules(served, outside):
    """A rule that looks for text in bodies leaves streamed ones to their handler."""
    rule = {"op": "*", "contains": "+1555", "action": {"status": 500}}
    served.org.faults = Faults(parse_rules([rule]))
    issued = await address(served)
    assert (await outside.put(issued["url"], headers=issued["headers"], content=CSV)).status_code == 200
