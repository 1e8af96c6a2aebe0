"""An uploaded CSV as entries of a DNC list, or the platform's complaint about it. Pure but for reading the file.

Which codes refuse a whole file and which skip a record is not documented; assumption: as for contact lists, see
`csv_rows.py`. Codes: SDK 269.0.0 models/event_message.py.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mockserver.dnc.rules import EntryKind, is_too_far, minute_in, minute_of, normal
from mockserver.imports.csv_rows import Record, RefusedFileError, Report, batches, skip, text_of
from mockserver.profile import PlatformLimits, Semantics

_INVALID: dict[EntryKind, str] = {
    "phone": "IMPORT_INVALID_PHONE_NUMBERS",
    "whatsapp": "IMPORT_INVALID_PHONE_NUMBERS",
    "email": "IMPORT_INVALID_EMAIL_ADDRESSES",
    "custom": "IMPORT_INVALID_DATA",
}


class Columns(NamedTuple):
    """Which columns of the file hold entries, and which one their expiration, if any."""

    entries: Sequence[tuple[EntryKind, str]]
    expiration: str = ""


@dataclass(slots=True)
class EntriesOfKind:
    """Entries of one kind in the order of the file, and the minutes they expire, 0 if never."""

    values: list[str] = field(default_factory=list)
    expires: list[int] = field(default_factory=list)


EntriesByKind = dict[EntryKind, EntriesOfKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class DncFileRules:
    columns: Columns
    limits: PlatformLimits
    semantics: Semantics
    now: float


def read_entries(path: Path, rules: DncFileRules, report: Report, found: EntriesByKind) -> Iterator[None]:
    """Add the file's entries to `found`, some 1,000 records a step. Raises RefusedFileError, possibly after some."""
    with text_of(path) as file:
        reader = csv.reader(file, strict=True)
        read = _record_reader(_header(reader, rules), rules)
        for first, records in batches(reader, rules.semantics, report):
            for number, record in enumerate(records, first):
                if code := read(record, found):
                    skip(report, rules.semantics, number, code)
            yield


def _header(reader: Iterator[Record], rules: DncFileRules) -> Record:
    try:
        header = next(reader, [])
    except (csv.Error, UnicodeDecodeError):
        raise RefusedFileError("IMPORT_FAILED_TO_READ_HEADERS") from None
    wanted = {name for _, name in rules.columns.entries} | ({rules.columns.expiration} - {""})
    for refused, code in (
        (not header or len(set(header)) < len(header), "IMPORT_FAILED_TO_READ_HEADERS"),
        (not any(header), "IMPORT_NO_COLUMNS_DEFINED"),
        (len(header) > rules.limits.columns_per_list, "IMPORT_TOO_MANY_COLUMNS"),
        (not wanted.issubset(header), "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"),
    ):
        if refused:
            raise RefusedFileError(code)
    return header


def _record_reader(header: Record, rules: DncFileRules) -> Callable[[Record, EntriesByKind], str | None]:
    """A function that adds one record's entries, or says why it has none."""
    places = [(kind, header.index(name)) for kind, name in rules.columns.entries]
    expires_at = header.index(rules.columns.expiration) if rules.columns.expiration else None
    width, limits = len(header), rules.limits

    def read(record: Record, found: EntriesByKind) -> str | None:
        if len(record) != width:
            return "IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS"
        sent = [(kind, record[place]) for kind, place in places if record[place].strip()]
        kept = [(kind, normal(kind, value.strip(), limits)) for kind, value in sent]
        minute, code = (0, None) if expires_at is None else _expiry(record[expires_at].strip(), rules)
        code = code or next((_INVALID[kind] for kind, value in kept if value is None), None)
        if code or not kept:
            return code or "IMPORT_INVALID_DATA"
        for kind, value in kept:
            of_kind = found.setdefault(kind, EntriesOfKind())
            of_kind.values.append(value or "")
            of_kind.expires.append(minute)
        return None

    return read


def _expiry(text: str, rules: DncFileRules) -> tuple[int, str | None]:
    """The minute in a cell, 0 for an empty one, and the complaint about it if there is one."""
    if not text:
        return 0, None
    minute = minute_in(text)
    past = minute is not None and minute <= minute_of(rules.now)
    if minute is None or (past and rules.semantics.dnc_past_expiration == "reject"):
        return 0, "IMPORT_INVALID_EXPIRATION_DATE"
    if is_too_far(minute, rules.now, rules.limits):
        return 0, "IMPORT_EXPIRATION_DATE_EXCEEDS_MAX_DAYS"
    return minute, None
