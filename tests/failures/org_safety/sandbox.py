"""A mock that is taken for a real org, and uploads to it as the command does them: canaries first, then the rest."""

import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.client.asyncio_driver import open_driver
from harness.client.oauth import MOCK_CREDENTIALS, Credentials, Session
from harness.client.org_safety import OrgSafetyLimits
from harness.client.retry import RetryPolicy
from harness.client.target import Target
from harness.errors import RunError
from harness.flow import Flow, adrive
from harness.journal.open_journal import open_journal
from harness.runs import canary
from harness.runs.asyncio_runner import complete, wrap_flow
from harness.runs.run import Outcome, RunPlan
from harness.runs.run_document import complaint, strategy_entry

from ..faults.rig import End, Rig

LEADS = 1_200
BATCH = 300


class NoNotes:
    def save(self, event: Any) -> None:
        pass


@dataclass
class Sandbox:
    """`terms` are what the command would have been told; changed by `on`."""

    rig: Rig
    terms: OrgSafetyLimits = field(default_factory=OrgSafetyLimits)

    def __post_init__(self) -> None:
        self.terms = OrgSafetyLimits(org_id=self.rig.org.id, confirmed=True, max_contacts=5_000, per_minute=300)

    def on(self, **terms: Any) -> "Sandbox":
        self.terms = replace(self.terms, **terms)
        return self

    @property
    def target(self) -> Target:
        return replace(self.rig.target, terms=self.terms)

    @property
    def credentials(self) -> Credentials:
        return replace(MOCK_CREDENTIALS, org_id=self.terms.org_id)

    def upload(self, name: str = "batch-api", **options: Any) -> End:
        """As `contactbench upload --target org`, in one process after the other."""
        plan = self.rig.plan(name, batch_size=BATCH, **options)
        folder = self.rig.folder / "run"
        try:
            spent = canary.prove(plan, self.target, folder, canary.Means(self.load, self.remove))
            outcome = self.load(plan, canary.for_the_rest(plan, self.target, spent), folder)
        except RunError as error:
            return End(error.exit_code, error.code, str(error))
        entry = strategy_entry(outcome, ".")
        problem = complaint({"strategies": [entry]})
        return End(0, entry=entry) if problem is None else End(problem.exit_code, problem.code, str(problem), entry)

    def load(self, plan: RunPlan, target: Target, folder: Path) -> Outcome:
        return self.rig.run(complete(plan, target, self.credentials, folder))

    def remove(self, folder: Path) -> None:
        """The lists of a canary, by somebody else's hand."""
        with open_journal(folder) as journal:
            for record in journal.shards():
                self.rig.org.store.delete_list(record.contact_list_id)

    def ask(self, flow: Flow[Any], credentials: Credentials | None = None) -> End:
        """A flow of our own, with the conversation around it that every flow has."""

        async def asked() -> None:
            async with open_driver(self.target, NoNotes(), self.rig.folder / "asked.csv", 1) as driver:
                session = Session(credentials or self.credentials, driver.context.now)
                await adrive(wrap_flow(flow, session, RetryPolicy(), random.Random(0)), driver)

        try:
            self.rig.run(asked())
        except RunError as error:
            return End(error.exit_code, error.code, str(error))
        return End(0)

    def asked(self) -> set[str]:
        """What the org was asked, by operation."""
        return set(self.rig.org.request_log.counts())
