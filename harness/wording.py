"""Counts as people read them, for whatever prints."""

import re
import unicodedata
from decimal import Decimal
from pathlib import Path

from .errors import InputBad


def quantity(number: int, noun: str, plural: str = "") -> str:
    """ "1 list", "20,000 leads"; `plural` where it is not the noun and an s, or where a verb comes along:
    `counted(n, "lead is", "leads are")`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


# Addresses of databases as they may be told: without their passwords.


PASSWORD = re.compile(r"(?<=://)([^\s/@:]*):\S*@|(password=)[^\s&'\"]*", re.IGNORECASE)


def redact_passwords(text: str) -> str:
    """`text` with every password of an address in it left out."""
    return PASSWORD.sub(lambda found: f"{found[2]}***" if found[2] else f"{found[1]}:***@", text)


# How many, as people write it: 1500000, 1.5M, 1_500_000, 1,500,000, 1 500 000, 20k, 1e6. What could be two is none.


GROUPED = re.compile(r"-?\d{1,3}(?:([,_' ’])\d{3})(?:\1\d{3})*")  # thousands, parted by one and the same sign
PLAIN = re.compile(r"(-?\d+(?:_\d+)*(?:\.\d+)?)(?:e(\d{1,2})|\s?([km]))?")
TIMES = {"k": 1_000, "m": 1_000_000, None: 1}
MOST = 10**12  # more than any org holds
EXAMPLES = "such as 1500000, 1.5M or 20k"
FILES = (".csv", ".parquet", ".xlsx")


def count_of(text: str) -> int:
    """Raises ValueError, in words, for what is not a whole number or could be read in two ways."""
    said = unicodedata.normalize("NFKC", str(text)).strip().lower()
    if GROUPED.fullmatch(said):
        count = Decimal(re.sub(r"[^\d-]", "", said))
    elif found := PLAIN.fullmatch(said):
        count = Decimal(found[1].replace("_", "")) * 10 ** int(found[2] or 0) * TIMES[found[3]]
    else:
        raise ValueError(f"{text} is not a number, {EXAMPLES}")
    if count != int(count) or (re.fullmatch(r"\d{1,3}\.\d{3}", said)):
        raise ValueError(f"{text} is not a whole number, {EXAMPLES}")
    if count > MOST:
        raise ValueError(f"{text} is more than any org can hold")
    return int(count)


def leads_of(text: str) -> int | Path:
    """How many leads to invent, or the file that holds them. Raises InputBad for what is neither."""
    try:
        if (count := count_of(text)) >= 0:
            return count
    except ValueError:
        pass
    path = Path(text)
    if path.suffix.lower() in FILES or path.exists():
        return path
    raise InputBad("INPUT_BAD", f"{text} is neither a number of leads ({EXAMPLES}) nor a file; check the name.")
