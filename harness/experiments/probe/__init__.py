"""`contactbench probe`: ask an org what the documentation leaves open, with a few contacts in lists of its own.

Each answer is an observation with the correlation ids that show it, and the settings of a profile that it decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import experiments, simulator
from ...api import BadResponse, Refusal
from ...client.oauth import Credentials
from ...client.org_safety import RunCaps
from ...client.target import Target
from ...status import status
from .. import Lab, write_profile
from . import contacts, csv_jobs, lists, platform
from .checks import Finding, Probe, ProbeCheck

MOST_CONTACTS = 2_000
MOST_REQUESTS = 1_500

CHECKS: Sequence[ProbeCheck] = (
    platform.window, platform.scope, platform.uploads,
    contacts.own_ids, contacts.empty_id, contacts.id_length, contacts.id_alphabet,
    contacts.answer_order, contacts.one_bad_contact, contacts.body_bytes,
    contacts.contacts_per_bulk_get, contacts.contacts_per_delete,
    contacts.unknown_columns, contacts.missing_columns, contacts.update, contacts.trimming, contacts.value_length,
    lists.by_id, lists.by_search, lists.by_size,
    csv_jobs.invalid_rows, csv_jobs.small_imports, csv_jobs.trimming,
    csv_jobs.export,
    lists.page_past_the_end, lists.page_size, lists.name_length, lists.column_names, lists.column_count,
    lists.answers, lists.unknown_division,
    platform.form_credentials, platform.query_logins, platform.token_lifetime, platform.bulk_jobs, platform.dnc,
    contacts.contacts_per_post,  # the most expensive one last
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOrder:
    target: Target
    credentials: Credentials
    folder: Path
    run_id: str
    caps: RunCaps
    date: str  # for the profile's sources
    to: Path | None = None  # a profile of what was found
    questions: Sequence[ProbeCheck] = CHECKS
    consistency_wait_s: float = 5.0  # Source: Genesys asks to wait that long after a change of a list


async def run_probe(probe: ProbeOrder, tell: Callable[[str], None]) -> dict[str, Any]:
    """The observations as a document; the org is left as it was. Raises RunError where the org cannot be asked."""
    async with experiments.open_lab(
        probe.folder, probe.target, probe.credentials, purpose="probe", run_id=probe.run_id, caps=probe.caps
    ) as opened:
        seen: list[Finding] = []
        for number, question in enumerate(probe.questions, 1):
            status().begin(f"question {number} of {len(probe.questions)}, {_name(question)}")
            for observation in await _run_check(question, opened, probe.consistency_wait_s):
                tell(f"{observation.question} {observation.observed}")
                seen.append(observation)
    settings = {name: value for observation in seen for name, value in observation.settings.items()}
    if probe.to is not None:
        write_profile(probe.to, settings, f"probe of {probe.target.api} on {probe.date}, run {probe.run_id}")
    return {
        "run": str(probe.folder),
        "host": probe.target.api,
        "observations": [
            {
                "question": one.question,
                "observed": one.observed,
                "settings": dict(one.settings),
                "evidence": list(one.evidence),
            }
            for one in seen
        ],
        "settings": settings,
        "not_asked": simulator.not_probed(),
    }


async def _run_check(question: ProbeCheck, opened: Lab, consistency_wait_s: float) -> list[Finding]:
    """An answer of an unforeseen form is reported as such; the other checks still run."""
    probe = Probe(opened, consistency_wait_s)
    try:
        return await opened.run(question(probe))
    except (Refusal, BadResponse) as trouble:
        return [probe.finding(f"About {_name(question)}:", f"it could not be asked: {trouble}")]


def _name(question: ProbeCheck) -> str:
    return question.__name__.replace("_", " ")
