import hashlib
import io
import random

import msgspec
import pytest

from mockserver.clock import ManualClock
from mockserver.control.app import create_control_app
from mockserver.control.snapshots import restore, snapshot
from mockserver.errors import BadRequest
from mockserver.loaded_profile import load
from mockserver.services import create_services
from mockserver.state.auth import OAuthClient
from mockserver.storage.durable_store import DurableStore

from ...conftest import listening, log_in

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
LIST = {"name": "Leads", "columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}


@pytest.fixture
async def control(mock_org):
    """A client of the control API that holds its token."""
    headers = {"Authorization": "Bearer control-token"}
    async with listening(create_control_app(mock_org.services, "control-token"), headers=headers) as client:
        yield client


async def add_list(mock, name):
    leads = (await mock.client.post(LISTS, json=LIST | {"name": name})).json()["id"]
    rows = [{"data": {"Lead": f"{name}-{n}", "Phone": "+1 555 0100"}, "callable": n > 0} for n in range(3)]
    contacts = (await mock.client.post(f"{LISTS}/{leads}/contacts", json=rows)).json()
    return leads, [contact["id"] for contact in contacts]


async def all_contacts(mock, leads):
    return (await mock.client.post(f"{LISTS}/{leads}/contacts/search", json={})).json()


async def test_there_and_back(mock_org, control):
    """What was there is there again, what came after is not, and what comes next is what would have come."""
    leads, ids = await add_list(mock_org, "A")
    await mock_org.client.delete(f"{LISTS}/{leads}/contacts/{ids[1]}")
    dnc = {"name": "No", "dncSourceType": "rds", "contactMethod": "Phone"}
    dnc_id = (await mock_org.client.post("/api/v2/outbound/dnclists", json=dnc)).json()["id"]
    await mock_org.client.post(f"/api/v2/outbound/dnclists/{dnc_id}/phonenumbers", json=["+15550100"])
    mock_org.clock.advance(5)
    before, taken = await all_contacts(mock_org, leads), (await control.get("/state/snapshot")).content
    after = await add_list(mock_org, "B")
    await mock_org.client.delete(f"{LISTS}/{leads}")

    assert (await control.put("/state/snapshot", content=taken)).status_code == 204
    assert await all_contacts(mock_org, leads) == before
    shown = (await mock_org.client.get(f"/api/v2/outbound/dnclists/{dnc_id}?includeSize=true")).json()
    assert (shown["name"], shown["size"]) == ("No", 1)
    assert [each["id"] for each in (await mock_org.client.get(LISTS)).json()["entities"]] == [leads]
    assert await add_list(mock_org, "B") == after


async def test_into_a_store_that_is_kept(mock_org, tmp_path):
    """A snapshot can be put into another org, whose store then holds it after a restart."""
    leads, _ = await add_list(mock_org, "A")
    file = io.BytesIO(b"".join(snapshot(mock_org.services)))
    (tmp_path / "spool").mkdir()

    def opened():
        clients, store = [OAuthClient("mock-client", "mock-secret")], DurableStore(tmp_path / "org.sqlite")
        spool = tmp_path / "spool"
        return create_services(store=store, clock=ManualClock(), profile=load("default"), spool=spool, clients=clients)

    other = opened()
    restore(other, file)
    other.org.store.close()
    reopened = opened()
    assert reopened.org.store.snapshot(leads) == mock_org.org.store.snapshot(leads)
    reopened.org.store.close()


async def test_a_running_import_fails(mock_org, control):
    """Rows on their way are not in a snapshot: the import is over, and says so."""
    leads, _ = await add_list(mock_org, "A")
    mock_org.change(jobs__import_start_delay_s=60.0)
    file = {"file": ("a.csv", "Lead,Phone\nL-1,+1 555 0100\n")}
    await mock_org.client.post("/uploads/v2/contactlist", data={"fileType": "contactlist", "id": leads}, files=file)
    await control.put("/state/snapshot", content=(await control.get("/state/snapshot")).content)
    status = (await mock_org.client.get(f"{LISTS}/{leads}/importstatus")).json()
    assert (status["state"], status["failureReason"]) == ("FAILED", "INTERRUPTED")


@pytest.mark.parametrize("spoil", ["empty", "half", "other", "last byte"])
async def test_a_spoiled_file(mock_org, control, spoil):
    """What is not a whole snapshot is refused, and nothing has changed."""
    leads, _ = await add_list(mock_org, "A")
    taken = (await control.get("/state/snapshot")).content
    spoiled = {"empty": b"", "half": taken[: len(taken) // 2], "other": b"x" + taken, "last byte": taken[:-1]}[spoil]
    reply = await control.put("/state/snapshot", content=spoiled)
    assert (reply.status_code, mock_org.org.store.size(leads)) == (400, 3)


@pytest.mark.hardening("mock-26")
async def test_every_change_is_seen(mock_org):
    """Wherever a file is cut, altered by a bit, or lengthened: it is refused, and nothing has changed."""
    leads, _ = await add_list(mock_org, "A")
    taken = b"".join(snapshot(mock_org.services))
    rng = random.Random(1)
    for at in rng.sample(range(len(taken)), 50):
        altered = bytearray(taken)
        altered[at] ^= 1 << rng.randrange(8)
        for spoiled in (taken[:at], altered, taken[:at] + rng.randbytes(9) + taken[at:]):
            with pytest.raises(BadRequest, match=r"not a snapshot|cut or altered"):
                restore(mock_org.services, io.BytesIO(spoiled))
    assert mock_org.org.store.size(leads) == 3


@pytest.mark.hardening("mock-26")
@pytest.mark.parametrize(
    "record",
    [
        b"no MessagePack",
        msgspec.msgpack.encode(["tokens", 3]),
        msgspec.msgpack.encode(["none-such", None]),
        msgspec.msgpack.encode(["contacts", ["no such list", ["1"], [b"{}"], 0.0]]),
        msgspec.msgpack.encode(["luck", {"seed": 1, "run": "", "ids": [3, [-1], None], "streams": {}}]),
    ],
    ids=["bytes", "tokens", "kind", "contacts", "luck"],
)
async def test_forged_contents(mock_org, control, record):
    """Contents that no org has are a 400 even with a right digest; the org is empty then, and goes on."""
    await add_list(mock_org, "A")
    body = b"contactbench snapshot 2\n" + len(record).to_bytes(4, "big") + record
    reply = await control.put("/state/snapshot", content=body + hashlib.sha256(body).digest())
    assert (reply.status_code, reply.json()["message"].endswith("the org is empty now.")) == (400, True)
    assert mock_org.org.store.contact_lists() == []
    await log_in(mock_org.client)
    await add_list(mock_org, "A")


@pytest.mark.hardening("mock-26")
async def test_a_contact_twice(mock_org, control):
    """As forged as the others: later, one of the two could not be found."""
    await add_list(mock_org, "A")
    taken = b"".join(snapshot(mock_org.services))
    body = taken[: -hashlib.sha256().digest_size]
    contacts = mock_org.org.store.contact_lists()[0].id, ["1", "1"], [b"{}", b"{}"], 0.0
    record = msgspec.msgpack.encode(["contacts", contacts])
    body += len(record).to_bytes(4, "big") + record
    reply = await control.put("/state/snapshot", content=body + hashlib.sha256(body).digest())
    assert (reply.status_code, mock_org.org.store.contact_lists()) == (400, [])
