import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from mockserver.app import create_app
from mockserver.loaded_profile import LoadedProfile, load, with_changes
from mockserver.notifications.sockets import deliver
from mockserver.profile import at_cpu_speed
from mockserver.services import create_services
from mockserver.state.auth import OAuthClient
from mockserver.storage.memory_store import MemoryStore

from ...conftest import MockOrg, listening, log_in
from .import_targets import LIST, LISTS, dnc_target, list_target, template_target

pytestmark = pytest.mark.anyio

HEARTBEAT = {"topicName": "channel.metadata", "eventBody": {"message": "WebSocket Heartbeat"}}


class SteppedClock:
    """Who sleeps wakes when the clock is moved on."""

    def __init__(self):
        self._now = 1_767_225_600.0
        self._sleepers = []

    def now(self):
        return self._now

    def advance(self, seconds):
        self._now += seconds
        for due, future in self._sleepers:
            if due <= self._now and not future.done():
                future.set_result(None)

    async def sleep(self, seconds):
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, future))
        await future


@pytest.fixture
async def mock(tmp_path, anyio_backend):
    """An org whose imports take 3 s to start and pass 100 rows a second."""
    loaded = load("default")
    profile = with_changes(
        at_cpu_speed(loaded.profile), {"jobs.import_start_delay_s": 3.0, "jobs.import_rows_per_s": 100.0}
    )
    clock = SteppedClock()
    services = create_services(
        store=MemoryStore(),
        clock=clock,
        profile=LoadedProfile(profile, loaded.sources),
        spool=tmp_path,
        clients=[OAuthClient("mock-client", "mock-secret")],
    )
    async with listening(create_app(services)) as client:
        await log_in(client)
        yield MockOrg(services, clock, client)


@asynccontextmanager
async def listener(mock, *topics):
    """A WebSocket that listens to these topics, and its channel."""
    channel = (await mock.client.post("/api/v2/notifications/channels")).json()
    where = f"/api/v2/notifications/channels/{channel['id']}/subscriptions"
    await mock.client.put(where, json=[{"id": topic} for topic in topics])
    async with aiohttp.ClientSession() as session, session.ws_connect(channel["connectUri"]) as socket:
        yield socket, channel


async def heard(socket):
    return await asyncio.wait_for(socket.receive_json(), 5)


async def silence(socket):
    """Nothing comes, although the server had its turn."""
    await socket.send_json({"message": "ping"})
    return (await heard(socket))["eventBody"] == {"message": "pong"}


async def add_list(mock):
    return (await mock.client.post(LISTS, json=LIST)).json()


async def upload(mock, list_id, rows, header="Lead,Phone"):
    await upload_file(mock, rows, header, fileType="contactlist", id=list_id)


async def upload_file(mock, rows, header="Lead,Phone", **fields):
    file = f"{header}\n" + "".join(f"L-{n},+1 555 0100\n" for n in range(rows))
    await mock.client.post("/uploads/v2/contactlist", data=fields, files={"file": ("a.csv", file)})


async def test_a_changed_list(mock):
    """Who listens to a list is told of its new configuration, in the names that events have."""
    made = await add_list(mock)
    topic = f"v2.outbound.contactlists.{made['id']}"
    async with listener(mock, topic) as (socket, _):
        await mock.client.put(f"{LISTS}/{made['id']}", json=made | {"name": "Renamed"})
        event = await heard(socket)
        assert (event["topicName"], event["version"]) == (topic, "2")
        assert event["eventBody"].items() >= {"id": made["id"], "name": "Renamed", "version": 2, "size": 0}.items()
        assert event["eventBody"]["phoneColumns"] == [{"columnName": "Phone", "type": "cell"}]
        await mock.client.post(f"{LISTS}/{made['id']}/contacts", json=[{"data": {"Lead": "L-1"}}])
        assert await silence(socket)


async def test_an_import(mock):
    """The connection wakes at each step of an import, without any request, and tells the end of it."""
    list_id = (await add_list(mock))["id"]
    async with listener(mock, f"v2.outbound.contactlists.{list_id}.importstatus") as (socket, _):
        await upload(mock, list_id, 100)
        assert await silence(socket)
        mock.clock.advance(3.0)
        assert (await heard(socket))["eventBody"] == {
            "importState": "IN_PROGRESS",
            "totalRecords": 100,
            "completedRecords": 0,
            "percentageComplete": 0,
        }
        assert await silence(socket)
        mock.clock.advance(0.5)
        assert (await heard(socket))["eventBody"]["percentageComplete"] == 50
        assert await silence(socket)
        mock.clock.advance(0.51)
        last = (await heard(socket))["eventBody"]
        assert last == {"totalRecords": 100, "completedRecords": 100, "percentageComplete": 100}
    assert mock.org.store.size(list_id) == 100


async def test_a_failed_import(mock):
    """A failure is told with its reason."""
    list_id = (await add_list(mock))["id"]
    async with listener(mock, f"v2.outbound.contactlists.{list_id}.importstatus") as (socket, _):
        await upload(mock, list_id, 1, header="Other,Columns")
        assert await silence(socket)
        mock.clock.advance(3.0)
        event = (await heard(socket))["eventBody"]
    assert (event["importState"], bool(event["failureReason"])) == ("FAILED", True)


async def test_a_dnc_list(mock):
    """DNC lists have events of their own."""
    spec = {"name": "No", "dncSourceType": "rds", "contactMethod": "Phone"}
    made = (await mock.client.post("/api/v2/outbound/dnclists", json=spec)).json()
    async with listener(mock, f"v2.outbound.dnclists.{made['id']}") as (socket, _):
        await mock.client.put(f"/api/v2/outbound/dnclists/{made['id']}", json=made | {"name": "Never"})
        event = (await heard(socket))["eventBody"]
    assert (event["name"], event["dncSourceType"], event["contactMethod"]) == ("Never", "rds", "PHONE")


async def test_heartbeats(mock):
    """One every 30 s of the org's clock."""
    async with listener(mock) as (socket, _):
        for _ in range(2):
            assert await silence(socket)
            mock.clock.advance(30)
            assert await heard(socket) == HEARTBEAT


@pytest.mark.parametrize("ping", ['{"message":"ping"}', "ping"])
async def test_pings(mock, ping):
    """A ping is answered; anything else a client says is passed over."""
    async with listener(mock) as (socket, _):
        await socket.send_str("{not json")
        await socket.send_str(ping)
        assert await heard(socket) == {"topicName": "channel.metadata", "eventBody": {"message": "pong"}}


async def test_what_ends_a_connection(mock):
    """The end of the channel's day, its eviction, and a reset close it."""
    ends = [lambda: mock.clock.advance(86_400), mock.services.notifications.close, mock.services.reset]
    for end in ends:
        await log_in(mock.client)
        async with listener(mock) as (socket, _):
            assert await silence(socket)
            end()
            assert (await asyncio.wait_for(socket.receive(), 5)).type is aiohttp.WSMsgType.CLOSE


async def test_a_client_that_leaves(mock):
    """Nothing of a closed connection stays, and it stands in the ledger."""
    async with listener(mock) as (socket, channel):
        assert await silence(socket)
    for _ in range(50):
        await asyncio.sleep(0)
        if mock.org.request_log.counts().get("channels.connect"):
            break
    assert mock.services.notifications.channels.live(channel["id"], mock.clock.now()).outboxes == {}
    assert mock.org.request_log.counts()["channels.connect"] == {101: 1}


async def test_an_import_through_a_template(mock):
    """The event names the lists that are being filled."""
    fields, topic = await template_target(mock.client)
    async with listener(mock, topic) as (socket, _):
        await upload_file(mock, 100, **fields)
        assert (await heard(socket))["eventBody"] == {"targetContactListIds": [], "listNamePrefix": "May"}
        assert await silence(socket)
        mock.clock.advance(20)
        event = (await heard(socket))["eventBody"]
    assert event["percentageComplete"] == 100
    assert (len(event["targetContactListIds"]), event["listNamePrefix"]) == (2, "May")


@pytest.mark.parametrize("target", [list_target, dnc_target, template_target], ids=["list", "dnc", "template"])
async def test_imports_at_once_into_one(mock, target):
    """Each end is told, although the next import shows in its place at the same moment."""
    fields, topic = await target(mock.client)
    async with listener(mock, topic) as (socket, _):
        for rows in (30, 20, 10):
            await upload_file(mock, rows, **fields | {"listNamePrefix": f"{rows}"})
        mock.clock.advance(60)
        ends = []
        while len(ends) < 3:
            event = (await heard(socket))["eventBody"]
            ends += [event["totalRecords"]] if event.get("percentageComplete") == 100 else []
        assert await silence(socket)
    assert sorted(ends) == [10, 20, 30]


@pytest.mark.parametrize("target", [list_target, dnc_target], ids=["list", "dnc"])
async def test_imports_that_end_as_they_begin(mock, target):
    """The second looks like the first; both ends are told, each once."""
    mock.change(jobs__progress="immediate")
    fields, topic = await target(mock.client)
    async with listener(mock, topic) as (socket, _):
        for _ in range(2):
            await upload_file(mock, 10, **fields)
            assert (await heard(socket))["eventBody"]["percentageComplete"] == 100
            assert await silence(socket)


class SlowSocket:
    """Time passes while a message is being sent, and perhaps a request comes that brings the org up to now."""

    def __init__(self, mock, *, is_alone):
        self.mock, self.is_alone, self.told = mock, is_alone, []

    async def send_json(self, message):
        self.told.append(message["eventBody"].get("percentageComplete"))
        self.mock.clock.advance(0.75)
        if not self.is_alone:
            self.mock.services.advance_to_now()


@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "beside a request"])
@pytest.mark.parametrize("target", [list_target, dnc_target, template_target], ids=["list", "dnc", "template"])
async def test_an_end_that_passes_while_an_event_is_being_sent(mock, target, is_alone):
    """It is told next; nothing else has to happen for that."""
    fields, topic = await target(mock.client)
    async with listener(mock, topic) as (_, channel):
        connected = mock.services.notifications.channels.live(channel["id"], mock.clock.now())
        await upload_file(mock, 100, **fields)
        socket = SlowSocket(mock, is_alone=is_alone)
        sending = asyncio.create_task(
            deliver(mock.org, connected, connected.connect(), socket, mock.services.notifications)
        )
        await asyncio.sleep(0)
        mock.clock.advance(3.0)
        for _ in range(50):
            await asyncio.sleep(0)
        sending.cancel()
    assert [percent for percent in socket.told if percent is not None] == [0, 75, 100]
