"""An org in virtual time whose every request is seen at the moment it arrives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from harness.client.oauth import MOCK_CREDENTIALS
from harness.client.target import Target
from harness.simulator import EPOCH, load_profile
from mockserver.app import create_app
from mockserver.clock import LoopClock
from mockserver.services import Services, create_services
from mockserver.state.auth import OAuthClient
from mockserver.storage.memory_store import MemoryStore

PROFILE = load_profile("default")


@asynccontextmanager
async def served(spool: Path, seen: Middleware) -> AsyncIterator[tuple[Target, Services]]:
    """As `mock_org.served`, with another step before each handler."""
    spool.mkdir()
    services = create_services(
        store=MemoryStore(),
        clock=LoopClock(asyncio.get_running_loop(), EPOCH),
        profile=PROFILE,
        spool=spool,
        clients=[OAuthClient(MOCK_CREDENTIALS.client_id, MOCK_CREDENTIALS.client_secret)],
        seed=1,
    )
    app = create_app(services)
    app.middlewares.append(seen)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=3600.0)
    await runner.setup()
    try:
        await web.UnixSite(runner, str(spool / "org")).start()
        yield Target.one_host("http://localhost", spool / "org"), services
    finally:
        await runner.cleanup()
        services.org.store.close()
