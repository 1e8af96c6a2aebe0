"""The rejects file: which rows were left out and why, for the person who will correct them."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.domain import Reject
from harness.files.atomic import atomic_file
from harness.leads.source import LeadSource

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
