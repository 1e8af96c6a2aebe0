"""`contactbench reconcile`: a lost or damaged state made anew from the org. Nothing is written to the org.

The run's lists are exported; leads that are found are mapped as they are, the others are left to the `upload` command.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import api
from ..client.asyncio_driver import open_driver
from ..client.oauth import Credentials, Session
from ..client.target import Target
from ..errors import GaveUp, StateError, UsageError
from ..events import ListCreated
from ..flow import Flow, Save, Wait, Work
from ..journal.open_journal import leave_database
from ..journal.salvage import Salvage, salvage
from ..journal.schema import ShardRecord
from ..journal.sqlite_journal import SqliteJournal, run_lock
from ..mapping.files import RunFiles
from ..mapping.rebuild import batches_found, import_found, put_in_place, require_one_contact_each
from ..runs.asyncio_runner import Runner, complete
from ..runs.prepare import UploadOrder, prepare
from ..runs.run import RunPlan, list_prefix
from ..status import status
from ..strategies.export import export_list
from ..strategies.flows import answer_of
from ..strategies.job import Job, Stage
from ..strategies.lists import lists_of
from ..wording import quantity

NAME = re.compile(r"contactbench (?:[0-9a-f]{8} )?(?P<run_id>.+) (?P<number>\d+)/(?P<lists>\d+)")
PLANNED = ("contacts_per_list", "batch_size", "body_bytes")  # facts that an upload must agree with


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of the state: leads found in the org, leads still to be sent, where the former journal lies."""

    found: int
    missing: int
    aside: Path | None


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one run that are in the org, by their number among all lists of the run."""

    run_id: str
    count: int
    found: dict[int, api.ListFound]


def reconcile(order: UploadOrder, lists: Sequence[str], tell: Callable[[str], None]) -> dict[str, Any]:
    """The document of `run.json`, written, of a run whose every lead is there. Raises RunError, GaveUp for others."""
    wall = time.perf_counter()
    ready = prepare(order, tell, rebuilding=True)
    try:
        rebuilt = asyncio.run(rebuild(ready.plan, ready.target, order.credentials, ready.folder, lists))
    finally:
        if ready.plan.checked is not None:
            ready.plan.checked.unlink(missing_ok=True)
    tell(f"{quantity(rebuilt.found, 'lead')} found in the org; former journal: {rebuilt.aside or 'none'}")
    require_all(rebuilt, ready.folder)
    outcome = asyncio.run(complete(replace(ready.plan, checked=None), ready.target, order.credentials, ready.folder))
    return ready.write_document(outcome, time.perf_counter() - wall)


def with_what_is_known(order: UploadOrder, folder: Path, *, given: Set[str]) -> UploadOrder:
    """The order with what the folder still says of the plan, where nothing else was `given`. Raises UsageError."""
    facts = salvage(folder).facts
    strategy = order.strategy or facts.get("strategy", "")
    if not strategy:
        raise UsageError("NO_STRATEGY", f"{folder} does not tell how its leads were loaded; give --strategy.")
    known = {name: int(facts[name]) for name in PLANNED if name in facts and name not in given}
    per_list = known.pop("contacts_per_list", order.contacts_per_list)
    return replace(order, strategy=strategy, contacts_per_list=per_list, settings=replace(order.settings, **known))


def require_all(rebuilt: Rebuilt, folder: Path) -> None:
    if rebuilt.missing:
        raise GaveUp(
            "NOT_ALL_THERE",
            f"{quantity(rebuilt.missing, 'lead has', 'leads have')} no contact in the org,"
            f" {quantity(rebuilt.found, 'has', 'have')} one; the journal in {folder} is"
            " made anew. Run the `upload` command with this --run folder: it sends those that are missing.",
        )


async def rebuild(
    plan: RunPlan, target: Target, credentials: Credentials, folder: Path, lists: Sequence[str] = ()
) -> Rebuilt:
    """A journal as the org says it must be, in the place of the folder's. Raises RunError; then nothing is changed."""
    with run_lock(folder / "journal.lock"), _scratch(folder / "rebuilt.sqlite") as path:
        if plan.checked is not None:
            plan.checked.replace(plan.leads)
        files = RunFiles(folder, plan.preflight.source, plan.leads)
        with closing(SqliteJournal(path)) as journal:
            job = Job(leads=plan.preflight.source, progress=journal, files=files, settings=plan.settings)
            requests = folder / "reconcile.csv"
            async with open_driver(target, journal, requests, plan.concurrency, plan.deadline_s) as driver:
                runner = Runner(driver, Session(credentials, driver.context.now), plan.concurrency, plan.seed)
                look = Look(list_prefix(plan.preflight.digest, plan.strategy.name), lists, salvage(folder))
                await runner.run(Stage("look", [look.flow()]))
                await runner.run(Stage("plan", [_plan_journal(plan, target, look.of_one_run(), journal)]))
                status().begin("exporting", unit="list")
                records = [record for record in journal.shards() if record.contact_list_id]
                try:
                    await runner.run(Stage("export", [export_list(record, job) for record in records]))
                    require_one_contact_each(files, records)
                    await runner.run(Stage("join", [_record_export(record, plan, job, files) for record in records]))
                finally:
                    files.discard_rows()
            missing = _missing(journal)
        leave_database(folder)
        return Rebuilt(plan.preflight.leads - missing, missing, put_in_place(path))


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A journal's name that nothing is left of, before and after."""

    def clear() -> None:
        for left in path.parent.glob(f"{path.stem}.*"):
            left.unlink()

    clear()
    try:
        yield path
    finally:
        clear()


@dataclass(slots=True)
class Look:
    """Finds the lists of the run: those named, those that the folder knows, those that are called so."""

    prefix: str
    named: Sequence[str]
    known: Salvage
    found: list[api.ListFound] = field(default_factory=list)

    def flow(self) -> Flow[None]:
        for list_id in self.named or self.known.lists:
            found = yield from answer_of(api.get_list(list_id), api.list_found)
            self._add([found] if found is not None else [])
            if found is None and self.named:
                raise StateError("LIST_GONE", f"list={list_id} is not in the org; name the others alone.")
        if not self.named:
            self._add((yield from lists_of(self.prefix)))

    def _add(self, lists: Sequence[api.ListFound]) -> None:
        known = {each.id for each in self.found}
        self.found += [each for each in lists if each.id not in known]

    def of_one_run(self) -> Lists:
        """Their names say of which run they are, and their places in it. Raises StateError where that is not clear."""
        parts = [(each, NAME.fullmatch(each.name)) for each in self.found]
        if self.named and not all(part for _, part in parts):
            return Lists("renamed", len(parts), dict(enumerate(self.found)))
        runs: dict[tuple[str, int], list[tuple[int, api.ListFound]]] = {}
        for each, part in parts:
            if part is not None:
                key = (part["run_id"], int(part["lists"]))
                runs.setdefault(key, []).append((int(part["number"]) - 1, each))
        ours = {key: lists for key, lists in runs.items() if key[0] == self.known.facts.get("run_id")} or runs
        if len(ours) > 1:
            ours = {key: lists for key, lists in ours.items() if any(each.size for _, each in lists)} or ours
        if not ours:
            raise StateError(
                "STATE_LOST", "the org has no list of this input by this strategy; name them with --lists."
            )
        ((run_id, count), lists), *others = ours.items()
        if others or len(dict(lists)) != len(lists):
            told = ", ".join(f"{each.name!r} ({each.id})" for lists in ours.values() for _, each in lists)
            raise StateError("RUNS_ALIKE", f"several runs have loaded this input: {told}; choose with --lists.")
        return Lists(run_id, count, dict(lists))


def _plan_journal(plan: RunPlan, target: Target, lists: Lists, journal: SqliteJournal) -> Flow[None]:
    """The plan in the journal, as the names of the lists tell it; then the quiet period."""
    shards = replace(plan, run_id=lists.run_id, lists=lists.count).shards()
    if len(shards) != lists.count:
        told = f"{quantity(plan.preflight.leads, 'lead')} cannot have made {quantity(lists.count, 'list')}."
        raise StateError("STATE_MISMATCH", told)
    names = {number: found.name for number, found in lists.found.items()}
    shards = [replace(shard, list_name=names.get(shard.number, shard.list_name)) for shard in shards]
    yield Work(lambda: journal.plan(plan.facts(target), shards, lists.run_id))
    for number, found in sorted(lists.found.items()):
        yield Save(ListCreated(number, found.id))
    yield Wait(plan.settings.in_flight_grace_s, "quiet")  # what was sent last may still be under way


def _record_export(record: ShardRecord, plan: RunPlan, job: Job, files: RunFiles) -> Flow[None]:
    """What the export of a list says, in the journal."""
    if plan.strategy.main_op == "contacts.add":
        for batch in batches_found(files, record, plan.settings.batch_size):
            yield Save(batch)
        return
    status = yield from answer_of(api.import_status(record.list_id), api.import_progress)
    by_pages = plan.strategy.main_op == "contacts.search"
    for event in (yield Work(lambda: list(import_found(files, record, status, by_pages=by_pages)))):
        yield Save(event)


def _missing(journal: SqliteJournal) -> int:
    """Leads of which the new journal does not know what became of them."""
    settled = {record.shard.number: record.shard.count for record in journal.shards() if record.state == "mapped"}
    mapped = sum(batch.leads for batch in journal.batches().values())
    return sum(record.shard.count for record in journal.shards()) - sum(settled.values()) - mapped
