"""`contactbench upload`: one strategy on a file of leads, into an org. The same command again goes on from there."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

from ..client import org_safety
from ..client.oauth import Credentials
from ..client.org_safety import OrgOptions
from ..client.request_context import LOOK_FOR_STOP_S, stop_file_error
from ..client.target import Target
from ..errors import GaveUp, RunError, UsageError
from ..files.atomic import own_folder
from ..files.regular_file import require_text
from ..journal.open_journal import has_begun, has_journal, require_client
from ..leads.csv_leads import COMMA
from ..leads.preflight import check
from ..leads.source import LeadSource, open_leads
from ..mapping.files import needed_bytes, require_disk_space, write_json
from ..status import status
from ..strategies import strategy
from ..wording import quantity
from . import canary
from .resolve_target import resolve_target
from .run import Outcome, RunOptions, RunPlan
from .run_document import input_facts, judged_again, machine, run_document, strategy_entry, write_requests

RUNS = Path("runs")
WRITTEN = ("leads.parquet", "mapping.csv", "rejects.csv", "findings.csv", "requests.parquet", "run.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOrder(RunOptions):
    """What is to be loaded, how, and where to."""

    strategy: str
    leads: Path
    lead_id: str
    phone: str
    target: str
    credentials: Credentials
    folder: Path | None = None
    dedupe: Literal["first", "last"] | None = None
    command: str = ""
    aim: OrgOptions = field(default_factory=OrgOptions)  # if the target is a real org
    sends_canaries: bool = True  # to a real org; who does not needs those of another command
    separator: str = COMMA  # between the cells of a CSV file

    def run_folder(self) -> Path:
        """The folder named; else one that the same command finds again, and no other."""
        if self.folder is not None:
            require_text(self.folder)
            return self.folder
        about = sha256(
            f"{self.leads.resolve()}\n{self.target}{self.aim.terms.org_id}\n{self.strategy}".encode()
        ).hexdigest()[:8]
        return RUNS / f"{self.leads.stem}-{self.strategy}-{about}"


@dataclass(frozen=True, slots=True)
class PreparedUpload:
    """A checked input and what to do with it: all that a driver of the flows needs."""

    order: UploadOrder
    plan: RunPlan
    target: Target
    folder: Path

    def write_document(self, outcome: Outcome, wall_s: float, **more: Any) -> dict[str, Any]:
        """The document of `run.json`, written, and `requests.parquet` beside it. `more`: further facts."""
        if outcome.former is not None:
            document = judged_again(outcome.former, outcome)
            write_json(self.folder / "run.json", document)
            return document
        write_requests(self.folder)
        org = {"org": self.target.org_id} if self.target.org_id else {}
        document = run_document(
            "upload",
            [strategy_entry(outcome, ".")],
            command=self.order.command,
            run_id=outcome.plan.run_id,
            target=org | {"host": self.target.api, "kind": "mock" if outcome.context.mock_seen else "org"},
            pace="real",
            seed=self.order.seed,
            profile=None,
            input=input_facts(self.plan.preflight),
            machine=machine(wall_s),
            finished_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            **more,
        )
        write_json(self.folder / "run.json", document)
        return document


def new_run_id() -> str:
    """When it is, and something that no other run of this second has: names of lists hold it."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(3)}"


def upload(order: UploadOrder, tell: Callable[[str], None]) -> dict[str, Any]:
    """The document of `run.json`, written. Raises RunError."""
    wall = time.perf_counter()
    ready = prepare(order, tell)
    from ..client.asyncio_driver import watch_for_suspension
    from .asyncio_runner import complete
    from .cleanup import cleanup

    def load(plan: RunPlan, target: Target, folder: Path) -> Outcome:
        return _run(complete(plan, target, order.credentials, folder, watch_for_suspension), ready.folder)

    def remove(folder: Path) -> None:
        _, problem = cleanup(folder, order.aim, really=True, tell=tell)
        if problem is not None:
            raise problem

    target = ready.target if ready.target.terms is None else _try_canaries(ready, canary.Means(load, remove), tell)
    return ready.write_document(load(ready.plan, target, ready.folder), time.perf_counter() - wall)


def _try_canaries(ready: PreparedUpload, means: canary.Means, tell: Callable[[str], None]) -> Target:
    """The real org, once its canaries are proved and removed, on terms that are left for the rest. Raises RunError."""
    try:
        asyncio.run(canary.verify_org_identity(ready.target, ready.order.credentials, ready.folder / "org.csv"))
        spent = canary.prove(ready.plan, ready.target, ready.folder, means)
        tell(f"canaries: {spent:,} contacts, proved and removed")
        return canary.for_the_rest(ready.plan, ready.target, spent)
    except BaseException:
        if ready.plan.checked is not None:
            ready.plan.checked.unlink(missing_ok=True)
        raise


def prepare(order: UploadOrder, tell: Callable[[str], None], *, rebuilding: bool = False) -> PreparedUpload:
    """The order with its input checked; nothing has been sent. Raises RunError. `rebuilding`: the state is lost."""
    if order.journal:
        require_client(order.journal)
    chosen, target = strategy(order.strategy), resolve_target(order.target, order.aim)
    status().subject = chosen.name
    source = open_leads(order.leads, lead_id=order.lead_id, phone=order.phone, separator=order.separator)
    folder = order.run_folder()
    own_folder(folder)
    if not rebuilding and not has_begun(folder):
        _require_no_other(folder)
    checked = folder / f"leads-{os.getpid()}.parquet"  # the folder may be in use, or belong to a run of other leads
    try:
        plan = checked_plan(order, source, checked, target, tell)
        lists = len(plan.shards())
        if not has_journal(folder):
            require_disk_space(folder, needed_bytes(plan.preflight.leads, plan.preflight.source))
    except RunError:
        checked.unlink(missing_ok=True)
        raise
    what = f"{quantity(plan.preflight.leads, 'lead')} into {quantity(lists, 'list')}"
    tell(f"{chosen.name}: {what} of {target.api}; run folder {folder}")
    return PreparedUpload(order, plan, target, folder)


def checked_plan(
    order: UploadOrder, source: LeadSource, checked: Path, target: Target, tell: Callable[[str], None]
) -> RunPlan:
    """The plan of the order, its input read once into `checked`. Raises RunError where the run may not begin."""
    chosen, folder = strategy(order.strategy), order.run_folder()
    preflight = check(source, checked, dedupe=order.dedupe, imports=chosen.may_skip, own_ids=chosen.own_ids)
    for notice in preflight.notices:
        tell(notice)
    options = {each.name: getattr(order, each.name) for each in fields(RunOptions)}
    leads = folder / "leads.parquet"
    plan = RunPlan(
        **options, strategy=chosen, preflight=preflight, leads=leads, checked=checked, checks_preconditions=True
    )
    _require_safe(order, plan, target, folder)
    return plan


def _require_no_other(folder: Path) -> None:
    """Raises UsageError where a new run would write over files that are not its own."""
    if found := [name for name in WRITTEN if (folder / name).exists()]:
        raise UsageError(
            "RUN_NOT_EMPTY", f"{folder} holds {', '.join(found)} of something else; name another folder with --run."
        )


def _require_safe(order: UploadOrder, plan: RunPlan, target: Target, folder: Path) -> None:
    """Raises SafetyStop where leads or a former command leave open what a real org needs to have settled."""
    if target.terms is None:
        return
    if not target.terms.real_numbers:
        org_safety.require_fictional(plan.preflight.source, plan.preflight.source.name)
    if not order.sends_canaries:
        canary.require_proved(plan, target, folder)


def _run(main: Coroutine[Any, Any, Outcome], folder: Path) -> Outcome:
    return asyncio.run(_stoppable(main, folder))


async def _stoppable(main: Coroutine[Any, Any, Outcome], folder: Path) -> Outcome:
    """`main`, ended by SIGTERM or by a file STOP in the folder as by SIGINT: what is under way is doubtful then, and
    looked up by the next run."""
    task = asyncio.ensure_future(main)
    stopped: list[GaveUp] = []

    def stop(error: GaveUp) -> None:
        stopped.append(error)
        task.cancel()

    def look() -> None:
        if (error := stop_file_error(folder)) is not None:
            stop(error)
        else:
            loop.call_later(LOOK_FOR_STOP_S, look)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop, Stopped())
    look()
    try:
        return await task
    except asyncio.CancelledError:
        if stopped:
            raise stopped[0] from None
        raise  # by SIGINT: asyncio makes a KeyboardInterrupt of it


class Stopped(GaveUp):
    exit_code = 143

    def __init__(self) -> None:
        super().__init__("STOPPED", "by SIGTERM; the journal is complete, the same command continues from there.")
