"""The asyncio driver: sends, sleeps, stores and works for the flows of a run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..flow import Call, Reply, Wait
from ..status import status
from . import httpx_transport
from .httpx_transport import HttpxClient, Target
from .request_context import DAY_S, EventSink, RequestContext
from .request_log import RequestLog
from .run_caps import RunCaps


@dataclass(frozen=True, slots=True)
class AsyncioDriver:
    client: HttpxClient
    target: Target
    context: RequestContext

    async def send(self, call: Call) -> Reply:
        planned_at = self.context.now()
        while (wait := self.context.admission_delay(call)) is not None:
            await self.sleep(wait)
        call, sent_at = self.context.with_timeout(call), self.context.record_sent(call)
        reply = await httpx_transport.send(self.client, self.target, call)
        return self.context.record_reply(call, reply, planned_at, sent_at)

    async def sleep(self, wait: Wait) -> None:
        await asyncio.sleep(self.context.record_wait(wait))

    async def save(self, event: Any) -> None:
        self.context.save(event)

    async def work(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, function)


@asynccontextmanager
async def open_driver(
    target: Target,
    journal: EventSink,
    requests: Path,
    concurrency: int,
    deadline_s: float = DAY_S,
    caps: RunCaps | None = None,
) -> AsyncIterator[AsyncioDriver]:
    """A driver whose requests are noted in the file `requests`, after those of an earlier run."""
    with closing(RequestLog(requests)) as samples:
        async with httpx_transport.open_client(target, concurrency) as client:
            clock = asyncio.get_running_loop().time
            context = RequestContext.towards(
                target, clock=clock, samples=samples, journal=journal, deadline_s=deadline_s, caps=caps
            )
            status().watch(context)
            yield AsyncioDriver(client, target, context)
