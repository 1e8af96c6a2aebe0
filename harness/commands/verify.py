"""`contactbench verify`: the proof of a finished upload once more, from its files and the org as they are now."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..client.asyncio_driver import open_driver
from ..client.oauth import Session
from ..client.org_safety import OrgOptions
from ..domain import LeadColumns, Leads
from ..errors import RunError, StateError, VerifyFailed
from ..journal.journal import Journal
from ..journal.open_journal import has_journal, open_journal
from ..mapping.copy_mapping import checked_manifest
from ..mapping.files import RunFiles
from ..mapping.verify import ProofFindings, compare_exports
from ..runs.asyncio_runner import Runner
from ..runs.resolve_target import target_of_run
from ..status import status
from ..strategies.export import export_verification
from ..strategies.job import Job, Settings, Stage
from ..wording import quantity

WORKERS = 4


@dataclass(frozen=True, slots=True)
class _OnlyColumns:
    """Stands for the input, which a proof does not need: the run's files say which leads there were."""

    columns: LeadColumns

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        yield from ()


def verify(folder: Path, aim: OrgOptions, tell: Callable[[str], None], url: str = "") -> dict[str, Any]:
    """Counts of what is amiss, and whether nothing is. Raises RunError when it cannot be told."""
    manifest = checked_manifest(folder)
    if not has_journal(folder):
        raise StateError("NO_STATE", f"{folder} has no journal; only the folder of an upload can be verified.")
    with open_journal(folder, url) as journal:
        tell(f"exporting {quantity(len(journal.shards()), 'list')} of {journal.facts()['host']}")
        findings = asyncio.run(_compare_with_org(folder, journal, aim))
    return {"run": str(folder), "rows": manifest["rows"], "verified": findings.is_clean, **asdict(findings)}


def complaint(document: dict[str, Any]) -> RunError:
    """What a caller has to be told beside a document whose counts are not all 0."""
    counts = ", ".join(
        f"{document[field.name]} {field.name}" for field in fields(ProofFindings) if document[field.name]
    )
    return VerifyFailed("VERIFY_FAILED", f"{document['run']}: {counts}; the org is not what mapping.csv says any more.")


async def _compare_with_org(folder: Path, journal: Journal, aim: OrgOptions) -> ProofFindings:
    facts = journal.facts()
    columns = LeadColumns(names=(facts["lead_id"], facts["phone"]), lead_id=facts["lead_id"], phone=facts["phone"])
    source = _OnlyColumns(columns)
    files = RunFiles(folder, source, folder / "leads.parquet")
    settings = Settings.for_target("org" if facts.get("org") else "local")
    job = Job(leads=source, progress=journal, files=files, settings=settings)
    target, credentials = target_of_run(facts["host"], facts.get("org", ""), aim)
    async with open_driver(target, journal, folder / "verify.csv", WORKERS) as driver:
        runner = Runner(driver, Session(credentials, driver.context.now), WORKERS, seed=0)
        status().begin("proving", total=len(journal.shards()), unit="list")
        await runner.run(Stage("verification", export_verification(job).flows))
    status().begin("comparing with the mapping")
    return compare_exports(files, journal.shards())
