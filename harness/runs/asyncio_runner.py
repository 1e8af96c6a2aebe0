"""Runs a strategy's flows on asyncio, stage after stage, a bounded number at a time."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..client.asyncio_driver import AsyncioDriver, open_driver
from ..client.campaign_guard import with_campaign_check
from ..client.oauth import Credentials, Session, with_authorization
from ..client.retry import RetryPolicy, with_retries
from ..client.target import Target
from ..errors import VerifyFailed
from ..flow import AsyncFlowDriver, Flow, T, adrive
from ..status import status
from ..strategies.job import Stage
from .run import Outcome, Run, RunPlan, open_run

# What a stage does, as the progress line says it; and the same where a file is imported.
PHASES = {"foresight": "looking at the org", "canary": "sending", "upload": "sending", "verification": "proving"}
OF_IMPORTS = {"canary": "importing", "upload": "importing"}


async def complete(
    plan: RunPlan,
    target: Target,
    credentials: Credentials,
    folder: Path,
    around: Callable[[AsyncioDriver], AsyncFlowDriver] = lambda driver: driver,
) -> Outcome:
    """The whole run. Raises RunError where it stops; the same call goes on from there.

    `around` puts another driver between the flows and the one that sends: one that watches them, or spoils them.
    """
    wall = time.perf_counter()
    with open_run(plan, target, folder) as run:
        async with open_driver(target, run.journal, run.requests, plan.concurrency, plan.deadline_s) as driver:
            runner = Runner(around(driver), Session(credentials, driver.context.now), plan.concurrency, plan.seed)
            for stage in run.stages(driver.context):
                _show_stage(stage.name, run)
                await runner.run(stage)
            failure = None
            status().begin("writing the mapping")
            proof = run.proof_stage()
            _show_stage(proof.name, run)
            try:
                await runner.run(proof)
            except VerifyFailed as failed:
                failure = failed
            status().begin("comparing with the mapping")
            return run.outcome(driver.context, time.perf_counter() - wall, failure)


def _show_stage(name: str, run: Run) -> None:
    """From now on the status of the command is that of this stage."""
    shown, strategy, shards = status(), run.plan.strategy, run.journal.shards()
    shown.leads = run.plan.preflight.leads
    phase = PHASES.get(name, name)
    if name == "mapping" or (name in OF_IMPORTS and strategy.main_op == "contacts.add"):
        phase = "exporting and joining" if strategy.name == "csv-import-export" else phase
        shown.begin(phase, total=shown.leads, unit="lead", count=shown.mapped_leads)
    elif name in OF_IMPORTS:
        sizes = {record.contact_list_id or "": record.shard.count for record in shards}
        there = sum(record.shard.count for record in shards if record.state in ("imported", "mapped"))
        shown.begin(OF_IMPORTS[name], total=shown.leads, unit="lead", count=lambda: there + shown.imported_rows(sizes))
    else:
        shown.begin(phase, total=len(shards) if name in ("lists", "verification") else None, unit="list")


@dataclass(slots=True)
class Runner:
    """`concurrency` flows at a time. After the first error no flow is begun; those under way come to their end."""

    driver: AsyncFlowDriver
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

    async def _work(self, flows: Iterator[Flow[object]], rng: random.Random) -> None:
        try:
            while self.error is None and (flow := next(flows, None)) is not None:
                await adrive(wrap_flow(flow, self.session, self.policy, rng), self.driver)
                status().advance()
        except Exception as error:
            self.error = self.error or error


def wrap_flow(flow: Flow[T], session: Session, policy: RetryPolicy, rng: random.Random) -> Flow[T]:
    """`flow` with a token and retries, and for a real org with a look for campaigns before its lists are loaded."""
    if session.credentials.org_id:
        flow = with_campaign_check(flow, session)
    return with_retries(with_authorization(flow, session), policy, rng)
