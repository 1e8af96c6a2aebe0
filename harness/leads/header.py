"""Checks the header before any row is read; compares and shows text whose characters may be invisible."""

import re
import unicodedata
from collections.abc import Sequence

from harness.domain import LeadColumns
from harness.errors import InputBad

# Format characters and fillers that have no width or look blank; without white space and control characters.
ZERO_WIDTH = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_ZERO_WIDTH = re.compile(ZERO_WIDTH)
_BLANK = re.compile(rf"(?:[\s\x00-\x1f\x7f-\x9f]|{ZERO_WIDTH})*")
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_NAMES = {"\t": "a tab", "\n": "a line end", "\r": "a line end", "\ufeff": "a byte order mark"}


def is_blank(text: str) -> bool:
    """Whether a person would see nothing."""
    return _BLANK.fullmatch(text) is not None


def fold(text: str) -> str:
    """`text` for a comparison that ignores case, outer blanks, invisible characters and the composition of accents."""
    if text.isascii():
        return text.lower().strip()
    text = _WIDE_SPACE.sub(" ", _ZERO_WIDTH.sub("", text)).casefold()
    return unicodedata.normalize("NFC", text).strip()


def quote_visibly(text: str) -> str:
    """`text` in quotes, with invisible characters escaped and named."""
    odd = {sign: sign_name(sign) for sign in text if not sign.isprintable() or _ZERO_WIDTH.match(sign)}
    escaped = "".join(f"\\u{ord(sign):04x}" if sign in odd else sign for sign in text)
    if text != text.strip(" "):
        odd[" "] = "a space at its edge"
    return f"'{escaped}' ({', '.join(odd.values())})" if odd else f"'{text}'"


def sign_name(sign: str) -> str:
    """A character in words, with its article."""
    name = unicodedata.name(sign, "").lower()
    return _NAMES.get(sign) or (f"a {name}" if name else f"the control character U+{ord(sign):04X}")


# Source: https://help.mypurecloud.com/articles/create-new-contact-list/ and /articles/csv-files, undated.
MAX_COLUMNS = 50
MAX_HEADER_CHARACTERS = 128
# Source: the same articles refuse "special characters such as a backslash". Assumption: so are quotes and control
# characters, since neither survives every way of writing CSV.
FORBIDDEN_IN_NAME = {"\\": "a backslash", '"': "a quote"}
# Columns that an export adds to those of the list. Source: headers of exports in public third-party code. Assumption:
# columns for e-mail and WhatsApp are named like those for calls and SMS.
ADDED_BY_EXPORTS = re.compile(
    r"inin-outbound-id|contactcallable|zipcodeautomatictimezone|contactableby[a-z]+(-.*)?"
    r"|(callrecordlast|smslast|emaillast|whatsapplast)[a-z]+-.*|(callable|automatictimezone)-.*"
)
MOST_DIGITS_IN_A_NAME = 4  # "Address 2", "Balance 2026"


def checked_columns(where: str, names: Sequence[str], *, lead_id: str, phone: str) -> LeadColumns:
    """The columns of an input; `where` is the beginning of an error message. Raises InputBad."""
    missing = _missing(names, lead_id, "Lead ID") or _missing(names, phone, "phone")
    problem = missing if any(map(_is_data, names)) else ""  # then no message may repeat a cell
    if problem := problem or _header_problem(names) or missing:
        raise InputBad("INPUT_BAD", f"{where}: {problem}")
    return LeadColumns(names=tuple(names), lead_id=lead_id, phone=phone)


def _header_problem(names: Sequence[str]) -> str:
    if len(names) > MAX_COLUMNS:
        return f"{len(names)} columns, a contact list takes at most {MAX_COLUMNS}; leave some out"
    for number, name in enumerate(names, 1):
        if problem := _name_problem(name):
            return f"column {number} {problem}"
    return _twins(names)


def _name_problem(name: str) -> str:
    if is_blank(name):
        return "has no name; name it or remove it"
    if len(name) > MAX_HEADER_CHARACTERS:
        return f"has a name of {len(name)} characters, at most {MAX_HEADER_CHARACTERS} are taken; shorten it"
    for sign in name:
        if sign in FORBIDDEN_IN_NAME or ord(sign) < ord(" ") or "\x7f" <= sign < "\xa0":
            what = FORBIDDEN_IN_NAME.get(sign) or sign_name(sign)
            return f"has {what} in its name, which a contact list does not take; rename it"
    if ADDED_BY_EXPORTS.fullmatch(fold(name)):
        return f"{name.strip()} is one that Genesys adds to an export; leave it out, or rename it"
    return ""


def _twins(names: Sequence[str]) -> str:
    """Two columns that the platform or DuckDB would treat as one. Both ignore case; the rest is not documented."""
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        first = seen.setdefault(fold(name), number)
        if first == number:
            continue
        if names[first - 1] == name:
            return f"column {name!r} is there twice, as column {first} and {number}; rename or remove one"
        both = f"columns {first} {quote_visibly(names[first - 1])} and {number} {quote_visibly(name)}"
        return f"{both} differ only in case, blanks or accents, and are taken for one; rename or remove one"
    return ""


def _missing(names: Sequence[str], wanted: str, what: str) -> str:
    if wanted in names:
        return ""
    if any(map(_is_data, names)):  # a first row of data holds personal data, which is not shown
        return f"no {what} column {wanted!r}, and the first line looks like data; the header must come first"
    alike = [(number, name) for number, name in enumerate(names, 1) if fold(name) == fold(wanted)]
    if alike:
        there = f"column {alike[0][0]} is {quote_visibly(alike[0][1])}"
        return f"no {what} column {quote_visibly(wanted)}, but {there}; correct the header, or the option"
    there = ", ".join(name if quote_visibly(name) == f"'{name}'" else quote_visibly(name) for name in names)
    return f"no {what} column {quote_visibly(wanted)}; name one of these, in the same upper and lower case: {there}"


def _is_data(name: str) -> bool:
    """Whether a header's cell looks like an address or a number."""
    return "@" in name or sum(sign.isdigit() for sign in name) > MOST_DIGITS_IN_A_NAME
