"""Runs the flows of a strategy on a shell, stage after stage, a bounded number at a time."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from .flow import AsyncShell, Flow, adrive
from .oauth import Session, authorized
from .retry import RetryPolicy, retrying
from .strategies.job import Stage


@dataclass(slots=True)
class Runner:
    """`concurrency` flows at a time. After the first error no flow is begun; those under way come to their end."""

    shell: AsyncShell
    session: Session
    concurrency: int
    seed: int
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    error: Exception | None = None

    async def run(self, stage: Stage) -> None:
        """Every flow of the stage to its end; raises the first error."""
        flows = iter(stage.flows)
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.concurrency):
                tasks.create_task(self._work(flows, random.Random(f"{self.seed}:{stage.name}:{number}")))
        if self.error is not None:
            raise self.error

    async def _work(self, flows: Iterator[Flow[None]], rng: random.Random) -> None:
        while self.error is None and (flow := next(flows, None)) is not None:
            try:
                await adrive(wrapped(flow, self.session, self.policy, rng), self.shell)
            except Exception as error:
                self.error = self.error or error


def wrapped(flow: Flow[None], session: Session, policy: RetryPolicy, rng: random.Random) -> Flow[None]:
    """The conversation a flow needs around it: a token, and patience."""
    return retrying(authorized(flow, session), policy, rng)
