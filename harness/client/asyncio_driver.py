"""The asyncio shell: sends, sleeps, stores and works for the flows of a run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..flow import Call, Reply, Wait
from ..status import status
from . import httpx_transport
from .httpx_transport import Client, Target
from .request_context import DAY_S, Bookkeeping, Keeper
from .request_log import Samples
from .run_caps import Caps


@dataclass(frozen=True, slots=True)
class AsyncioShell:
    client: Client
    target: Target
    books: Bookkeeping

    async def send(self, call: Call) -> Reply:
        planned_at = self.books.now()
        while (wait := self.books.hold(call)) is not None:
            await self.sleep(wait)
        call, sent_at = self.books.timed(call), self.books.sent(call)
        reply = await httpx_transport.send(self.client, self.target, call)
        return self.books.answered(call, reply, planned_at, sent_at)

    async def sleep(self, wait: Wait) -> None:
        await asyncio.sleep(self.books.pausing(wait))

    async def save(self, event: Any) -> None:
        self.books.save(event)

    async def work(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, function)


@asynccontextmanager
async def connected(
    target: Target,
    journal: Keeper,
    requests: Path,
    concurrency: int,
    deadline_s: float = DAY_S,
    caps: Caps | None = None,
) -> AsyncIterator[AsyncioShell]:
    """A shell whose requests are noted in the file `requests`, after those of an earlier run."""
    with closing(Samples(requests)) as samples:
        async with httpx_transport.connected(target, concurrency) as client:
            clock = asyncio.get_running_loop().time
            books = Bookkeeping.towards(
                target, clock=clock, samples=samples, journal=journal, deadline_s=deadline_s, caps=caps
            )
            status().watch(books)
            yield AsyncioShell(client, target, books)
