"""The check before a run: every row is read once, and which rows are leads is decided for good.

The rejects file names the rows that were left out, and why, for the person who will correct them.
"""

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
from harness.files.spreadsheet_copy import twin_of, write_spreadsheet_copy
from harness.leads.duplicates import Keep, LeadTable, lead_table
from harness.leads.header import fold
from harness.leads.oddities import Oddities
from harness.leads.rows import OTHER_HEADER, RowRules, ids_of
from harness.leads.shard_csv import csv_text
from harness.leads.source import LeadSource

from ..status import status
from ..wording import quantity

HEADER = ("line", "code", "message", "lead_id")


def write_rejects(rejects: Sequence[Reject], path: Path, source: LeadSource | None = None) -> None:
    """Write the rejects to `path` (0600), completely or not at all: by line, those without a known line first.

    With a `source`, each reject is followed by its row of the input, exactly as it was, to be corrected and loaded.
    That is personal data; without a source only Lead IDs are written. Beside it lies a copy for spreadsheets.
    """
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER, *(source.columns.names if source else ())])
        writer.writerows(_rows(rejects, source))
    if rejects:
        write_spreadsheet_copy(path, twin_of(path))
    else:
        twin_of(path).unlink(missing_ok=True)


def reasons(rejects: Iterable[Reject]) -> str:
    """The number of rejects for each reason, the most frequent first, with the message of its first reject."""
    first: dict[str, str] = {}
    counts = Counter(reject.code for reject in rejects if first.setdefault(reject.code, reject.message))
    return ", ".join(f"{count:,} {code}: {first[code]}" for code, count in counts.most_common())


def _rows(rejects: Iterable[Reject], source: LeadSource | None) -> Iterator[list[Any]]:
    ordered = sorted(rejects, key=lambda reject: reject.line)
    originals = _originals({reject.line for reject in ordered}, source)
    for reject in ordered:
        yield [reject.line, reject.code, reject.message, reject.lead_id, *originals.get(reject.line, ())]


def _originals(lines: set[int], source: LeadSource | None) -> dict[int, list[str]]:
    """The cells of the wanted lines."""
    if source is None or lines <= {0}:
        return {}
    return {line: cells for line, cells in source.read() if line in lines}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The result of the check. `source` reads exactly the accepted leads, in the order of their positions."""

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

    Rows that are not leads become rejects; `id_limit` is the maximum number of characters in a Lead ID. Duplicate Lead
    IDs raise InputBad unless `dedupe` says which row to keep; with `imports`, so do Lead IDs that an import would
    change. The same input gives the same result.
    """
    status().begin("checking the input", unit="row")
    digest = source.digest  # first, since it finds files that are not text
    conversions = source.notices
    rules = RowRules(columns=source.columns, id_limit=id_limit)
    with private_folder(to) as folder:
        scanned = folder / "scanned.csv"
        rejects, notices = _scan(source, rules, scanned)
        with lead_table(scanned, folder) as table, atomic_file(to) as temporary:
            doubled = _duplicate_rejects(source.name, table, dedupe)
            notices = [*conversions, *notices, *_similar_id_notices(table)]
            notices += _contact_id_notices(table, source.name, imports=imports, own_ids=own_ids)
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
    """Write line, Lead ID and folded Lead ID of every lead. Returns the rejects, and notices on leads that look odd."""
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
    no_phone = [f"{quantity(without, 'lead has', 'leads have')} no phone (first: line {line})"]
    return rejects, [*odd_ids.notices(), *odd_phones.notices(), *(no_phone if without else [])]


def _require_one_header(rejects: Sequence[Reject], name: str) -> None:
    for reject in rejects:
        if reject.code == OTHER_HEADER:
            problem = "names the columns again, but not as the first line does, so what follows would be misread"
            raise InputBad("INPUT_BAD", f"{name}:{reject.line}: {problem}; give each part in a file of its own")


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
            rounding = f"{quantity(rounded, 'Lead ID')} that a spreadsheet seems to have rounded, as 3.0012E+11"
            advice = f"among them {rounding}: they may be different leads; save the ids as text and write the file anew"
        raise InputBad("DUPLICATE_LEADS", f"n={count}, first: lines {first} of {name}; {advice}")
    return [
        Reject(
            lead_id=lead_id, line=line, code="DUPLICATE_LEAD", message=f"same Lead ID as line {kept}, which was kept"
        )
        for line, lead_id, kept in table.drop_duplicates(dedupe)
    ]


def _similar_id_notices(table: LeadTable) -> list[str]:
    """Lead IDs that are distinct here but perhaps not in the org."""
    count, lines = table.similar_ids()
    if not count:
        return []
    differ = f"{quantity(count, 'Lead ID differs', 'Lead IDs differ')} from another one only in outer spaces, case,"
    where = f"composed accents or invisible signs (first: lines {' and '.join(map(str, lines))})"
    return [f"{differ} {where}; an org that ignores these would merge them"]


def _contact_id_notices(table: LeadTable, name: str, *, imports: bool, own_ids: bool) -> list[str]:
    """Lead IDs that an import changes, or that an org may not accept as contact ids. Raises InputBad for the former."""
    notices = []
    spaced, line = table.spaced_ids()
    if spaced:
        ids = quantity(spaced, "Lead ID begins or ends", "Lead IDs begin or end")
        problem = f"{ids} with a space (first: line {line})"
        if imports:
            advice = "an import trims them, so they would be lost from the mapping: correct the file, or use batch-api"
            raise InputBad("LEAD_ID_TRIMMED", f"{name}: {problem}; {advice}")
        notices.append(f"{problem}; a contact list trims them by default")
    unfit = table.unfit_as_contact_ids() if own_ids else 0
    if unfit:
        ids = quantity(unfit, "Lead ID holds", "Lead IDs hold")
        notices.append(
            f"{ids} spaces or other characters that contact ids may not have; an org may refuse them: then use"
            " csv-import-export or batch-api"
        )
    return notices


def _require_unchanged(source: LeadSource) -> None:
    if not source.is_unchanged():
        raise InputBad("INPUT_BAD", f"{source.name}: changed while it was read; wait until it is complete")
