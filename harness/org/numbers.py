"""Whether somebody could be called: numbers of leads that are not kept for fiction."""

import re

from ..domain import LeadReader
from ..errors import SafetyStop

# 555-0100 to 555-0199, with or without an area code. Source: North American Numbering Plan, numbers kept for fiction.
FICTIONAL = re.compile(r"1?(\d{3})?55501\d\d")
NOT_DIGITS = re.compile(r"\D+")
BLOCK = 10_000


def fictional(number: str) -> bool:
    digits = NOT_DIGITS.sub("", number)
    return not digits or FICTIONAL.fullmatch(digits) is not None


def require_fictional(source: LeadReader, name: str) -> None:
    """Raises SafetyStop at the first lead whose number could be dialled; the number itself is not told."""
    column = source.columns.names.index(source.columns.phone)
    for leads in source.batches(BLOCK):
        for place, row in enumerate(leads.rows):
            if not fictional(row[column]):
                raise SafetyStop(
                    "REAL_NUMBERS",
                    f"{name}: lead number {leads.first + place + 1} has a {source.columns.phone!r} that a campaign"
                    " could dial. Load invented leads (`contactbench leads`), or add --real-numbers if they are meant.",
                )
