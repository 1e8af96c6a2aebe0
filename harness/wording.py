"""Text as people read and write it: counts, numbers of leads, and addresses without their passwords."""

import re
import unicodedata
from decimal import Decimal
from pathlib import Path

from .errors import InputBad


def quantity(number: int, noun: str, plural: str = "") -> str:
    """ "1 list", "20,000 leads". Give `plural` where it is not the noun with an s, or where a verb follows:
    `quantity(n, "lead is", "leads are")`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


PASSWORD = re.compile(r"(?<=://)([^\s/@:]*):\S*@|(password=)[^\s&'\"]*", re.IGNORECASE)


def redact_passwords(text: str) -> str:
    """`text` with the password of every address in it masked."""
    return PASSWORD.sub(lambda found: f"{found[2]}***" if found[2] else f"{found[1]}:***@", text)


GROUPED = re.compile(r"-?\d{1,3}(?:([,_' ’])\d{3})(?:\1\d{3})*")  # thousands, all separated by the same sign
PLAIN = re.compile(r"(-?\d+(?:_\d+)*(?:\.\d+)?)(?:e(\d{1,2})|\s?([km]))?")
TIMES = {"k": 1_000, "m": 1_000_000, None: 1}
MOST = 10**12  # more than any org holds
EXAMPLES = "such as 1500000, 1.5M or 20k"
FILES = (".csv", ".parquet", ".xlsx")


def count_of(text: str) -> int:
    """The number that `text` writes: 1500000, 1.5M, 1_500_000, 1,500,000, 1 500 000, 20k, 1e6.

    Raises ValueError, with a message for the user, for what is not a whole number or is ambiguous.
    """
    written = unicodedata.normalize("NFKC", str(text)).strip().lower()
    if GROUPED.fullmatch(written):
        count = Decimal(re.sub(r"[^\d-]", "", written))
    elif found := PLAIN.fullmatch(written):
        count = Decimal(found[1].replace("_", "")) * 10 ** int(found[2] or 0) * TIMES[found[3]]
    else:
        raise ValueError(f"{text} is not a number, {EXAMPLES}")
    if count != int(count) or (re.fullmatch(r"\d{1,3}\.\d{3}", written)):
        raise ValueError(f"{text} is not a whole number, {EXAMPLES}")
    if count > MOST:
        raise ValueError(f"{text} is more than any org can hold")
    return int(count)


def leads_of(text: str) -> int | Path:
    """The number of leads to invent, or the file that holds them. Raises InputBad for anything else."""
    try:
        if (count := count_of(text)) >= 0:
            return count
    except ValueError:
        pass
    path = Path(text)
    if path.suffix.lower() in FILES or path.exists():
        return path
    raise InputBad("INPUT_BAD", f"{text} is neither a number of leads ({EXAMPLES}) nor a file; check the name.")
