"""What is true of a finished upload, asked of the contacts that the org holds and of the files of the run.

Nothing of the harness that made them is used, so a fault of its own cannot hide.
"""

import csv
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from mockserver.services import Services

LEAD_ID = "Lead ID"

Cells = dict[str, str]
Contact = tuple[str, str, Cells]  # contact id, list id, data
Key = tuple[str, str]  # contact id, list id


def complaints(contacts: Iterable[Contact], run: Path, leads: Path, *, verified: bool = True) -> list[str]:
    """What is amiss with the upload of the file `leads` in the folder `run`; the org must hold no other contacts.

    `verified`: whether the run has to say that it was.
    """
    wanted = {row[LEAD_ID]: row for row in table(leads)}
    mapping, rejects = table(run / "mapping.csv"), table(run / "rejects.csv")
    stored = {(contact_id, list_id): data for contact_id, list_id, data in contacts}
    mapped = {(row["contact_id"], row["contact_list_id"]): row["lead_id"] for row in mapping}
    return [
        *_each_lead_once(wanted, [row["lead_id"] for row in [*mapping, *rejects]]),
        *_contacts_hold_their_leads(stored, mapped, wanted),
        *_one_contact_a_lead(stored),
        *_counted("C4", "orphaned", stored.keys() - mapped.keys()),
        *_manifest_fits(run, len(mapping), verified),
    ]


def table(path: Path) -> list[Cells]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def stored_contacts(services: Services) -> Iterator[Contact]:
    """Every contact an org of this process holds now, imports under way included as far as they have come."""
    services.advance_to_now()
    store = services.org.store
    for contact_list in store.contact_lists():
        ids, rows, *_ = store.snapshot(contact_list.id)
        yield from ((id_, contact_list.id, json.loads(row)) for id_, row in zip(ids, rows, strict=True) if row)


def _each_lead_once(wanted: dict[str, Cells], told: list[str]) -> Iterator[str]:
    """C1: every lead is in exactly one of mapping and rejects."""
    times = Counter(told)
    yield from _counted("C1", "in neither mapping nor rejects", wanted.keys() - times.keys())
    yield from _counted("C1", "not in the input", times.keys() - wanted.keys())
    yield from _counted("C1", "told twice", {lead_id for lead_id, count in times.items() if count > 1})


def _contacts_hold_their_leads(
    stored: dict[Key, Cells], mapped: dict[Key, str], wanted: dict[str, Cells]
) -> Iterator[str]:
    """C2, C5: each mapped contact exists, says the lead's id and has every value of the input."""
    yield from _counted("C2", "mapped, but lost", mapped.keys() - stored.keys())
    there = {key: lead_id for key, lead_id in mapped.items() if key in stored}
    yield from _counted("C2", "of another lead", {key for key in there if stored[key].get(LEAD_ID) != there[key]})
    yield from _counted("C5", "with other values", {key for key in there if stored[key] != wanted.get(there[key])})


def _one_contact_a_lead(stored: dict[Key, Cells]) -> Iterator[str]:
    """C3: over all lists, no lead has two contacts."""
    times = Counter(data.get(LEAD_ID, "") for data in stored.values())
    yield from _counted("C3", "doubled", {lead_id for lead_id, count in times.items() if count > 1})


def _manifest_fits(run: Path, rows: int, verified: bool) -> Iterator[str]:
    """C6: the manifest speaks of this very mapping, and says that it was verified, if it was."""
    manifest = json.loads((run / "mapping.manifest.json").read_text())
    if manifest["rows"] != rows:
        yield f"C6: the manifest says {manifest['rows']} rows, there are {rows}"
    if manifest["sha256"] != sha256((run / "mapping.csv").read_bytes()).hexdigest():
        yield "C6: the manifest has another sha256"
    if verified and manifest.get("verified") is not True:
        yield "C6: the manifest does not say that the mapping is verified"


def _counted(check: str, what: str, found: Collection[object]) -> Iterator[str]:
    if found:
        yield f"{check}: {len(found)} {what}"
