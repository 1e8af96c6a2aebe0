"""An uploaded CSV as contacts, or the platform's complaint about it. Pure but for reading the file.

Which codes refuse a whole file and which skip one record is not documented. Assumption: those about the header, the
columns and the encoding refuse the file; those about one record skip it and leave an event, or refuse the file too if
the profile says `invalid_rows = "fail"`. Codes: SDK 269.0.0 models/event_message.py. Rules: help.mypurecloud.com,
articles/csv-files and create-new-contact-list.

Speed: a chunk of records is checked as a whole with a few C-speed scans; only a chunk that fails one of them is looked
at record by record.
"""

import asyncio
import csv
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader, TextIOWrapper
from itertools import islice
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from mockserver.contacts import rows
from mockserver.ids import new_ids
from mockserver.imports.retention_columns import RetentionReader
from mockserver.imports.upload_request import NO_RETENTION, ListUpload, RetentionColumns
from mockserver.model import ContactList
from mockserver.operations.files import CSV
from mockserver.profile import PlatformLimits, Semantics
from mockserver.storage import row_codec

CHUNK_RECORDS = 1_000
EVENTS_KEPT = 1_000
_UNPARSABLE = "IMPORT_COULD_NOT_PARSE_AN_ENTRY"
_LINE_BYTES = 1 << 20
_CELL_CHARS = 1_000_000
# How the csv module says that a quote is not closed, or not within its limit for a cell.
_UNCLOSED = ("unexpected end of data", "field larger than field limit")
_PADDING = " \t"  # Assumption: what `trimWhitespace` removes at both ends of a cell

Record = list[str]


class RefusedFileError(Exception):
    """The whole file is refused; `code` becomes the import's failure reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Chunk(NamedTuple):
    ids: list[str]
    rows: list[bytes]
    attributes: Mapping[str, bytes] = MappingProxyType({})  # by contact id, of the contacts that bring any


class Event(NamedTuple):
    record: int  # the header is 1, as is its line if no cell spans lines
    code: str


@dataclass(slots=True)
class Report:
    """What became of the records: all of them, and those skipped. The first 1,000 events are kept, all are counted."""

    records: int = 0
    events: list[Event] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def skip(self, record: int, code: str) -> None:
        self.counts[code] += 1
        if len(self.events) < EVENTS_KEPT:
            self.events.append(Event(record, code))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """What a file is checked against. `contact_id_name` is the column that holds the contacts' ids, or empty."""

    contact_list: ContactList
    limits: PlatformLimits
    semantics: Semantics
    contact_id_name: str = ""
    retention: RetentionColumns = NO_RETENTION
    now: float = 0.0  # what retention counts from


def read_chunks(path: Path, rules: FileRules, rng: random.Random, report: Report) -> Iterator[Chunk]:
    """The accepted records in order, some 1,000 at a time. Raises RefusedFileError, possibly after the first chunks.

    Duplicate ids stay in: stored in order, the last one wins (assumption). A byte order mark is accepted, as exports
    carry one (assumption).
    """
    with text_of(path) as file:
        reader = csv.reader(file, strict=True)
        columns = _Columns(_read_header(reader, rules), rules)
        last: Record = columns.header
        for first, records in batches(reader, rules.semantics, report):
            last = records[-1]
            yield columns.accept(first, records, rng, report)
    if not any(last):
        # The documentation says that blank rows at the end "can" fail an import. Assumption: they do.
        raise RefusedFileError("IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS")


def text_of(path: Path) -> TextIOWrapper:
    """An uploaded file as text. Lines end with LF or CRLF (documented): a lone CR outside quotes cannot be parsed."""
    csv.field_size_limit(max(_CELL_CHARS, csv.field_size_limit()))  # one setting a process: never lower another's
    return TextIOWrapper(_BoundedLines(path.open("rb", buffering=0)), encoding="utf-8-sig", newline="\n")


class _BoundedLines(BufferedReader):
    """A file whose lines are short enough to be held. A line of megabytes refuses the file (assumption)."""

    _without_end = 0

    def read1(self, size: int = -1, /) -> bytes:
        block = super().read1(size)
        self._without_end = 0 if b"\n" in block else self._without_end + len(block)
        if self._without_end > _LINE_BYTES:
            raise RefusedFileError(_UNPARSABLE)
        return block


def has_own_ids(rules: FileRules) -> bool:
    return bool(rules.contact_id_name) and rules.semantics.own_ids == "accept"


def _read_header(reader: Iterator[Record], rules: FileRules) -> Record:
    try:
        header = next(reader, [])
    except csv.Error:
        raise RefusedFileError("IMPORT_FAILED_TO_READ_HEADERS") from None
    except UnicodeDecodeError as error:
        # Text is decoded by the block: what is wrong may be further down.
        in_header = b"\n" not in error.object[: error.start]
        raise RefusedFileError("IMPORT_FAILED_TO_READ_HEADERS" if in_header else _UNPARSABLE) from None
    header = [name.strip(_PADDING) for name in header] if rules.contact_list.trim_whitespace else header
    header = _with_list_spelling(header, rules)
    for refused, code in _header_checks(header, rules):
        if refused:
            raise RefusedFileError(code)
    return header


def _with_list_spelling(header: Record, rules: FileRules) -> Record:
    """The header as the list spells its columns, where the org does not look at case."""
    if rules.semantics.column_case == "exact":
        return header
    names = [*rules.retention.column_names, *rules.contact_list.column_names]
    by_case = {name.casefold(): name for name in names}
    return [name if name in names else by_case.get(name.casefold(), name) for name in header]


def _header_checks(header: Record, rules: FileRules) -> Iterator[tuple[bool, str]]:
    limits, names = rules.limits, set(header)
    yield not header, "IMPORT_FAILED_TO_READ_HEADERS"
    yield not any(header), "IMPORT_NO_COLUMNS_DEFINED"
    # Seen when an export is imported as it is: its system columns count. Source: Terraform provider, PR 1898.
    yield len(header) > limits.columns_per_list, "CONTACT_COLUMNS_LIMIT_EXCEEDED"
    yield max(map(len, header), default=0) > limits.column_name_chars, "IMPORT_COLUMN_EXCEEDS_LENGTH_LIMIT"
    # Assumption: duplicate names refuse the file (documented) with this code (not documented).
    yield len(names) < len(header), "IMPORT_FAILED_TO_READ_HEADERS"
    yield not names.issuperset(rules.contact_list.column_names), "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"
    yield bool(rules.contact_id_name) and rules.contact_id_name not in names, "IMPORT_MISSING_CUSTOM_ID"
    yield not names.issuperset(rules.retention.column_names), "IMPORT_COLUMNS_DO_NOT_EXIST_ON_LIST"  # Assumption


def batches(reader: Iterator[Record], semantics: Semantics, report: Report) -> Iterator[tuple[int, list[Record]]]:
    """Records that follow each other without a parsing error, with the number of the first."""
    while True:
        first = report.records + 2
        records, unparsable = _next_records(reader)
        report.records += len(records) + unparsable
        if records:
            yield first, records
        if unparsable:
            skip(report, semantics, first + len(records), _UNPARSABLE)
        elif not records:
            return


def _next_records(reader: Iterator[Record]) -> tuple[list[Record], bool]:
    """Up to a chunk of records, and whether one that cannot be parsed follows them."""
    records: list[Record] = []
    try:
        records.extend(islice(reader, CHUNK_RECORDS))  # what came before an error stays in the list
    except csv.Error as error:
        if str(error).startswith(_UNCLOSED):
            # Assumption: thousands of records may stand behind a quote that is not closed. They are not skipped as one.
            raise RefusedFileError(_UNPARSABLE) from None
        return records, True
    except UnicodeDecodeError:
        # Assumption: the documentation wants UTF-8 and names no code for anything else.
        raise RefusedFileError(_UNPARSABLE) from None
    return records, False


def skip(report: Report, semantics: Semantics, record: int, code: str) -> None:
    """Note that a record is passed over, or refuse the file, as the profile says."""
    if semantics.invalid_rows == "fail":
        raise RefusedFileError(code)
    report.skip(record, code)


class _Columns:
    """How this file's records become the list's rows: which cells, in which order, and which one is the id."""

    def __init__(self, header: Record, rules: FileRules) -> None:
        wanted = rules.contact_list.column_names
        self.header = header
        self._rules = rules
        self._pick = _picker([header.index(name) for name in wanted], len(header))
        self._encode = row_codec.encoder(wanted)
        # The longest encoded row whose cells cannot be too long, whatever it holds.
        self._surely_short = len(self._encode([[""] * len(wanted)])[0]) + rules.limits.cell_chars
        self._checks = [(header.index(name), check) for name, check in rows.checks(rules.contact_list).items()]
        self._id_at = header.index(rules.contact_id_name) if has_own_ids(rules) else None
        self._id_pattern = re.compile(rules.limits.contact_id_pattern or "(?s:.*)")
        self._retention = _retention_reader(header, rules)

    def accept(self, first: int, records: list[Record], rng: random.Random, report: Report) -> Chunk:
        """The records that are in order; `first` is the number of the first."""
        rows = self._rows_if_all_in_order(records)
        if rows is None:
            records = list(self._in_order(first, records, report))
            rows = self._encode(map(self._pick, records))
        ids = new_ids(rng, len(rows)) if self._id_at is None else [record[self._id_at] for record in records]
        if self._retention is None:
            return Chunk(ids, rows)
        carried = zip(ids, map(self._retention.attributes, records), strict=True)
        return Chunk(ids, rows, {id_: attributes for id_, attributes in carried if attributes is not None})

    def _rows_if_all_in_order(self, records: list[Record]) -> list[bytes] | None:
        """The encoded rows if no record needs a closer look."""
        if {len(self.header)} != set(map(len, records)) or not self._ids_in_order(records):
            return None
        rows = self._encode(map(self._pick, records))
        if max(map(len, rows)) > self._surely_short and any(self._too_long(record) for record in records):
            return None
        if self._rules.contact_list.trim_whitespace and _may_be_padded(b"".join(rows)):
            return None
        if self._checks and any(map(self._data_complaint, records)):
            return None
        if self._retention and any(map(self._retention.complaint, records)):
            return None
        return rows

    def _ids_in_order(self, records: list[Record]) -> bool:
        if self._id_at is None:
            return True
        ids = list(map(itemgetter(self._id_at), records))
        limit = self._rules.limits.contact_id_chars
        # The pattern is one character class, so it holds for all ids if it holds for all of them joined.
        in_order = all(ids) and max(map(len, ids)) <= limit and self._id_pattern.fullmatch("".join(ids))
        return bool(in_order) and ids == [contact_id.strip(_PADDING) for contact_id in ids]

    def _in_order(self, first: int, records: list[Record], report: Report) -> Iterator[Record]:
        trim = self._rules.contact_list.trim_whitespace
        for number, record in enumerate(records, first):
            cells = [cell.strip(_PADDING) for cell in record] if trim else record
            if code := self._complaint(cells):
                skip(report, self._rules.semantics, number, code)
            else:
                yield cells

    def _complaint(self, record: Record) -> str | None:
        if len(record) != len(self.header):
            return "IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS"
        if self._too_long(record):
            return "IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT"
        of_id = None if self._id_at is None else self._id_complaint(record[self._id_at])
        of_retention = self._retention.complaint(record) if self._retention else None
        return of_id or self._data_complaint(record) or of_retention

    def _data_complaint(self, record: Record) -> str | None:
        found = (check(record[at]) for at, check in self._checks)
        return next((rows.event_code(complaint) for complaint in found if complaint is not None), None)

    def _id_complaint(self, contact_id: str) -> str | None:
        if not contact_id:
            return "IMPORT_MISSING_CUSTOM_ID"
        too_long = len(contact_id) > self._rules.limits.contact_id_chars
        return "IMPORT_INVALID_CUSTOM_ID" if too_long or not self._id_pattern.fullmatch(contact_id) else None

    def _too_long(self, record: Record) -> bool:
        """Whether a cell of the list's columns has too many characters (assumption: code points)."""
        return max(map(len, self._pick(record))) > self._rules.limits.cell_chars


def _may_be_padded(rows: bytes) -> bool:
    """Whether a cell of these encoded rows begins or ends with a space, or has a tab anywhere. Quotes inside cells have
    a backslash before them; to look for one alone is quick."""
    return b' "' in rows or b'":" ' in rows or (b"\\" in rows and b"\\t" in rows)


def _retention_reader(header: Record, rules: FileRules) -> RetentionReader | None:
    if not rules.retention.column_names:
        return None
    return RetentionReader(header, rules.retention, rules.now, rules.contact_list.time_zone)


def _picker(places: list[int], width: int) -> Callable[[Record], Sequence[str]]:
    """A function from a record to its cells at `places`."""
    if places == list(range(width)):
        return _as_is
    if len(places) == 1:
        return lambda record: [record[places[0]]]
    return itemgetter(*places)


def _as_is(record: Record) -> Sequence[str]:
    return record


# An uploaded file, read completely: what an import then brings into a list row by row.


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file after reading: its accepted rows, or why there are none."""

    ids: list[str] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    own_ids: bool = False
    report: Report = field(default_factory=Report)
    refused: str | None = None
    attributes: Mapping[str, bytes] = field(default_factory=dict)  # by contact id: what came in retention columns
    clears_system_data: bool = False  # of contacts that exist


async def read_file(path: Path, rules: FileRules, rng: random.Random, upload: ListUpload) -> ReadFile:
    """The whole file. Others are served in between."""
    if upload.content_type != CSV:
        # Spreadsheets are not imitated. Assumption: one that the platform cannot read fails with this code.
        return ReadFile(refused="IMPORT_FAILED_TO_READ_HEADERS")
    ids: list[str] = []
    rows: list[bytes] = []
    attributes: dict[str, bytes] = {}
    report = Report()
    try:
        for chunk in read_chunks(path, rules, rng, report):
            ids += chunk.ids
            rows += chunk.rows
            attributes.update(chunk.attributes)
            await asyncio.sleep(0)
    except RefusedFileError as error:
        return ReadFile(report=report, refused=error.code)
    return ReadFile(
        ids=ids,
        rows=rows,
        own_ids=has_own_ids(rules),
        report=report,
        attributes=attributes,
        clears_system_data=upload.clears_system_data,
    )
