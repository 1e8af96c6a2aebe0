"""One strategy, from leads to a proved mapping: its stages, its files, its proof."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from .domain import Reject, Shard
from .errors import UsageError, VerifyFailed
from .events import LeadsRejected
from .leads.preflight import Preflight
from .leads.rejects import write_rejects
from .mapping.files import RunFiles
from .mapping.journal import Journal
from .mapping.records import ShardRecord
from .mapping.verify import Findings, compare_exports
from .oauth import Credentials, Session
from .runner import Runner
from .shell import AsyncioShell, connected
from .strategies.job import Job, Settings, Stage, Strategy
from .transport import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides what a run does."""

    strategy: Strategy
    preflight: Preflight
    leads: Path  # leads.parquet, as the preflight wrote it
    contacts_per_list: int
    run_id: str
    lists: int | None = None  # spread over so many, instead of as few as the cap allows
    seed: int = 1
    concurrency: int = 8
    deadline_s: float = 24 * 3600.0
    settings: Settings = field(default_factory=Settings)

    def shards(self) -> list[Shard]:
        """As few lists as the cap allows, or as many as were asked for, as even as can be. Raises UsageError."""
        total = self.preflight.leads
        needed = -(-total // self.contacts_per_list)
        lists = min(total, needed if self.lists is None else self.lists)
        if lists < needed:
            raise UsageError(
                "LISTS_TOO_FEW",
                f"{total} leads do not fit {lists} lists of {self.contacts_per_list} contacts; give --lists {needed}.",
            )
        bounds = [total * n // lists for n in range(lists + 1)] if lists else []
        return [
            Shard(number=n, first=first, count=stop - first, list_name=f"contactbench {self.run_id} {n + 1}/{lists}")
            for n, (first, stop) in enumerate(pairwise(bounds))
        ]

    def facts(self, target: Target) -> dict[str, str]:
        """What a later run of the same folder must agree with."""
        columns = self.preflight.source.columns
        return {
            "strategy": self.strategy.name,
            "input": self.preflight.digest,
            "leads": str(self.preflight.leads),
            "host": target.api,
            "lead_id": columns.lead_id,
            "phone": columns.phone,
            "contacts_per_list": str(self.contacts_per_list),
            "batch_size": str(self.settings.batch_size),
            "body_bytes": str(self.settings.body_bytes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What an independent read of the server said."""

    method: str
    findings: Findings
    problem: str = ""  # said in words where there is nothing to count

    @property
    def verified(self) -> bool:
        return self.findings.proved and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run that came to its end, verified or not. Times in seconds of the run's own clock, virtual or real."""

    plan: Plan
    shell: AsyncioShell
    lists: list[ShardRecord]
    mapped: int
    rejects: list[Reject]
    proof: Proof
    stage_ends: dict[str, float]
    ended_at: float
    manifest: dict[str, object]
    wall_s: float

    @property
    def duration_s(self) -> float:
        """Until every lead was mapped; the proof comes after."""
        return max(self.stage_ends.values(), default=0.0)


@asynccontextmanager
async def opened(plan: Plan, target: Target, credentials: Credentials, folder: Path) -> AsyncIterator["Run"]:
    """A run in its folder, with its journal locked and its client connected."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(Journal(folder / "journal.sqlite")) as journal:
        plan = replace(plan, run_id=journal.plan(plan.facts(target), plan.shards(), plan.run_id))
        files = RunFiles(folder, plan.preflight.source, plan.leads)
        requests = folder / "requests.csv"
        async with connected(target, journal, requests, plan.concurrency, plan.deadline_s) as shell:
            yield Run(plan, shell, journal, files, credentials)


class Run:
    def __init__(
        self, plan: Plan, shell: AsyncioShell, journal: Journal, files: RunFiles, credentials: Credentials
    ) -> None:
        self.plan, self.shell, self.journal, self.files = plan, shell, journal, files
        self._runner = Runner(shell, Session(credentials), plan.concurrency, plan.seed)
        self._job = Job(leads=plan.preflight.source, progress=journal, files=files, settings=plan.settings)

    async def complete(self) -> Outcome:
        """Every stage, the mapping, the proof. Raises RunError where it stops; the same call goes on from there."""
        wall = time.perf_counter()
        stage_ends = {}
        for stage in self.plan.strategy.stages(self._job):
            await self._runner.run(stage)
            stage_ends[stage.name] = self.shell.now()
        rejects = self._write_mapping()
        mapped = self.files.mapped()
        proof = await self.prove(mapped, len(rejects))
        manifest = self.files.write_manifest(rows=mapped, verified=proof.verified)
        return Outcome(
            plan=self.plan,
            shell=self.shell,
            lists=self.journal.shards(),
            mapped=mapped,
            rejects=rejects,
            proof=proof,
            stage_ends=stage_ends,
            ended_at=self.shell.now(),
            manifest=manifest,
            wall_s=time.perf_counter() - wall,
        )

    def _write_mapping(self) -> list[Reject]:
        """`mapping.csv` and `rejects.csv`: together they hold every row of the input once."""
        parts = [self.files.folder / record.file for record in self.journal.shards() if record.file]
        if self.journal.batches():
            parts.append(self.files.write_part(self.journal.mapping()))
        unmapped = self.files.write_mapping(parts)
        known = {reject.lead_id for reject in self.journal.rejects()}
        new = [reject for reject in unmapped if reject.lead_id not in known]
        if new:
            self.journal.save(LeadsRejected(new))
        rejects = [*self.plan.preflight.rejects, *unmapped]
        write_rejects(rejects, self.files.folder / "rejects.csv", self.plan.preflight.source)
        return rejects

    async def prove(self, mapped: int, rejected: int) -> Proof:
        """Ask the server again, by a road that did not make the mapping."""
        verification = self.plan.strategy.verification(self._job)
        try:
            await self._runner.run(Stage("verification", verification.flows))
            shards = self.journal.shards() if verification.by_export else []
            findings = compare_exports(self.files, shards)
        except VerifyFailed as failure:
            return Proof(method=verification.method, findings=Findings(), problem=str(failure))
        rows = self.plan.preflight.rows
        problem = "" if mapped + rejected == rows else f"{mapped} mapped and {rejected} rejected of {rows} rows"
        return Proof(method=verification.method, findings=findings, problem=problem)
