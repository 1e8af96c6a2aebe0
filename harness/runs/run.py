"""One strategy, from leads to a proved mapping: its stages, its files, its proof.

Knows no loop and no client: `asyncio_runner.py` runs the stages on asyncio, `locust_driver` on gevent.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..client.request_context import RequestContext
from ..client.request_log import FILE as REQUESTS
from ..client.target import Target
from ..domain import GivenList, LeadColumns, Leads, Reject, Shard
from ..errors import StateError, UsageError, VerifyFailed
from ..events import LeadsRejected, ListCreated, StageEnded
from ..files.atomic import own_folder
from ..files.duckdb_files import keep_database_open
from ..journal import Journal
from ..journal.open_journal import open_journal
from ..journal.schema import ShardRecord
from ..leads.preflight import Preflight, write_rejects
from ..mapping.files import RunFiles
from ..mapping.verify import ProofFindings, compare_exports
from ..status import status
from ..strategies.flows import left_out
from ..strategies.job import Job, Settings, Stage, Strategy
from ..strategies.lists import clear_contacts, unsent
from ..strategies.preconditions import Preconditions, is_untouched
from ..wording import quantity
from .live_figures import mapped_before

DOCUMENT, LEADS = "run.json", "leads.parquet"


def former_document(folder: Path, journal: Journal, leads: int) -> dict[str, Any] | None:
    """What the folder's run.json says, if it is of the journal's run and that has nothing left to send."""
    if mapped_before(journal) + len(journal.rejects()) < leads:
        return None
    try:
        document: dict[str, Any] = msgspec.json.decode((folder / DOCUMENT).read_bytes())
        (entry,) = document["strategies"]
        of_this_run = document["run_id"] == journal.facts()["run_id"] and entry["leads"] == leads
        return document if of_this_run and entry["duration_s"] >= 0 else None
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None


def proof_again_notice(folder: Path, document: dict[str, Any]) -> str:
    """What is said before the proof is made again."""
    (entry,) = document["strategies"]
    verdict = "proved" if entry["verified"] else "not proved"
    when = f" on {document['finished_at']}" if "finished_at" in document else ""
    return (
        f"{folder} is finished: {entry['mapped']:,} of {quantity(entry['leads'], 'lead')} mapped, {verdict}{when}."
        " Nothing is loaded; the org is asked for the proof once more, and the figures stay those of the upload."
    )


log = logging.getLogger("contactbench")


def list_prefix(digest: str, strategy: str) -> str:
    """How the names of all lists begin that this strategy makes of the input with this digest, whichever run it is."""
    return f"contactbench {sha256(f'{digest} {strategy}'.encode()).hexdigest()[:8]} "


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What may be chosen for a run, whatever its leads, its strategy and its target."""

    run_id: str  # of a new run; one that goes on keeps its own
    contacts_per_list: int = 1_000_000
    lists: int | None = None  # spread over so many, instead of as few as the cap allows
    again: bool = False  # load leads that an earlier run has loaded, too
    seed: int = 1
    concurrency: int = 8
    deadline_s: float = 24 * 3600.0
    settings: Settings = field(default_factory=Settings)
    rejects: Literal["rows", "ids-only"] = "rows"  # what rejects.csv holds beside line, reason and Lead ID
    journal: str = field(default="", repr=False)  # address of a database, which may hold a password; "": in the folder


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan(RunOptions):
    """Everything that decides what a run does."""

    strategy: Strategy
    preflight: Preflight
    leads: Path  # leads.parquet, as the preflight wrote it
    checked: Path | None = None  # where it wrote it; it becomes `leads` once the folder is known to be this run's
    checks_preconditions: bool = False  # before a new run writes to the org
    given: Sequence[GivenList] = ()  # where the leads go, in their order, instead of new lists

    def shards(self) -> list[Shard]:
        """As few lists as the cap allows, or as many as were asked for, as even as can be. Raises UsageError."""
        if self.given:
            return self._given_shards()
        total = self.preflight.leads
        needed = -(-total // self.contacts_per_list)
        lists = min(total, needed if self.lists is None else self.lists)
        if lists < needed:
            raise UsageError(
                "LISTS_TOO_FEW",
                f"{quantity(total, 'lead does', 'leads do')} not fit {quantity(lists, 'list')} of"
                f" {quantity(self.contacts_per_list, 'contact')}; give --lists {needed}.",
            )
        bounds = [total * n // lists for n in range(lists + 1)] if lists else []
        name = list_prefix(self.preflight.digest, self.strategy.name) + self.run_id
        return [
            Shard(number=n, first=first, count=stop - first, list_name=f"{name} {n + 1}/{lists}")
            for n, (first, stop) in enumerate(pairwise(bounds))
        ]

    def _given_shards(self) -> list[Shard]:
        if sum(given.leads for given in self.given) != self.preflight.leads:
            raise StateError("STATE_MISMATCH", "other leads than the lists were chosen for; restore the input.")
        firsts = accumulate((given.leads for given in self.given), initial=0)
        name = list_prefix(self.preflight.digest, self.strategy.name) + self.run_id
        return [
            Shard(number=n, first=first, count=given.leads, list_name=given.name or f"{name} {n + 1}/{len(self.given)}")
            for n, (first, given) in enumerate(zip(firsts, self.given, strict=False))
        ]

    def about(self) -> str:
        """The input in words, for who gives another one."""
        source = self.preflight.source
        return f"{source.name}, {quantity(self.preflight.leads, 'lead')}, {getattr(source, 'stamp', 'invented')}"

    def facts(self, target: Target) -> dict[str, str]:
        """What a later run of the same folder must agree with."""
        columns = self.preflight.source.columns
        org = {"org": target.org_id.lower()} if target.org_id else {}
        return {
            **org,
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
    findings: ProofFindings
    problem: str = ""  # said in words where there is nothing to count

    @property
    def is_verified(self) -> bool:
        return self.findings.is_clean and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run that came to its end, verified or not. Times in seconds of the run's own clock, virtual or real."""

    plan: RunPlan
    context: RequestContext
    lists: list[ShardRecord]
    mapped: int
    rejects: list[Reject]
    proof: Proof
    stage_ends: dict[str, float]  # stage -> when it ended
    ended_at: float
    manifest: dict[str, object]
    wall_s: float
    notices: list[str] = field(default_factory=list)  # what a person should know
    former: dict[str, Any] | None = None  # the document of a run that had come to its end before: its figures stand

    @property
    def duration_s(self) -> float:
        """Until every lead was mapped; the proof comes after."""
        return max(self.stage_ends.values(), default=0.0)


@contextmanager
def open_run(plan: RunPlan, target: Target, folder: Path) -> Iterator["Run"]:
    """A run in its folder, its journal locked. The folder's earlier run goes on, if it was about the same."""
    own_folder(folder)
    with _remove_unclaimed(plan.checked), open_journal(folder, plan.journal) as journal, keep_database_open(folder):
        plan = replace(plan, run_id=journal.plan(plan.facts(target), plan.shards(), plan.run_id, plan.about()))
        _take_given(plan, journal)
        if plan.checked is not None:
            plan.checked.replace(plan.leads)
        files = RunFiles(folder, plan.preflight.source, plan.leads)
        files.remove_stale_drafts()
        run = Run(plan, journal, files)
        try:
            yield run
        except BaseException:
            with suppress(Exception):  # the reason why the run ends must not be hidden
                status().doubtful = _count_in_doubt(journal)
            raise
        finally:
            files.discard_rows()


def _count_in_doubt(journal: Journal) -> int:
    """Batches and files that may have come to the org or not."""
    states = [*(batch.state for batch in journal.batches().values()), *(record.state for record in journal.shards())]
    return sum(state in ("sending", "in_doubt") for state in states)


def _take_given(plan: RunPlan, journal: Journal) -> None:
    """The lists that are there already need not be made."""
    for record, given in zip(journal.shards(), plan.given, strict=False):
        if given.list_id and record.contact_list_id is None:
            journal.save(ListCreated(record.shard.number, given.list_id))


@contextmanager
def _remove_unclaimed(path: Path | None) -> Iterator[None]:
    """Delete the draft on exit unless it was renamed into place."""
    try:
        yield
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _OnlyColumns:
    """Stands for the input where the run's files say which leads there were."""

    columns: LeadColumns

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        yield from ()


def stored_job(folder: Path, journal: Journal) -> tuple[RunFiles, Job]:
    """What the flows that read an upload's lists work with, without its input."""
    facts = journal.facts()
    columns = LeadColumns(names=(facts["lead_id"], facts["phone"]), lead_id=facts["lead_id"], phone=facts["phone"])
    source = _OnlyColumns(columns)
    files = RunFiles(folder, source, folder / LEADS)
    settings = Settings.for_target("org" if facts.get("org") else "local")
    return files, Job(leads=source, progress=journal, files=files, settings=settings)


def mapped_parts(files: RunFiles, journal: Journal) -> list[Path]:
    """The files that together hold every contact the run knows of."""
    parts = [files.part(record) for record in journal.shards() if record.file]
    return [*parts, files.write_part(journal.mapping())] if journal.batches() else parts


class Run:
    """Hands out stages; each must have been run to its end before the next is asked for."""

    def __init__(self, plan: RunPlan, journal: Journal, files: RunFiles) -> None:
        self.plan, self.journal, self.files = plan, journal, files
        self._job = Job(
            leads=plan.preflight.source,
            progress=journal,
            files=files,
            settings=plan.settings,
            learned=journal.learned_limits(),
        )
        self.notices: list[str] = []
        self._stage_ends = journal.stage_ends()
        self._former = former_document(files.folder, journal, plan.preflight.leads)
        self._mapped, self._rejects = 0, list(plan.preflight.rejects)

    @property
    def requests(self) -> Path:
        """The file for the requests: those of a proof that comes after the run's end are no part of it."""
        return self.files.folder / (REQUESTS if self._former is None else "verify.csv")

    def stages(self, context: RequestContext) -> Iterator[Stage]:
        """The strategy's own, up to a mapping of every lead."""
        context.progress.catch_up(context.now(), mapped_before(self.journal))
        if self._former is not None:
            log.warning(proof_again_notice(self.files.folder, self._former))
        if self.plan.checks_preconditions and is_untouched(self.journal.shards(), self.journal.batches()):
            yield from self._preconditions(context)
        to_clear = [given.list_id for given in self.plan.given if given.clear and given.list_id]
        if to_clear and unsent(self.journal.shards(), self.journal.batches()):
            yield from self._time_stage(
                Stage("clear", [clear_contacts(list_id, self._job) for list_id in to_clear]), context
            )
        for stage in self.plan.strategy.stages(self._job):
            yield from self._time_stage(stage, context)

    def _time_stage(self, stage: Stage, context: RequestContext) -> Iterator[Stage]:
        """A stage that an earlier start ended, and that has nothing to do now, ended then."""
        saves = self.journal.saves
        yield stage
        if stage.name not in self._stage_ends or self.journal.saves != saves:
            self._stage_ends[stage.name] = context.now()
            self.journal.save(StageEnded(stage.name, context.now()))

    def _preconditions(self, context: RequestContext) -> Iterator[Stage]:
        strategy, digest = self.plan.strategy, self.plan.preflight.digest
        preconditions = Preconditions(
            main_op=strategy.main_op,
            prefix=list_prefix(digest, strategy.name),
            again=self.plan.again,
            real=context.guard.terms is not None,
        )
        yield preconditions.stage()
        for notice in preconditions.notices:
            self.notices.append(notice)
            log.warning(notice)

    def proof_stage(self) -> Stage:
        """Write the mapping; what then is left is to ask the server again, by a road that did not make it."""
        self._write_mapping()
        return Stage("verification", self.plan.strategy.verification(self._job).flows)

    def outcome(self, context: RequestContext, wall_s: float, failure: VerifyFailed | None = None) -> Outcome:
        """What came out. `failure` is what the proof stage raised, if it did."""
        proof = self._proof(failure)
        return Outcome(
            plan=self.plan,
            context=context,
            lists=self.journal.shards(),
            mapped=self._mapped,
            rejects=self._rejects,
            proof=proof,
            stage_ends=self._stage_ends,
            ended_at=context.now(),
            manifest=self.files.write_manifest(rows=self._mapped, verified=proof.is_verified),
            wall_s=wall_s,
            notices=[*self.notices, *context.notices],
            former=self._former,
        )

    def _write_mapping(self) -> None:
        """`mapping.csv` and `rejects.csv`: together they hold every row of the input once."""
        known = {reject.lead_id: reject for reject in self.journal.rejects()}
        unmapped = self.files.write_mapping(mapped_parts(self.files, self.journal))
        skipped = [reject for reject in unmapped if reject.lead_id not in known]
        self._mapped = self.files.all_mapped()
        if skipped and self.plan.strategy.may_skip:
            ids = [reject.lead_id for reject in skipped]
            if self.plan.strategy.own_ids and (trouble := left_out(ids, self._mapped)):
                raise trouble
            self.journal.save(LeadsRejected(skipped))
            known |= {reject.lead_id: reject for reject in skipped}
        refused = [replace(known[lead.lead_id], line=lead.line) for lead in unmapped if lead.lead_id in known]
        self._rejects = [*self.plan.preflight.rejects, *refused]
        source = self.plan.preflight.source if self.plan.rejects == "rows" else None
        write_rejects(self._rejects, self.files.folder / "rejects.csv", source)

    def _proof(self, failure: VerifyFailed | None) -> Proof:
        verification = self.plan.strategy.verification(self._job)
        if failure is not None:
            return Proof(method=verification.method, findings=ProofFindings(), problem=str(failure))
        findings = compare_exports(self.files, self.journal.shards() if verification.by_export else [])
        total, rows = self._mapped + len(self._rejects), self.plan.preflight.rows
        told = f"{quantity(total, 'lead')} in mapping and rejects, {quantity(rows, 'row')} in the input"
        problem = "" if total == rows else told
        return Proof(method=verification.method, findings=findings, problem=problem)
