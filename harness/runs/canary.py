"""A few leads first, loaded like the rest, proved and removed: an org that behaves differently costs ten contacts.

Each canary is a run of its own in a folder of its own, so that it goes through what the rest goes through, whatever the
strategy, and none of its contacts is left among those of the run.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ..client.oauth import Credentials, Session, login
from ..client.org_safety import CANARIES
from ..client.request_context import NullJournal
from ..client.retry import RetryPolicy, with_retries
from ..client.target import Target
from ..errors import SafetyStop, StateError, VerifyFailed
from ..files.atomic import own_folder
from ..files.regular_file import NO_JSON
from ..flow import adrive
from ..leads.preflight import check
from ..leads.shard_csv import write_upload
from ..leads.source import open_leads
from ..mapping.files import write_json
from .run import Outcome, RunPlan
from .run_document import complaint, strategy_entry

FOLDER, EVIDENCE = "canary", "proved.json"
SPARE = 20  # a twentieth more than the leads: repeats count too


@dataclass(frozen=True, slots=True)
class Means:
    """How a run is carried through in a folder, and how what it made is removed again."""

    load: Callable[[RunPlan, Target, Path], Outcome]
    remove: Callable[[Path], None]


class Evidence(msgspec.Struct):
    """What a canary has shown, of which strategy in which org, and how many contacts that took."""

    strategy: str
    org: str
    leads: int
    contacts: int


def prove(plan: RunPlan, target: Target, folder: Path, means: Means) -> int:
    """Contacts that the canaries took; those that were proved before are not sent again. Raises RunError."""
    return sum(
        (_read_evidence(place, plan, target) or _prove_one(size, place, plan, target, means)).contacts
        for size, place in _places(plan, folder)
    )


def require_proved(plan: RunPlan, target: Target, folder: Path) -> None:
    """Raises SafetyStop where a command that sends no canaries would load an untested org."""
    for size, place in _places(plan, folder):
        if _read_evidence(place, plan, target) is None:
            raise SafetyStop(
                "NO_CANARY",
                f"{folder} has no canary of {size:,} leads that was proved for {plan.strategy.name} in org"
                f" {target.org_id}; `contactbench upload --target org --run {folder}` sends them first.",
            )


def for_the_rest(plan: RunPlan, target: Target, spent: int) -> Target:
    """`target`, on terms that count what the canaries took. Raises SafetyStop where the rest would go beyond them."""
    terms, leads = target.terms, plan.preflight.leads
    if terms is None or terms.max_contacts is None:
        return target
    if leads + spent > terms.max_contacts:
        enough = leads + spent + leads // SPARE
        raise SafetyStop(
            "RUN_CAP",
            f"canaries of {spent:,} contacts are proved and removed; all {leads:,} leads are more than the"
            f" {terms.max_contacts:,} contacts that this run may send. Add --max-contacts {enough} if they are meant.",
        )
    return replace(target, terms=replace(terms, max_contacts=terms.max_contacts - spent))


def folders(folder: Path) -> list[Path]:
    """Where canaries of a run were."""
    return sorted((folder / FOLDER).glob("*"))


def _places(plan: RunPlan, folder: Path) -> Iterator[tuple[int, Path]]:
    """The canaries of a run: those that are fewer leads than it has itself."""
    return ((size, folder / FOLDER / str(size)) for size in CANARIES if size < plan.preflight.leads)


def _read_evidence(place: Path, plan: RunPlan, target: Target) -> Evidence | None:
    """What was proved there. Raises StateError where it was another strategy, or another org."""
    path = place / EVIDENCE
    if not path.exists():
        return None
    try:
        known = msgspec.json.decode(path.read_bytes(), type=Evidence)
    except NO_JSON:
        raise StateError("STATE_CORRUPT", f"{path} cannot be read; remove {place} and run again.") from None
    if (known.strategy, known.org) != (plan.strategy.name, target.org_id.lower()):
        raise StateError(
            "STATE_MISMATCH", f"{place} is of {known.strategy} in org {known.org}; name another run folder."
        )
    return known


def _prove_one(size: int, place: Path, plan: RunPlan, target: Target, means: Means) -> Evidence:
    own_folder(place)
    rows = place / "leads.csv"
    try:
        write_upload(plan.preflight.source, rows, 0, size)
        outcome = means.load(_small(plan, size, rows, place), target, place)
    finally:
        rows.unlink(missing_ok=True)  # personal data that has served
    _require_agreement(outcome, size)
    means.remove(place)
    shown = Evidence(plan.strategy.name, target.org_id.lower(), size, outcome.context.caps.contacts_sent)
    write_json(place / EVIDENCE, shown)
    return shown


def _small(plan: RunPlan, size: int, rows: Path, place: Path) -> RunPlan:
    """The same plan for the first leads alone. Its contacts are meant to be there a second time for a moment."""
    columns = plan.preflight.source.columns
    checked = place / f"leads-{os.getpid()}.parquet"
    return replace(
        plan,
        preflight=check(open_leads(rows, lead_id=columns.lead_id, phone=columns.phone), checked),
        leads=place / "leads.parquet",
        checked=checked,
        run_id=f"{plan.run_id} canary {size}",
        lists=None,
        again=True,
        journal="",
    )


def _require_agreement(outcome: Outcome, size: int) -> None:
    """Raises VerifyFailed unless every contact is what it should be. Leads that the platform rejects are no harm."""
    problem = complaint({"strategies": [strategy_entry(outcome, ".")]})
    if isinstance(problem, VerifyFailed):
        raise VerifyFailed(problem.code, f"canary of {size:,} leads, nothing else was sent: {problem}")
    if not outcome.mapped:
        raise VerifyFailed("VERIFY_FAILED", f"canary of {size:,} leads: the org took none of them; see rejects.csv.")


async def verify_org_identity(target: Target, credentials: Credentials, requests: Path) -> None:
    """Raises RunError unless the credentials are good, and those of the org that is meant. Writes nothing to it."""
    from ..client.asyncio_driver import open_driver  # an HTTP client takes a while to load

    async with open_driver(target, NullJournal(), requests, 1) as driver:
        session = Session(credentials, driver.context.now)
        await adrive(with_retries(login(session), RetryPolicy(), random.Random(0)), driver)
