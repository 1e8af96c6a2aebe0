"""What a header must be before a single row is read."""

from collections import Counter
from collections.abc import Sequence

from harness.domain import LeadColumns
from harness.errors import InputBad

# Source: https://help.mypurecloud.com/articles/create-new-contact-list/ and /articles/csv-files, undated.
MAX_COLUMNS = 50
MAX_HEADER_CHARACTERS = 128
FORBIDDEN_IN_HEADER = "\\"
MOST_DIGITS_IN_A_NAME = 4  # "Address 2", "Balance 2026"


def checked_columns(where: str, names: Sequence[str], *, lead_id: str, phone: str) -> LeadColumns:
    """The columns of an input; `where` is what a complaint begins with. Raises InputBad."""
    trouble = _first_trouble(names) or _missing(names, lead_id, "Lead ID") or _missing(names, phone, "phone")
    if trouble:
        raise InputBad("INPUT_BAD", f"{where}: {trouble}")
    return LeadColumns(names=tuple(names), lead_id=lead_id, phone=phone)


def _first_trouble(names: Sequence[str]) -> str:
    if len(names) > MAX_COLUMNS:
        return f"{len(names)} columns, a contact list takes at most {MAX_COLUMNS}; leave some out"
    for number, name in enumerate(names, 1):
        if trouble := _name_trouble(name):
            return f"column {number} {trouble}"
    doubled = [name for name, times in Counter(names).items() if times > 1]
    return f"column {doubled[0]!r} is there twice; rename or remove one" if doubled else ""


def _name_trouble(name: str) -> str:
    if not name.strip():
        return "has no name; name it or remove it"
    if len(name) > MAX_HEADER_CHARACTERS:
        return f"has a name of {len(name)} characters, at most {MAX_HEADER_CHARACTERS} are taken; shorten it"
    if any(sign in name for sign in FORBIDDEN_IN_HEADER):
        return "has a backslash in its name, which an import does not take; rename it"
    return ""


def _missing(names: Sequence[str], wanted: str, what: str) -> str:
    if wanted in names:
        return ""
    if any(map(_is_data, names)):  # a first row of data: it is somebody's, and not for a screen
        return f"no {what} column {wanted!r}, and the first line looks like data; the header must come first"
    there = ", ".join(names)
    return f"no {what} column {wanted!r}; name one of these, in the same upper and lower case: {there}"


def _is_data(name: str) -> bool:
    """Whether a header's cell is rather an address or a number."""
    return "@" in name or sum(sign.isdigit() for sign in name) > MOST_DIGITS_IN_A_NAME
