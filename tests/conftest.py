from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from aiohttp import web

from mockserver.clock import ManualClock
from mockserver.loaded_profile import LoadedProfile, load
from mockserver.profile import at_cpu_speed
from mockserver.services import Services
from mockserver.state import Org
from mockserver.state.auth import OAuthClient

from .one_strategy import thin_out
from .postgres_server import postgres

__all__ = ["postgres"]


def pytest_collection_modifyitems(items):
    thin_out(items)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@dataclass
class MockOrg:
    """A served org: its state, its clock, and a client that holds a token."""

    services: Services
    clock: ManualClock
    client: httpx.AsyncClient

    @property
    def org(self) -> Org:
        return self.services.org

    def change(self, **settings) -> None:
        """Change settings by dotted names, dots written as two underscores."""
        from mockserver.loaded_profile import with_changes

        self.org.profile = with_changes(self.org.profile, {name.replace("__", "."): v for name, v in settings.items()})


@asynccontextmanager
async def listening(app: web.Application, **client_options) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app` on a free port of this machine."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        # `verify=False` reads no certificates, which would take longer than most tests do
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", verify=False, **client_options) as client:
            yield client
    finally:
        await runner.cleanup()


async def log_in(client: httpx.AsyncClient) -> None:
    """Fetch a token and send it from now on."""
    reply = await client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("mock-client", "mock-secret")
    )
    client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"


@pytest.fixture
async def mock_org(tmp_path, anyio_backend) -> AsyncIterator[MockOrg]:
    """The whole API with nothing to wait for, and a clock that moves only when told."""
    from mockserver.app import create_app
    from mockserver.services import create_services
    from mockserver.storage.memory_store import MemoryStore

    loaded = load("default")
    clock = ManualClock()
    services = create_services(
        store=MemoryStore(),
        clock=clock,
        profile=LoadedProfile(at_cpu_speed(loaded.profile), loaded.sources),
        spool=tmp_path,
        clients=[OAuthClient("mock-client", "mock-secret")],
    )
    async with listening(create_app(services)) as client:
        await log_in(client)
        yield MockOrg(services, clock, client)
