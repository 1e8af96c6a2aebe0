"""`contactbench upload --dry-run`: everything is checked as an upload would, the time is estimated, nothing is sent."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import LocalResource, Rejected, UsageError
from ..estimate import EstimateOrder as Question
from ..estimate import estimate
from ..estimate.summary import duration
from ..files.atomic import require_own
from ..journal.open_journal import has_journal, require_client
from ..leads.source import open_leads
from ..mapping.files import needed_bytes, require_disk_space
from ..runs.prepare import UploadOrder, checked_plan
from ..runs.resolve_target import resolve_target
from ..runs.run import RunPlan
from ..strategies import strategy
from ..wording import quantity

PROFILE, REPLICATES = "default", 100


@dataclass(frozen=True, slots=True)
class DryRunResult:
    document: dict[str, Any]
    problem: Rejected | None  # what an upload of these leads would end with, at best

    def lines(self) -> list[str]:
        """For people."""
        document, estimate = self.document, self.document["estimate"]
        leads, rows = quantity(document["leads"], "lead"), quantity(document["rows"], "row")
        p10, p50, p90 = (duration(estimate["duration_s"][name]) for name in ("p10", "p50", "p90"))
        into = f"{quantity(len(document['lists']), 'list')} of {document['host']}"
        goes_on = " (a run is there: it would go on)" if document["goes_on"] else ""
        return [
            *(f"line {one['line']}: {one['code']}: {one['message']}" for one in document["rejects"]),
            f"{document['strategy']}: {leads} of {rows} into {into}, with about {estimate['requests']:,.0f} requests",
            f"about {p50}, four times of five {p10} to {p90}, if the org is as profile {PROFILE} assumes",
            f"run folder: {document['run']}{goes_on}",
            "nothing was sent",
        ]


def dry_run(order: UploadOrder, tell: Callable[[str], None]) -> DryRunResult:
    """Raises RunError where the upload would, before it sends anything. No file is left, and no folder made."""
    if order.journal:
        require_client(order.journal)
    chosen, target, folder = strategy(order.strategy), resolve_target(order.target, order.aim), order.run_folder()
    source = open_leads(order.leads, lead_id=order.lead_id, phone=order.phone, separator=order.separator)
    with tempfile.TemporaryDirectory(prefix="contactbench-dry-run-") as aside:
        checked = Path(aside) / "leads.parquet"
        plan = checked_plan(order, source, checked, target, tell)
        preflight, shards = plan.preflight, plan.shards()
        goes_on = has_journal(folder)
        _require_folder(folder, 0 if goes_on else needed_bytes(preflight.leads, preflight.source))
    cap = None if target.terms is None else target.terms.max_contacts
    if cap is not None and cap < preflight.leads:
        tell(f"--max-contacts {cap} would stop it before the last of {quantity(preflight.leads, 'lead')}")
    rejects = [
        {"line": one.line, "code": one.code, "message": one.message, "lead_id": one.lead_id}
        for one in preflight.rejects
    ]
    document = {
        "dry_run": True,
        "strategy": chosen.name,
        "host": target.api,
        "run": str(folder),
        "goes_on": goes_on,
        "rows": preflight.rows,
        "leads": preflight.leads,
        "lists": [{"name": shard.list_name, "leads": shard.count} for shard in shards],
        "estimate": _estimate_entry(order, plan),
        "rejects": rejects,
    }
    left_out = quantity(len(rejects), "row is no lead and would be", "rows are no leads and would be")
    problem = Rejected("REJECTED", f"{left_out} left out; correct them, or upload the others.") if rejects else None
    return DryRunResult(document, problem)


def _require_folder(folder: Path, need: int) -> None:
    """Raises RunError unless the run's folder can be written, or made, on a disk with so much room."""
    home = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not home.is_dir():
        raise UsageError("NO_FOLDER", f"{home} is no folder; name another one.")
    if home == folder:
        require_own(folder)
    if not os.access(home, os.W_OK | os.X_OK):
        raise LocalResource("NOT_WRITTEN", f"{home}: no folder that can be written; name another one with --run.")
    require_disk_space(home, need)


def _estimate_entry(order: UploadOrder, plan: RunPlan) -> dict[str, Any]:
    """As many invented leads under the shipped profile: its settings are assumptions, and so is the time."""
    question = Question(
        leads=plan.preflight.leads,
        strategies=[plan.strategy.name],
        profile=PROFILE,
        replicates=REPLICATES,
        seed=order.seed,
        concurrency=order.concurrency,
        batch_size=order.settings.batch_size,
        contacts_per_list=-(-plan.preflight.leads // max(1, len(plan.shards()))) or None,
    )
    (found,) = estimate(question, lambda line: None)["strategies"]
    return {"profile": PROFILE, "duration_s": found["duration_s"], "requests": found["requests"]["p50"]}
