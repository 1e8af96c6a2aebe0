"""Filters on any field of a contact list, as `dateCreated=greaterthan:2026-01-01T00:00:00Z`.

Source: SDK 269.0.0 outbound_api.py, get_outbound_contactlists: any field may be named, filter types may stand before a
value, and several values narrow. Assumptions: a value without a filter type has to be equal; of a list of values or
columns one has to fit; moments and numbers are compared as such, everything else as text; case counts.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mockserver.http.dates import date_in
from mockserver.http.query import Query
from mockserver.model import ContactColumn, ContactList, Reference

Test = Callable[[ContactList], bool]

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "LessThan": lambda value, wanted: value < wanted,
    "LessThanEqualTo": lambda value, wanted: value <= wanted,
    "GreaterThan": lambda value, wanted: value > wanted,
    "GreaterThanEqualTo": lambda value, wanted: value >= wanted,
}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "Contains": lambda value, wanted: wanted in value,
    "Prefix": str.startswith,
    "BeginsWith": str.startswith,
    "EndsWith": str.endswith,
}
KINDS = (*_ORDERED, *_TEXTUAL, "RegEx")
_BY_LOWER = {kind.lower(): kind for kind in KINDS}
# Those that have filters of their own, with alternatives.
_ELSEWHERE = {"id", "name", "division"}
_FIELDS = {
    field.encode_name: field.name
    for field in msgspec.structs.fields(ContactList)
    if field.encode_name not in _ELSEWHERE
}


def field_tests(query: Query) -> list[Test]:
    """A test for each field that the query names. Other parameters are none of ours."""
    return [
        _test(_FIELDS[name], *inline(value))
        for name, value in query.items()
        if name in _FIELDS
        for value in _values(name, value)
    ]


def inline(value: str, default: str = "Equals") -> tuple[str, str]:
    """The filter type that stands before a value, or the default, and the value itself."""
    kind, colon, rest = value.partition(":")
    known = _BY_LOWER.get(kind.lower()) if colon else None
    return (known, rest) if known else (default, value)


def passes(kind: str, value: str, wanted: str) -> bool:
    """Whether a value is as wanted. Patterns are for names only: here they are plain text."""
    if kind in _TEXTUAL:
        return _TEXTUAL[kind](value, wanted)
    return _ORDERED.get(kind, _ORDERED["Equals"])(*_comparable(value, wanted))


def _test(field: str, kind: str, wanted: str) -> Test:
    return lambda each: any(passes(kind, value, wanted) for value in _texts(getattr(each, field)))


def _values(name: str, value: str) -> Sequence[str]:
    """SDKs join several dates with commas; no date has one."""
    return [part for part in (value.split(",") if name.startswith("date") else [value]) if part]


def _comparable(value: str, wanted: str) -> tuple[Any, Any]:
    if value.isascii() and value.isdigit() and wanted.isascii() and wanted.isdigit():
        return int(value[:18]), int(wanted[:18])
    moments = date_in(value), date_in(wanted)
    return (value, wanted) if None in moments else moments


def _texts(value: object) -> list[str]:
    """What of a field is compared."""
    match value:
        case None:
            return []
        case bool():
            return [str(value).lower()]
        case Reference():
            return [value.id]
        case ContactColumn():
            return [value.column_name]
        case tuple():
            return [text for each in value for text in _texts(each)]
        case _:
            return [str(value)]
