"""The ends of imports over real WebSockets, on the real clock. How many of each kind: CONTACTBENCH_ENDS, rounded up
to what comes at once.

`pytest --log-cli-level=info` shows how late they were told.
"""

import asyncio
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import httpx
import msgspec
import pytest

from mockserver.app import create_app
from mockserver.clock import SystemClock
from mockserver.jobs import QueuedJob
from mockserver.jobs.import_progress import ends_at
from mockserver.loaded_profile import LoadedProfile, load, with_changes
from mockserver.profile import at_cpu_speed
from mockserver.services import create_services
from mockserver.state.auth import OAuthClient
from mockserver.storage.memory_store import MemoryStore

from ...conftest import MockOrg, listening, log_in
from .import_targets import dnc_target, list_target, template_target

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.anyio, pytest.mark.sized]

ENDS = int(os.environ.get("CONTACTBENCH_ENDS", "2"))
LATEST_S = 0.1
SMALL, LARGE = (50, 5_000.0), (20_000, 20_000.0)  # rows, and rows a second
KINDS = {"list": list_target, "dnc": dnc_target, "template": template_target}


@pytest.fixture
async def mock(tmp_path, anyio_backend):
    """An org whose imports begin at once."""
    loaded = load("default")
    profile = with_changes(at_cpu_speed(loaded.profile), {"limits.lists_per_org": 100_000})
    services = create_services(
        store=MemoryStore(),
        clock=SystemClock(),
        profile=LoadedProfile(profile, loaded.sources),
        spool=tmp_path,
        clients=[OAuthClient("mock-client", "mock-secret")],
    )
    async with listening(create_app(services), timeout=60) as client:
        await log_in(client)
        yield MockOrg(services, services.org.clock, client)


def seconds_without_processor():
    """How long the threads of this process have been ready to run while others ran; 0 where Linux does not tell."""
    return sum(int(path.read_text().split()[1]) for path in Path("/proc/self/task").glob("*/schedstat")) / 1e9


@dataclass
class Story:
    """A client on a thread of its own, so that the server's loop has nothing to do but to serve."""

    mock: MockOrg
    kind: str
    rows: int
    at_once: int

    async def lateness(self):
        """Seconds between each end and its event, and how many of them this process may have waited for a processor."""
        async with httpx.AsyncClient(
            base_url=self.mock.client.base_url, headers=self.mock.client.headers, timeout=60
        ) as client:
            targets = [await KINDS[self.kind](client, self.rows // 2, number) for number in range(self.at_once)]
            channel = (await client.post("/api/v2/notifications/channels")).json()
            where = f"/api/v2/notifications/channels/{channel['id']}/subscriptions"
            await client.put(where, json=[{"id": topic} for _, topic in targets])
            late = []
            async with aiohttp.ClientSession() as session, session.ws_connect(channel["connectUri"]) as socket:
                for number in range(-(-ENDS // self.at_once)):
                    uploads = [self.upload(client, fields, number) for fields, _ in targets]
                    waited_s = seconds_without_processor()
                    told, *_ = await asyncio.gather(self.told(socket), *uploads)
                    waited_s = seconds_without_processor() - waited_s
                    late += [(told[topic] - self.end(fields), waited_s) for fields, topic in targets]
            return late

    async def upload(self, client, fields, number):
        files = {"file": ("a.csv", "Lead,Phone\n" + "".join(f"L-{n},+15550{n:05d}\n" for n in range(self.rows)))}
        prefix = {"listNamePrefix": f"{number}"} if self.kind == "template" else {}
        await client.post("/uploads/v2/contactlist", data=fields | prefix, files=files)

    async def told(self, socket):
        """When the end of the import of each topic was told."""
        told = {}
        while len(told) < self.at_once:
            event = await socket.receive_json(timeout=10)
            if event["eventBody"].get("percentageComplete") == 100:
                told[event["topicName"]] = self.mock.clock.now()
        return told

    def end(self, fields):
        """When the newest import ended, as the store has it."""
        store, target_id = self.mock.org.store, fields.get("importTemplateId") or fields["id"]
        records = store.imports() if self.kind == "list" else store.documents(f"{self.kind}_import")
        newest = [raw for key, raw in records.items() if key.startswith(target_id)][-1]
        return ends_at(msgspec.json.decode(newest, type=QueuedJob).progress)


@pytest.mark.parametrize("at_once", [1, 8])
@pytest.mark.parametrize(("rows", "per_s"), [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_end_is_told_at_once(mock, kind, rows, per_s, at_once):
    """Within a tenth of a second, if the machine does nothing else."""
    mock.change(jobs__import_rows_per_s=per_s)
    late = await asyncio.to_thread(asyncio.run, Story(mock, kind, rows, at_once).lateness())
    in_time = sum(late_s <= LATEST_S for late_s, _ in late)
    log.info("%d of %d told in time, the last after %.1f ms", in_time, len(late), 1_000 * max(late)[0])
    assert [each for each in late if each[0] - each[1] > LATEST_S] == []
