"""The asyncio shell: sends, sleeps, stores and works for the flows of a run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from . import transport
from .errors import GaveUp
from .flow import Call, Reply, Wait
from .load.budget import RateBudget
from .load.samples import Sample, Samples
from .mapping.journal import Journal
from .retry import retry_after_s
from .transport import Target

FIRST_TRIES = 3
DAY_S = 24 * 3600.0


@dataclass(slots=True)
class Progress:
    """How many leads were mapped when: seconds since the run began, leads so far."""

    points: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])
    in_doubt: int = 0
    resolved: int = 0  # leads whose contact was found by search after a lost answer

    @property
    def mapped(self) -> int:
        return self.points[-1][1]

    def saw(self, at: float, event: Any) -> None:
        mapped = getattr(event, "mapped", 0)
        if mapped:
            self.points.append((at, self.mapped + mapped))
        self.in_doubt += type(event).__name__ == "BatchInDoubt"
        self.resolved += getattr(event, "adopted", 0)


@dataclass(slots=True, kw_only=True)
class AsyncioShell:
    """One for all flows of a run: they share the token's rate budget and the journal."""

    client: httpx.AsyncClient
    target: Target
    budget: RateBudget
    samples: Samples
    journal: Journal
    began: float  # the loop's clock when the run began
    deadline_s: float
    progress: Progress = field(default_factory=Progress)
    unanswered: int | None = 0  # tries so far to reach a server that has not answered yet
    mock_seen: bool = False  # an answer said that it comes from a mock

    def now(self) -> float:
        """Seconds since the run began."""
        return asyncio.get_running_loop().time() - self.began

    async def send(self, call: Call) -> Reply:
        planned = self.now()
        if call.bearer and call.host == "api":
            while (wait := self.budget.wait_s(self.now())) > 0:
                await self._pause(wait)
        self.budget.take()
        sent = self.now()
        reply = await transport.send(self.client, self.target, call)
        done = self.now()
        self._require_listener(reply)
        self.budget.answered(sent, done, reply.headers)
        self.mock_seen = self.mock_seen or "x-mock" in reply.headers
        if reply.status == 429:
            self.budget.refused(done, retry_after_s(reply.headers) or 0.0)
        self.samples.add(_sample(self.samples.count, call, reply, planned, sent, done))
        return reply

    def _require_listener(self, reply: Reply) -> None:
        """A server that has never answered is not down for a moment, it is not there."""
        if reply.sent:
            self.unanswered = None
        elif self.unanswered is not None:
            self.unanswered += 1
            if self.unanswered == FIRST_TRIES:
                raise GaveUp(
                    "NO_CONNECTION",
                    f"nothing answers at {self.target.api} ({reply.error}); start a mock with `contactbench mock`,"
                    " then run the same command again.",
                )

    async def sleep(self, wait: Wait) -> None:
        if wait.why == "throttle":
            self.samples.throttled_s += wait.seconds
        await self._pause(wait.seconds)

    async def _pause(self, seconds: float) -> None:
        if self.now() + seconds > self.deadline_s:
            raise GaveUp(
                "DEADLINE",
                f"the next request would go after {self.now() + seconds:.0f} s, past the {self.deadline_s:.0f} s of"
                f" --max-duration; {self.progress.mapped} leads are mapped; run the same command again.",
            )
        await asyncio.sleep(seconds)

    async def save(self, event: Any) -> None:
        self.journal.save(event)
        self.progress.saw(self.now(), event)

    async def work(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, function)


@asynccontextmanager
async def connected(
    target: Target, journal: Journal, requests: Path, concurrency: int, deadline_s: float = DAY_S
) -> AsyncIterator[AsyncioShell]:
    """A shell whose requests are noted in the file `requests`, after those of an earlier run."""
    with closing(Samples(requests)) as samples:
        async with transport.connected(target, concurrency) as client:
            yield AsyncioShell(
                client=client,
                target=target,
                budget=RateBudget(),
                samples=samples,
                journal=journal,
                began=asyncio.get_running_loop().time() - samples.ended_at,
                deadline_s=samples.ended_at + deadline_s,
            )


def _sample(seq: int, call: Call, reply: Reply, planned: float, sent: float, done: float) -> Sample:
    return Sample(
        seq=seq,
        op=call.op,
        contact_list_id=call.contact_list_id,
        batch=call.batch,
        attempt=call.attempt,
        planned_at=round(planned, 6),
        sent_at=round(sent, 6),
        done_at=round(done, 6),
        status=reply.status,
        error=reply.error,
        sent_bytes=sent_bytes(call),
        received_bytes=call.save_to.stat().st_size if call.save_to and reply.ok else len(reply.body),
        contacts=call.contacts,
        correlation_id=reply.headers.get("inin-correlation-id", ""),
    )


def sent_bytes(call: Call) -> int:
    """Bytes of the body, or of the file in a form."""
    if call.form is None:
        return len(call.body or b"")
    return sum(0 if isinstance(value, str) else value.path.stat().st_size for _, value in call.form)
