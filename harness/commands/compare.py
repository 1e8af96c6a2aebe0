"""`contactbench compare`: strategies on the same leads, each against an org of its own, proved and set side by side."""

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from .. import simulator
from ..client.oauth import MOCK_CREDENTIALS
from ..errors import UsageError
from ..files.replacement import replacement
from ..leads.csv_leads import COMMA
from ..leads.duplicates import Keep
from ..leads.preflight import Preflight, check
from ..leads.shard_csv import write_csv
from ..leads.source import open_leads
from ..leads.synthetic import SyntheticLeads
from ..mapping.files import write_json
from ..runs.run import Outcome, RunPlan
from ..runs.run_document import input_facts, machine, run_document, strategy_entry, write_requests
from ..simulator import LoadedProfile
from ..status import status
from ..strategies import strategy
from ..strategies.job import Settings, Strategy
from ..wording import quantity

Pace = Literal["virtual", "real", "none"]
Tell = Callable[[str], None]
Complete = Callable[[dict[str, Any], Path], None]
MARK = ".contactbench-compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    leads: int | Path
    strategies: Sequence[str]
    pace: Pace
    profile: str
    seed: int
    out: Path
    lead_id: str = "Lead ID"
    phone: str = "Phone"
    separator: str = COMMA
    concurrency: int = 8
    dedupe: Keep | None = None
    command: str = ""


def compare(comparison: Comparison, tell: Tell, complete: Complete = lambda document, folder: None) -> dict[str, Any]:
    """The document of `run.json`, written. Raises RunError; what is not verified is said in the document.

    `complete` adds what else belongs to the comparison, before it takes the place of a former one.
    """
    chosen = [strategy(name) for name in comparison.strategies]
    profile = simulator.load_profile(comparison.profile)
    _require_outside(comparison.leads, comparison.out)
    with replacement(comparison.out, MARK, tell) as folder:
        document = _run_all(replace(comparison, out=folder), chosen, profile, tell)
        complete(document, folder)
    return document


def _run_all(comparison: Comparison, chosen: Sequence[Strategy], profile: LoadedProfile, tell: Tell) -> dict[str, Any]:
    wall = time.perf_counter()
    preflight, leads = _leads(comparison, chosen, tell)
    entries = []
    for one in chosen:
        plan = RunPlan(
            strategy=one,
            preflight=preflight,
            leads=leads,
            contacts_per_list=profile.profile.limits.contacts_per_list,
            run_id=f"compare-{comparison.seed}-{one.name}",
            seed=comparison.seed,
            concurrency=comparison.concurrency,
            settings=Settings.for_target(
                "instant" if comparison.pace == "none" else "org", body_bytes=profile.profile.limits.request_body_bytes
            ),
        )
        tell(f"{one.name}: {quantity(preflight.leads, 'lead')} into {quantity(len(plan.shards()), 'list')}")
        entry = _run(plan, comparison, profile, comparison.out / one.name)
        tell(_line(entry))
        entries.append(entry)
        gc.collect()
    document = run_document(
        "compare",
        entries,
        command=comparison.command,
        run_id=f"compare-{comparison.seed}",
        target={"kind": "mock", "host": "mock"},
        pace=comparison.pace,
        seed=comparison.seed,
        profile={"name": profile.profile.name, "settings": simulator.settings(profile)},
        input=input_facts(preflight),
        machine=machine(time.perf_counter() - wall),
    )
    write_json(comparison.out / "run.json", document)
    return document


def _run(plan: RunPlan, comparison: Comparison, profile: LoadedProfile, folder: Path) -> dict[str, Any]:
    from ..runs.asyncio_runner import complete  # an HTTP client, which takes longer to load than a bad input to refuse

    struck: dict[str, int] = {}
    status().subject, status().virtual = plan.strategy.name, comparison.pace == "virtual"
    status().begin("starting the mock")
    if comparison.pace == "virtual":
        outcome, struck = simulator.run(_virtually(plan, profile, comparison.seed, folder))
    else:
        with simulator.in_subprocess(comparison.profile, comparison.seed, comparison.pace) as target:
            outcome = asyncio.run(complete(plan, target, MOCK_CREDENTIALS, folder))
    write_requests(folder)
    status().leave()
    return strategy_entry(outcome, plan.strategy.name) | {"faults_struck": struck}


async def _virtually(plan: RunPlan, profile: LoadedProfile, seed: int, folder: Path) -> tuple[Outcome, dict[str, int]]:
    """What came out, and how often the profile's fault rates struck, by kind."""
    from ..runs.asyncio_runner import complete

    async with simulator.serve_in_process(profile, seed) as (target, services):
        outcome = await complete(plan, target, MOCK_CREDENTIALS, folder)
        return outcome, dict(services.org.chance_faults.counts)


def _leads(comparison: Comparison, chosen: Sequence[Strategy], tell: Tell) -> tuple[Preflight, Path]:
    """The leads as a file on the disk, whatever they were, and the check of them: one input for all strategies."""
    to = comparison.out / "leads.parquet"
    if isinstance(comparison.leads, Path):
        given = {"lead_id": comparison.lead_id, "phone": comparison.phone, "separator": comparison.separator}
        source = open_leads(comparison.leads, **given)
    else:
        tell(f"writing {quantity(comparison.leads, 'lead')}")
        made = SyntheticLeads(comparison.leads, comparison.seed)
        status().begin("writing leads", total=comparison.leads, unit="lead")
        write_csv(made, comparison.out / "leads.csv")
        source = open_leads(comparison.out / "leads.csv", lead_id=made.columns.lead_id, phone=made.columns.phone)
    imports, own_ids = any(one.may_skip for one in chosen), any(one.own_ids for one in chosen)
    preflight = check(source, to, dedupe=comparison.dedupe, imports=imports, own_ids=own_ids)
    for notice in preflight.notices:
        tell(notice)
    return preflight, to


def _require_outside(leads: int | Path, out: Path) -> None:
    if isinstance(leads, Path) and leads.resolve().is_relative_to(out.resolve()):
        raise UsageError("OUT_IN_USE", f"{leads} lies in {out}, which is replaced; name another folder with --out.")


def _line(entry: dict[str, Any]) -> str:
    verdict = "verified" if entry["verified"] else "NOT VERIFIED"
    return (
        f"{entry['strategy']}: {entry['mapped']:,} of {entry['leads']:,} mapped in {entry['duration_s']:.1f} s, "
        f"{quantity(entry['requests'], 'request')}, {verdict} (took {entry['wall_s']:.1f} s here)"
    )
