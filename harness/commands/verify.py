"""`contactbench verify`: the proof of a finished upload once more, from its files and the org as they are now."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..client.asyncio_driver import open_driver
from ..client.oauth import Session
from ..client.org_safety import OrgOptions
from ..errors import RunError, StateError, VerifyFailed
from ..journal import Journal
from ..journal.open_journal import has_journal, open_journal
from ..mapping.copy_mapping import checked_manifest
from ..mapping.verify import ProofFindings, compare_exports
from ..runs.asyncio_runner import Runner
from ..runs.resolve_target import target_of_run
from ..runs.run import stored_job
from ..status import status
from ..strategies.export import export_verification
from ..strategies.job import Stage
from ..wording import quantity

WORKERS = 4


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
    files, job = stored_job(folder, journal)
    target, credentials = target_of_run(facts["host"], facts.get("org", ""), aim)
    async with open_driver(target, journal, folder / "verify.csv", WORKERS) as driver:
        runner = Runner(driver, Session(credentials, driver.context.now), WORKERS, seed=0)
        status().begin("proving", total=len(journal.shards()), unit="list")
        await runner.run(Stage("verification", export_verification(job).flows))
    status().begin("comparing with the mapping")
    return compare_exports(files, journal.shards())
