"""What became of the months, as a table and as `months.json`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..mapping.files import write_json
from .months import MEANING, Mode, Months, PreparedMonth

MONTHS_FILE = "months.json"
CONTACTS_PER_ORG = 5_000_000  # Source: help.mypurecloud.com/articles/create-new-contact-list


@dataclass(frozen=True, slots=True)
class MonthResult:
    """The words of `contactbench estimate --monthly`, and what was measured."""

    month: int
    leads: int
    leads_new: int
    leads_sent: int
    duration_s: float
    requests: int
    verified: bool
    contacts_in_org: int
    excluded: int  # Lead IDs in the DNC list
    fails: str = ""


def of_month(months: Months, month: PreparedMonth, fails: str, *, excludes: bool) -> MonthResult:
    """What the month's run has left, or why there is none."""
    path = months.folder(month.number) / "run.json"
    document: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else {"strategies": []}
    entries = document["strategies"]
    return MonthResult(
        month=month.number,
        leads=month.leads,
        leads_new=month.new,
        leads_sent=sum(entry["leads"] for entry in entries),
        duration_s=round(sum(entry["duration_s"] for entry in entries), 3),
        requests=sum(entry["requests"] for entry in entries),
        verified=not fails and all(entry["verified"] for entry in entries),
        contacts_in_org=months.contacts_in_org(month.number),
        excluded=len(month.gone) if excludes else 0,
        fails=fails,
    )


def write_months(folder: Path, mode: Mode, strategy: str, rows: list[MonthResult]) -> Path:
    document = {"mode": mode, "meaning": MEANING[mode], "strategy": strategy, "months": [asdict(row) for row in rows]}
    write_json(folder / MONTHS_FILE, document)
    return folder / MONTHS_FILE


def table(mode: Mode, rows: list[MonthResult]) -> str:
    """For the last screen. What is left of the org's cap is that of an org with nothing else in it."""
    heads = ("month", "leads", "new", "sent", "seconds", "requests", "in the org", "of the cap", "excluded", "")
    lines = [f"{mode}: {MEANING[mode]}", _line(heads)]
    for row in rows:
        share = f"{row.contacts_in_org / CONTACTS_PER_ORG:.1%}"
        counts = (row.month, row.leads, row.leads_new, row.leads_sent, f"{row.duration_s:,.1f}", row.requests)
        lines.append(_line((*counts, row.contacts_in_org, share, row.excluded, row.fails or _verdict(row))))
    return "\n".join(lines)


def _verdict(row: MonthResult) -> str:
    return "proved" if row.verified else "not proved"


def _line(cells: tuple[Any, ...]) -> str:
    *figures, words = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells)
    return "".join(f"{figure:>11}" for figure in figures) + f"  {words}"
