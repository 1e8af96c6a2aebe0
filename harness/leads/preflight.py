"""The check before a run: every row is read once, and who is a lead is settled for good."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.domain import LeadId, Reject
from harness.errors import InputBad
from harness.leads.duplicates import Keep, LeadTable, lead_table
from harness.leads.private_file import private_folder, written
from harness.leads.rows import RowRules, ids_of
from harness.leads.shard_csv import csv_text
from harness.leads.source import LeadSource

from ..status import status
from ..wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What the check found. `source` reads exactly the leads that were accepted, in the order of their positions."""

    leads: int  # accepted
    rows: int  # accepted or rejected
    digest: str
    source: LeadSource
    rejects: list[Reject] = field(repr=False)
    notices: list[str]


def check(source: LeadSource, to: Path, *, id_limit: int | None = None, dedupe: Keep | None = None) -> Preflight:
    """Read all of `source` and write `to`: Parquet, (position, line, lead_id) of every accepted lead, by position.

    Rows that are no leads become rejects; `id_limit` is the most characters a Lead ID may have. Lead IDs that occur
    twice raise InputBad, unless `dedupe` says which row to keep. The same input gives the same answer.
    """
    status().begin("checking the input", unit="row")
    digest = source.digest  # first, since it finds what is not text
    read_as = source.notices
    rules = RowRules(columns=source.columns, id_limit=id_limit)
    with private_folder(to) as folder:
        scanned = folder / "scanned.csv"
        rejects = _scan(source, rules, scanned)
        with lead_table(scanned, folder) as table, written(to) as temporary:
            doubled = _doubled(source.name, table, dedupe)
            notices = [*read_as, *_notices(table)]
            leads = table.write(temporary)
    _require_unchanged(source)
    accepted = source.accepting(replace(rules, left_out=frozenset(reject.line for reject in doubled)))
    rejects = sorted([*rejects, *doubled], key=lambda reject: reject.line)
    rows = leads + len(rejects)
    return Preflight(leads=leads, rows=rows, digest=digest, source=accepted, rejects=rejects, notices=notices)


def _scan(source: LeadSource, rules: RowRules, scanned: Path) -> list[Reject]:
    """Write line, Lead ID and folded Lead ID of every lead; the other rows."""
    rejects: list[Reject] = []
    with scanned.open("w", encoding="utf-8", newline="") as file:
        for block in source.blocks():
            leads, others = rules.split(block)
            status().advance(len(block.rows))
            ids = ids_of(leads.rows, rules.columns)
            file.write(csv_text((list(map(str, leads.lines)), ids, _folded(ids))))
            rejects += others
    return rejects


def _folded(ids: Sequence[LeadId]) -> Sequence[str]:
    """Each Lead ID as a system sees it that ignores outer spaces, case and how accents are composed."""
    together = "\n".join(ids)
    if together.isascii() and together.count("\n") == len(ids) - 1:
        return list(map(str.strip, together.lower().split("\n")))
    return [unicodedata.normalize("NFC", lead_id).strip().casefold() for lead_id in ids]


def _doubled(name: str, table: LeadTable, dedupe: Keep | None) -> list[Reject]:
    count, lines = table.doubled()
    if not count:
        return []
    if dedupe is None:
        first = ", ".join(map(str, lines))
        advice = "correct the file, or keep one row of each with --dedupe first|last"
        raise InputBad("DUPLICATE_LEADS", f"n={count}, first: lines {first} of {name}; {advice}")
    return [
        Reject(
            lead_id=lead_id, line=line, code="DUPLICATE_LEAD", message=f"same Lead ID as line {kept}, which was kept"
        )
        for line, lead_id, kept in table.drop_doubled(dedupe)
    ]


def _notices(table: LeadTable) -> list[str]:
    """What is allowed here but may be a trap in the org."""
    notices = []
    count, lines = table.alike()
    if count:
        where = " and ".join(map(str, lines))
        differ = f"{counted(count, 'Lead ID differs', 'Lead IDs differ')} from another one only in outer spaces,"
        notices.append(
            f"{differ} case or composed accents (first: lines {where}); an org that ignores these would merge them"
        )
    if spaced := table.spaced():
        notices.append(
            f"{counted(spaced, 'Lead ID begins or ends', 'Lead IDs begin or end')} with a space; a contact list"
            " trims them unless told not to"
        )
    return notices


def _require_unchanged(source: LeadSource) -> None:
    if not source.unchanged():
        raise InputBad("INPUT_BAD", f"{source.name}: changed while it was read; wait until it is complete")
