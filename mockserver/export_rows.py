"""A contact list as the CSV the platform exports.

Header, order and byte order mark as seen in real exports (public third-party code and samples); LF, and quotes around
every cell, are assumptions. Nobody is ever dialled here, so the columns of call and message records are empty.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from . import row_codec
from .model import ContactList
from .profile import Semantics

CHUNK_ROWS = 5_000
_LIST_COLUMNS = (
    "ContactCallable",
    "ContactableByVoice",
    "ContactableBySms",
    "ContactableByEmail",
    "ZipCodeAutomaticTimeZone",
)
_PHONE_COLUMNS = (
    "CallRecordLastAttempt",
    "CallRecordLastResult",
    "CallRecordLastAgentWrapup",
    "SmsLastAttempt",
    "SmsLastResult",
    "Callable",
    "ContactableByVoice",
    "ContactableBySms",
    "AutomaticTimeZone",
)


class _Callable(msgspec.Struct):
    callable: bool = True


class _Attributes(msgspec.Struct, rename="camel"):
    """What the export shows of a contact's attributes. Field names: SDK 269.0.0 models/dialer_contact.py."""

    callable: bool = True
    phone_number_status: dict[str, _Callable] = {}


def export_header(contact_list: ContactList) -> bytes:
    """The byte order mark and the first line: id, the list's columns, 5 of the list, 9 of each phone column."""
    phones = (f"{name}-{phone.column_name}" for phone in contact_list.phone_columns for name in _PHONE_COLUMNS)
    names = ["inin-outbound-id", *contact_list.column_names, *_LIST_COLUMNS, *phones]
    return b"\xef\xbb\xbf" + f"{_quoted(names)}\n".encode()


def export_lines(
    contact_list: ContactList,
    ids: Sequence[str],
    rows: Sequence[bytes],
    semantics: Semantics,
    attributes: Mapping[str, bytes] | None = None,
) -> Iterator[bytes]:
    """The lines of these contacts, some 5,000 at a time. `attributes` are those of the few contacts that have any."""
    decode = row_codec.decoder(contact_list.column_names)
    untouched = _system_cells(contact_list, _Attributes(), semantics)
    special = {
        contact_id: _system_cells(contact_list, msgspec.json.decode(raw, type=_Attributes), semantics)
        for contact_id, raw in (attributes or {}).items()
    }
    for start in range(0, len(ids), CHUNK_ROWS):
        part = ids[start : start + CHUNK_ROWS]
        contacts = zip(part, decode(rows[start : start + CHUNK_ROWS]), strict=True)
        lines = [f"{_quoted((id_, *cells))},{special.get(id_, untouched)}\n" for id_, cells in contacts]
        yield "".join(lines).encode()


def _system_cells(contact_list: ContactList, attributes: _Attributes, semantics: Semantics) -> str:
    """The end of a contact's line. Assumption: who is callable is contactable by voice and SMS as well."""
    yes, no = ("1", "0") if semantics.callable_format == "1" else ("true", "false")
    whole = yes if attributes.callable else no
    cells = [whole, whole, whole, whole, ""]
    for phone in contact_list.phone_columns:
        status = attributes.phone_number_status.get(phone.column_name)
        one = no if status and not status.callable else yes
        cells += ["", "", "", "", "", one, one, one, ""]
    return _quoted(cells)


def _quoted(cells: Sequence[str]) -> str:
    text = '","'.join(cells)
    if text.count('"') != 2 * len(cells) - 2:  # a quote inside a cell
        text = '","'.join(cell.replace('"', '""') for cell in cells)
    return f'"{text}"'
