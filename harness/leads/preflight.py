"""The check before a run: every row is read once, and who is a lead is settled for good."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from harness.domain import LeadId, Reject
from harness.errors import InputBad
from harness.files.atomic import atomic_file, private_folder
from harness.leads.duplicates import Keep, LeadTable, lead_table
from harness.leads.header import fold
from harness.leads.oddities import Oddities
from harness.leads.rows import OTHER_HEADER, RowRules, ids_of
from harness.leads.shard_csv import csv_text
from harness.leads.source import LeadSource

from ..status import status
from ..wording import quantity

# The rejects file: which rows were left out and why, for the person who will correct them.


HEADER = ("line", "code", "message", "lead_id")
# A spreadsheet takes such a cell for a formula. Source: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_rejects(rejects: Sequence[Reject], path: Path, source: LeadSource | None = None) -> None:
    """Write `path` (0600), whole or not at all: the rejects by line, those of no known line first.

    With a `source`, each row of the input follows as it was, but for an apostrophe before what a spreadsheet would
    take for a formula. That is personal data; without a source only Lead IDs are written.
    """
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(harmless, [*HEADER, *(source.columns.names if source else ())]))
        writer.writerows(_rows(rejects, source))


def reasons(rejects: Iterable[Reject]) -> str:
    """How many leads were left out for which reason, the most frequent first; the words are those of the first."""
    first: dict[str, str] = {}
    counts = Counter(reject.code for reject in rejects if first.setdefault(reject.code, reject.message))
    return ", ".join(f"{count:,} {code}: {first[code]}" for code, count in counts.most_common())


def harmless(cell: str) -> str:
    """`cell` as a spreadsheet shows it without running it."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _rows(rejects: Iterable[Reject], source: LeadSource | None) -> Iterator[list[Any]]:
    ordered = sorted(rejects, key=lambda reject: reject.line)
    originals = _originals({reject.line for reject in ordered}, source)
    for reject in ordered:
        told = (reject.code, reject.message, reject.lead_id, *originals.get(reject.line, ()))
        yield [reject.line, *map(harmless, told)]


def _originals(lines: set[int], source: LeadSource | None) -> dict[int, list[str]]:
    """The cells of the wanted lines."""
    if source is None or lines <= {0}:
        return {}
    return {line: cells for line, cells in source.read() if line in lines}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What the check found. `source` reads exactly the leads that were accepted, in the order of their positions."""

    leads: int  # accepted
    rows: int  # accepted or rejected
    digest: str
    source: LeadSource
    rejects: list[Reject] = field(repr=False)
    notices: list[str]


def check(
    source: LeadSource,
    to: Path,
    *,
    id_limit: int | None = None,
    dedupe: Keep | None = None,
    imports: bool = False,
    own_ids: bool = False,
) -> Preflight:
    """Read all of `source` and write `to`: Parquet, (position, line, lead_id) of every accepted lead, by position.

    Rows that are no leads become rejects; `id_limit` is the most characters a Lead ID may have. Lead IDs that occur
    twice raise InputBad, unless `dedupe` says which row to keep; so do those that do not survive an import, for who
    `imports`. The same input gives the same answer.
    """
    status().begin("checking the input", unit="row")
    digest = source.digest  # first, since it finds what is not text
    read_as = source.notices
    rules = RowRules(columns=source.columns, id_limit=id_limit)
    with private_folder(to) as folder:
        scanned = folder / "scanned.csv"
        rejects, notices = _scan(source, rules, scanned)
        with lead_table(scanned, folder) as table, atomic_file(to) as temporary:
            doubled = _duplicate_rejects(source.name, table, dedupe)
            notices = [*read_as, *notices, *_notices(table)]
            notices += _contact_ids(table, source.name, imports=imports, own_ids=own_ids)
            leads = table.write(temporary)
    _require_unchanged(source)
    if rejects and not leads:
        raise InputBad("NO_LEADS", f"{source.name}: not one row is a lead ({reasons(rejects)}); nothing was sent")
    accepted = source.accepting(replace(rules, left_out=frozenset(reject.line for reject in doubled)))
    rejects = sorted([*rejects, *doubled], key=lambda reject: reject.line)
    if rejects:
        notices.append(f"{quantity(len(rejects), 'row')} will be left out ({reasons(rejects)})")
    rows = leads + len(rejects)
    return Preflight(leads=leads, rows=rows, digest=digest, source=accepted, rejects=rejects, notices=notices)


def _scan(source: LeadSource, rules: RowRules, scanned: Path) -> tuple[list[Reject], list[str]]:
    """Write line, Lead ID and folded Lead ID of every lead; the other rows, and what of the leads looks spoiled."""
    rejects: list[Reject] = []
    odd_ids, odd_phones = Oddities("Lead ID"), Oddities("phone number")
    phone_of = itemgetter(rules.columns.names.index(rules.columns.phone))
    with scanned.open("w", encoding="utf-8", newline="") as file:
        for block in source.blocks():
            leads, others = rules.split(block)
            status().advance(len(block.rows))
            ids = ids_of(leads.rows, rules.columns)
            file.write(csv_text((list(map(str, leads.lines)), ids, _fold_all(ids))))
            odd_ids.look(leads.lines, ids)
            odd_phones.look(leads.lines, list(map(phone_of, leads.rows)))
            rejects += others
            _require_one_header(others, source.name)
    without, line = odd_phones.empty
    told = [f"{quantity(without, 'lead has', 'leads have')} no phone (first: line {line})"]
    return rejects, [*odd_ids.notices(), *odd_phones.notices(), *(told if without else [])]


def _require_one_header(rejects: Sequence[Reject], name: str) -> None:
    for reject in rejects:
        if reject.code == OTHER_HEADER:
            told = "names the columns again, but not as the first line does, so what follows would be misread"
            raise InputBad("INPUT_BAD", f"{name}:{reject.line}: {told}; give each part in a file of its own")


def _fold_all(ids: Sequence[LeadId]) -> Sequence[str]:
    """Each Lead ID as `folded` makes it; many at once where all are ASCII."""
    together = "\n".join(ids)
    if together.isascii() and together.count("\n") == len(ids) - 1:
        return list(map(str.strip, together.lower().split("\n")))
    return list(map(fold, ids))


def _duplicate_rejects(name: str, table: LeadTable, dedupe: Keep | None) -> list[Reject]:
    count, lines = table.repeated_ids()
    if not count:
        return []
    if dedupe is None:
        first = ", ".join(map(str, lines))
        advice = "correct the file, or keep one row of each with --dedupe first|last"
        if rounded := table.rounded_ids():
            looks = f"{quantity(rounded, 'Lead ID')} that a spreadsheet seems to have rounded, as 3.0012E+11"
            advice = f"among them {looks}: they may be different leads, so save the ids as text and write the file anew"
        raise InputBad("DUPLICATE_LEADS", f"n={count}, first: lines {first} of {name}; {advice}")
    return [
        Reject(
            lead_id=lead_id, line=line, code="DUPLICATE_LEAD", message=f"same Lead ID as line {kept}, which was kept"
        )
        for line, lead_id, kept in table.drop_doubled(dedupe)
    ]


def _notices(table: LeadTable) -> list[str]:
    """What is allowed here but may be a trap in the org."""
    count, lines = table.alike()
    if not count:
        return []
    differ = f"{quantity(count, 'Lead ID differs', 'Lead IDs differ')} from another one only in outer spaces, case,"
    where = f"composed accents or invisible signs (first: lines {' and '.join(map(str, lines))})"
    return [f"{differ} {where}; an org that ignores these would merge them"]


def _contact_ids(table: LeadTable, name: str, *, imports: bool, own_ids: bool) -> list[str]:
    """Lead IDs that an import changes, or that an org may not take for ids of contacts."""
    notices = []
    spaced, line = table.spaced_ids()
    if spaced:
        begins = quantity(spaced, "Lead ID begins or ends", "Lead IDs begin or end")
        told = f"{begins} with a space (first: line {line})"
        if imports:
            advice = "an import trims them, so they would be lost from the mapping: correct the file, or use batch-api"
            raise InputBad("LEAD_ID_TRIMMED", f"{name}: {told}; {advice}")
        notices.append(f"{told}; a contact list trims them unless told not to")
    unfit = table.unfit_as_contact_ids() if own_ids else 0
    if unfit:
        told = f"{quantity(unfit, 'Lead ID holds', 'Lead IDs hold')} spaces or other signs that ids of contacts may not"
        notices.append(f"{told} have; an org may refuse them: then use csv-import-export or batch-api")
    return notices


def _require_unchanged(source: LeadSource) -> None:
    if not source.is_unchanged():
        raise InputBad("INPUT_BAD", f"{source.name}: changed while it was read; wait until it is complete")
