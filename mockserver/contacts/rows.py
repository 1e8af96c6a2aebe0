"""A contact as it was sent becomes its id, the JSON object of its data, and the JSON object of its other attributes.

Most batches are plain: nothing but ids and data, all strings. A decoder generated for the list reads those, with all
checks, at the speed of C. Whatever it refuses is read again, contact by contact, by code that coerces where the
platform would and finds out what exactly is wrong.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from mockserver.clock import date_in
from mockserver.contacts.search import number_in
from mockserver.errors import ApiError, BadRequest, invalid_columns, missing_columns
from mockserver.http.body import malformed_body
from mockserver.model import ColumnDataType, ContactList
from mockserver.profile import PlatformLimits, Profile
from mockserver.state.contact_attributes import attributes_in
from mockserver.storage import Row, row_codec

_ZIP_CODE = re.compile(r"(?:[0-9]{5}(?:-?[0-9]{4})?)?")


class ContactBatch(NamedTuple):
    """Contacts in the order of the request."""

    ids: Sequence[str | None] | None  # what the client chose; None if it chose none at all
    rows: Sequence[Row]
    attributes: Mapping[int, bytes] = {}  # position -> JSON object
    problem: ApiError | None = None  # with the contact after these; nothing was read from there on
    is_complete: bool = False  # every row is known to have a cell for each column

    def first(self, count: int) -> "ContactBatch":
        """The first `count` contacts alone."""
        attributes = {at: value for at, value in self.attributes.items() if at < count}
        ids = None if self.ids is None else self.ids[:count]
        return self._replace(ids=ids, rows=self.rows[:count], attributes=attributes, problem=None)


class ParsedContact(NamedTuple):
    id: str | None
    row: Row
    attributes: bytes | None


class _Sent(msgspec.Struct, rename="camel", gc=False):
    data: dict[str, msgspec.Raw]
    id: str | None = None
    contact_list_id: str | None = None


class _Patch(msgspec.Struct, rename="camel", gc=False):
    data: dict[str, msgspec.Raw] = {}
    contact_list_id: str | None = None


_read_patch = msgspec.json.Decoder(_Patch).decode
_read_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_sent = msgspec.json.Decoder(_Sent).decode
_read_text = msgspec.json.Decoder(str).decode


class ContactForm:
    """How contacts of one list are read under one profile. Made once a list, used for every request."""

    def __init__(self, contact_list: ContactList, profile: Profile) -> None:
        self._list, self._profile = contact_list, profile
        self._limits, self._semantics = profile.limits, profile.semantics
        self._columns = frozenset(contact_list.column_names)
        self._named = self._columns if profile.semantics.unknown_columns == "reject" else None
        self._id_pattern = re.compile(profile.limits.contact_id_pattern or ".+", re.DOTALL)
        self._checks = checks(contact_list)
        self._plain_decoders = plain_decoders(contact_list, profile)

    def fits(self, contact_list: ContactList, profile: Profile) -> bool:
        return self._list is contact_list and self._profile is profile

    def batch(self, body: bytes) -> ContactBatch:
        """The contacts of a request. Raises BadRequest; if one of many may be bad, tells it in the result."""
        return self._plain_batch(body) or self._any_batch(body)

    def contact(self, body: bytes | msgspec.Raw) -> ParsedContact:
        """One contact. Raises BadRequest. Unknown fields are ignored (Assumption)."""
        try:
            sent, attributes = _read_sent(body), attributes_in(body, self._named)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise malformed_body() from error
        if sent.contact_list_id not in (None, self._list.id):
            raise malformed_body()  # Assumption: a contact of another list is refused
        return ParsedContact(self._own_id(sent.id), self._row(sent.data), attributes)

    def patch(self, body: bytes | msgspec.Raw) -> ParsedContact:
        """Parts of a contact that are to be changed; its id is not looked at. Raises BadRequest."""
        try:
            sent, attributes = _read_patch(body), attributes_in(body, self._named)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise malformed_body() from error
        if sent.contact_list_id not in (None, self._list.id):
            raise malformed_body()
        if self._named is not None and not self._named >= sent.data.keys():
            raise invalid_columns()
        return ParsedContact(None, self._checked_row(sent.data), attributes)

    def _plain_batch(self, body: bytes) -> ContactBatch | None:
        """The batch, if it is plain and right."""
        for decode, is_complete in self._plain_decoders:
            try:
                contacts = decode(body)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
            if not 0 < len(contacts) <= self._limits.contacts_per_post or not self._are_plain(contacts):
                return None
            rows = row_codec.encode_each([contact.data for contact in contacts])
            ids = self._own_ids([contact.id or None for contact in contacts])
            return ContactBatch(ids, rows, is_complete=is_complete)
        return None

    def _are_plain(self, contacts: Sequence[Any]) -> bool:
        """Whether they are for this list, with good ids, and say nothing about being callable that has to be stored."""
        ids = [contact.id for contact in contacts if contact.id is not None]
        said = {contact.callable for contact in contacts}
        return (
            {contact.contactListId for contact in contacts} <= {None, self._list.id}
            and said <= ({None} if ids else {None, True})
            and self._are_ids(ids)
        )

    def _any_batch(self, body: bytes) -> ContactBatch:
        try:
            array = _read_array(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise malformed_body() from error
        check_count(len(array), self._limits)
        contacts, problem = self._until_the_first_bad(array)
        attributes = {at: contact.attributes for at, contact in enumerate(contacts) if contact.attributes is not None}
        return ContactBatch(self._own_ids([c.id for c in contacts]), [c.row for c in contacts], attributes, problem)

    def _until_the_first_bad(self, array: Sequence[msgspec.Raw]) -> tuple[list[ParsedContact], ApiError | None]:
        contacts: list[ParsedContact] = []
        for sent in array:
            try:
                contacts.append(self.contact(sent))
            except ApiError as problem:
                if self._semantics.bad_batch == "reject":
                    raise
                return contacts, problem
        return contacts, None

    def _own_ids(self, ids: list[str | None]) -> list[str | None] | None:
        return ids if self._semantics.own_ids == "accept" and any(ids) else None

    def _are_ids(self, ids: Sequence[str]) -> bool:
        if self._semantics.own_ids == "ignore":
            return True
        longest = max(map(len, ids), default=0)
        # The pattern is one character class, so it holds for all ids if it holds for all of them joined.
        in_order = longest == 0 or self._id_pattern.fullmatch("".join(ids))
        may_be_empty = self._semantics.empty_ids == "none" or all(ids)
        return longest <= self._limits.contact_id_chars and bool(in_order) and may_be_empty

    def _own_id(self, contact_id: str | None) -> str | None:
        if contact_id is not None and not self._are_ids([contact_id]):
            raise BadRequest(
                "The custom contactId field is not valid.  It cannot contain special characters.", "invalid.contact.id"
            )
        return contact_id or None

    def _row(self, data: Mapping[str, msgspec.Raw]) -> Row:
        """The row with its cells in the order of the list's columns. A column not sent stays absent, if it may."""
        self._check_columns(data.keys())
        return self._checked_row(data)

    def _checked_row(self, data: Mapping[str, msgspec.Raw]) -> Row:
        cells = {column: as_text(data[column]) for column in self._list.column_names if column in data}
        if max(map(len, cells.values()), default=0) > self._limits.cell_chars:
            # Assumption: the code is made like CONTACT_DATUM_LENGTH_LIMIT_EXCEEDED, which imports report.
            raise BadRequest(
                f"The length of a contact's value exceeds the limit of {self._limits.cell_chars} characters.",
                "contact.datum.length.limit.exceeded",
            )
        self._check_zip_code(cells.get(self._list.zip_code_column_name or "", ""))
        for column, check in self._checks.items():
            if (complaint := check(cells.get(column, ""))) is not None:
                raise refusal(column, complaint)
        (row,) = row_codec.encode_each([cells])
        return row

    def _check_columns(self, sent: Any) -> None:
        if self._semantics.unknown_columns == "reject" and sent - self._columns:
            raise invalid_columns()
        if self._semantics.missing_columns == "reject" and self._columns - sent:
            raise missing_columns()

    def _check_zip_code(self, zip_code: str) -> None:
        """Assumption: an empty one is let through."""
        if not _ZIP_CODE.fullmatch(zip_code):
            raise BadRequest(
                "One or more of the contact's zip code was invalid. Valid zip codes are 5 or 9 digits.",
                "invalid.zip.code.contact.value",
            )


def plain_decoders(contact_list: ContactList, profile: Profile) -> list[tuple[Any, bool]]:
    """Functions that read an array of plain contacts and raise for any other: of complete ones; of those that are not.

    Zip codes and typed columns have a form of their own, so a list with such a column has no plain contacts.
    """
    if contact_list.zip_code_column_name or contact_list.column_data_type_specifications:
        return []
    complete = (_plain_decoder(contact_list, profile, complete=True), True)
    if profile.semantics.missing_columns == "reject":
        return [complete]
    return [complete, (_plain_decoder(contact_list, profile, complete=False), False)]


def _plain_decoder(contact_list: ContactList, profile: Profile, *, complete: bool) -> Any:
    """Cells become fields of a generated struct: there is no dict to make, and they are encoded in the list's order."""
    cell: Any = Annotated[str, msgspec.Meta(max_length=profile.limits.cell_chars)]
    names = {f"column_{at}": name for at, name in enumerate(contact_list.column_names)}
    data = msgspec.defstruct(
        "Data",
        [(field, cell) if complete else (field, cell | msgspec.UnsetType, msgspec.UNSET) for field in names],
        rename=names,
        forbid_unknown_fields=profile.semantics.unknown_columns == "reject",
        gc=False,
    )
    fields: list[Any] = [("data", data), ("id", str | None, None), ("contactListId", str | None, None)]
    contact = msgspec.defstruct(
        "PlainContact", [*fields, ("callable", bool | None, None)], forbid_unknown_fields=True, gc=False
    )
    return msgspec.json.Decoder(list[contact]).decode  # type: ignore[valid-type]


def as_text(value: msgspec.Raw) -> str:
    """A cell as the platform keeps it, always a string: 1.50 is "1.50", true is "true", null is "".

    Source: SDK 269.0.0, `data` is a map of strings. Assumption: scalars are coerced, objects and arrays refused.
    """
    text = bytes(value)
    match text[:1]:
        case b'"':
            try:
                return _read_text(text)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise malformed_body() from error
        case b"n":
            return ""
        case b"{" | b"[":
            raise malformed_body()
        case _:
            return text.decode()


def check_count(count: int, limits: PlatformLimits) -> None:
    if count > limits.contacts_per_post:
        raise BadRequest(f"Too many contacts added, the limit is {limits.contacts_per_post}", "too.many.contacts.added")
    if count == 0:
        raise malformed_body()  # Assumption: an empty array is refused


# What the cells of a column have to be, if its list says so: numbers, dates, short texts.


INVALID, OUT_OF_RANGE, TOO_LONG = "INVALID_DATATYPE", "NOT_WITHIN_MIN_MAX_RANGE", "GREATER_THAN_MAX_LENGTH"

Check = Callable[[str], str | None]  # a cell -> what is wrong with it

_YEARS = {
    "TIMESTAMP": (datetime(1970, 1, 1, tzinfo=UTC), datetime(2038, 1, 20, tzinfo=UTC)),
    "DATETIME": (datetime(1000, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
}


def checks(contact_list: ContactList) -> dict[str, Check]:
    """The checks of those columns that have a type or a length."""
    return {each.column_name: _check(each) for each in contact_list.column_data_type_specifications}


def refusal(column: str, complaint: str) -> BadRequest:
    """Assumption: the code, made like those that imports report."""
    return BadRequest(
        f"The value of the column {column} does not fit its data type.",
        f"contact.data.{complaint.lower().replace('_', '.')}",
    )


def event_code(complaint: str) -> str:
    return f"IMPORT_FAILED_CONTACT_DATA_{complaint}"


def _check(wanted: ColumnDataType) -> Check:
    of_type = _of_type(wanted)

    def check(cell: str) -> str | None:
        if not cell:
            return None
        if wanted.max_length is not None and len(cell) > wanted.max_length:
            return TOO_LONG
        return of_type(cell)

    return check


def _of_type(wanted: ColumnDataType) -> Check:
    match wanted.column_data_type:
        case "NUMERIC":
            return lambda cell: _number_complaint(cell, wanted)
        case "TIMESTAMP" | "DATETIME" as kind:
            first, end = _YEARS[kind]
            return lambda cell: _date_complaint(cell, first, end)
        case _:
            return lambda _: None


def _number_complaint(cell: str, wanted: ColumnDataType) -> str | None:
    number = number_in(cell)
    if number is None:
        return INVALID
    too_small = wanted.min is not None and number < wanted.min
    return OUT_OF_RANGE if too_small or (wanted.max is not None and number > wanted.max) else None


def _date_complaint(cell: str, first: datetime, end: datetime) -> str | None:
    moment = date_in(cell)
    if moment is None:
        return INVALID
    return None if first <= moment < end else OUT_OF_RANGE
