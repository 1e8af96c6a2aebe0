"""What is true of a finished upload, asked of the mock's own store and of the files: nothing of the harness is used."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from .processes import Mock

LEAD_ID = "Lead ID"
PAGE = 100_000


def complaints(mock: Mock, run: Path, leads: Path) -> list[str]:
    """What is amiss with the upload of `leads` in the folder `run`; the mock must hold no other lists."""
    wanted = {row[LEAD_ID]: row for row in table(leads)}
    mapping, rejects = table(run / "mapping.csv"), table(run / "rejects.csv")
    stored = {(contact_id, list_id): data for contact_id, list_id, data in contacts(mock)}
    mapped = {(row["contact_id"], row["contact_list_id"]): row["lead_id"] for row in mapping}
    return [
        *_each_lead_once(wanted, mapping, rejects),
        *_contacts_hold_their_leads(stored, mapped, wanted),
        *_one_contact_a_lead(stored),
        *_counted("C4", "orphaned", stored.keys() - mapped.keys()),
        *_manifest_fits(run, len(mapping)),
    ]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def contacts(mock: Mock) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(contact id, list id, data) of every contact the org holds."""
    for contact_list in mock.get("/state")["lists"]:
        for offset in range(0, contact_list["size"], PAGE):
            for contact in mock.get("/contacts", list=contact_list["id"], offset=offset, limit=PAGE):
                yield contact["id"], contact_list["id"], contact["data"]


def _each_lead_once(
    wanted: dict[str, dict[str, str]], mapping: list[dict[str, str]], rejects: list[dict[str, str]]
) -> Iterator[str]:
    """C1: every lead is in exactly one of mapping and rejects."""
    told = Counter(row["lead_id"] for row in [*mapping, *rejects])
    yield from _counted("C1", "in neither mapping nor rejects", wanted.keys() - told.keys())
    yield from _counted("C1", "not in the input", told.keys() - wanted.keys())
    yield from _counted("C1", "told twice", {lead_id for lead_id, times in told.items() if times > 1})


def _contacts_hold_their_leads(
    stored: dict[tuple[str, str], dict[str, str]],
    mapped: dict[tuple[str, str], str],
    wanted: dict[str, dict[str, str]],
) -> Iterator[str]:
    """C2, C5: each mapped contact exists, says the lead's id and has every value of the input."""
    yield from _counted("C2", "mapped, but lost", mapped.keys() - stored.keys())
    there = {key: lead_id for key, lead_id in mapped.items() if key in stored}
    yield from _counted("C2", "of another lead", {key for key in there if stored[key].get(LEAD_ID) != there[key]})
    yield from _counted("C5", "with other values", {key for key in there if stored[key] != wanted.get(there[key])})


def _one_contact_a_lead(stored: dict[tuple[str, str], dict[str, str]]) -> Iterator[str]:
    """C3: over all lists, no lead has two contacts."""
    times = Counter(data.get(LEAD_ID, "") for data in stored.values())
    yield from _counted("C3", "doubled", {lead_id for lead_id, count in times.items() if count > 1})


def _manifest_fits(run: Path, rows: int) -> Iterator[str]:
    """C6: the manifest speaks of this very mapping."""
    manifest = json.loads((run / "mapping.manifest.json").read_text())
    if manifest["rows"] != rows:
        yield f"C6: the manifest says {manifest['rows']} rows, there are {rows}"
    if manifest["sha256"] != sha256((run / "mapping.csv").read_bytes()).hexdigest():
        yield "C6: the manifest has another sha256"


def _counted(check: str, what: str, found: object) -> Iterator[str]:
    if found:
        yield f"{check}: {len(found)} {what}"  # type: ignore[arg-type]
