"""What is true of a run that calls itself verified, asked of the org's own store and of the files.

Nothing of the harness that made them is used, so a fault of its own cannot hide.
"""

import csv
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from mockserver.services import Services

Key = tuple[str, str]  # contact id, contact list id
Cells = dict[str, str]


def complaints(services: Services, folder: Path, leads: Mapping[str, Cells], lead_id: str) -> list[str]:
    """What is amiss with the upload of `leads` in `folder`; the org must hold no other lists."""
    mapping, rejects = table(folder / "mapping.csv"), table(folder / "rejects.csv")
    stored = contacts(services)
    mapped = {(row["contact_id"], row["contact_list_id"]): row["lead_id"] for row in mapping}
    return [
        *_each_lead_once(leads, [row["lead_id"] for row in [*mapping, *rejects]]),
        *_contacts_hold_their_leads(stored, mapped, leads, lead_id),
        *_one_contact_a_lead(stored, lead_id),
        *_counted("C4: contacts that the mapping does not know", stored.keys() - mapped.keys()),
        *_manifest_fits(folder, len(mapping)),
    ]


def table(path: Path) -> list[Cells]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def contacts(services: Services) -> dict[Key, Cells]:
    """Every contact the org holds now, imports under way included as far as they have come."""
    services.advance_to_now()
    org = services.org
    found: dict[Key, Cells] = {}
    for contact_list in org.store.contact_lists():
        ids, rows, *_ = org.store.snapshot(contact_list.id)
        found |= {(id_, contact_list.id): json.loads(row) for id_, row in zip(ids, rows, strict=True) if row}
    return found


def _each_lead_once(leads: Mapping[str, Cells], told: Sequence[str]) -> Iterator[str]:
    times = Counter(told)
    yield from _counted("C1: leads in neither mapping nor rejects", leads.keys() - times.keys())
    yield from _counted("C1: leads that are not in the input", times.keys() - leads.keys())
    yield from _counted("C1: leads told twice", {lead_id for lead_id, count in times.items() if count > 1})


def _contacts_hold_their_leads(
    stored: Mapping[Key, Cells], mapped: Mapping[Key, str], leads: Mapping[str, Cells], lead_id: str
) -> Iterator[str]:
    there = mapped.keys() & stored.keys()
    yield from _counted("C2: mapped contacts that do not exist", mapped.keys() - stored.keys())
    yield from _counted("C2: contacts of another lead", {key for key in there if stored[key][lead_id] != mapped[key]})
    yield from _counted(
        "C5: contacts with other values", {key for key in there if stored[key] != leads.get(mapped[key])}
    )


def _one_contact_a_lead(stored: Mapping[Key, Cells], lead_id: str) -> Iterator[str]:
    times = Counter(data[lead_id] for data in stored.values())
    yield from _counted("C3: leads with more than one contact", {lead for lead, count in times.items() if count > 1})


def _manifest_fits(folder: Path, rows: int) -> Iterator[str]:
    manifest = json.loads((folder / "mapping.manifest.json").read_text())
    digest = sha256((folder / "mapping.csv").read_bytes()).hexdigest()
    if (manifest["rows"], manifest["sha256"], manifest["verified"]) != (rows, digest, True):
        yield "C6: the manifest does not fit the mapping"


def _counted(what: str, found: Collection[object]) -> Iterator[str]:
    if found:
        yield f"{what}: {len(found)}"
