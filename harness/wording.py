"""Text as people read and write it: counts, numbers of leads, addresses without passwords, a server's words."""

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


LONGEST_SERVER_TEXT = 200  # characters
# A number in any notation, long enough to be dialled. The first alternative keeps UUIDs, which are ids, whole.
DIALLED = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])|(\d(?:[\W_]{0,3}\d){6,})", re.IGNORECASE
)


def printable(text: str) -> str:
    """`text` on one line, without what a terminal obeys or nobody sees: control, format and private characters."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text)


def server_text(text: object, longest: int = LONGEST_SERVER_TEXT) -> str:
    """`text` that a server chose, fit to be shown and kept: printable, short, and without a number to dial."""
    plain = printable(str(text)[: 2 * longest]).strip()
    return DIALLED.sub(lambda found: re.sub(r"\d", "*", found[1]) if found[1] else found[0], plain)[:longest]


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
