"""Which contact lists a listing shows, and in which order."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from mockserver.clock import date_in
from mockserver.errors import BadRequest, invalid_value
from mockserver.http.query import Query, one_of, several
from mockserver.model import ContactColumn, ContactList, Reference
from mockserver.operations.documents import Named

# Filters on any field of a contact list, as `dateCreated=greaterthan:2026-01-01T00:00:00Z`.


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


Matches = Callable[[str, str], bool]  # (name of a list, name asked for)


_SORTED_BY: dict[str, Callable[[Any], str]] = {
    "id": lambda each: each.id,
    "name": lambda each: each.name,
    "dateCreated": lambda each: each.date_created,
    "dateModified": lambda each: each.date_modified,
}
E = TypeVar("E", bound=Named)

_DESCENDING = {"a": False, "ascending": False, "d": True, "descending": True}


def like(name: str, pattern: str) -> bool:
    """Whether the whole name matches a pattern of plain characters, `.` and `.*`, with `^` and `$` at its ends.

    Nothing else of regular expressions is understood, for a pattern from outside could take for ever to match.
    """
    head, *others = _parts(pattern)
    if not others:
        return len(name) == len(head) and _at(name, head, 0)
    *middle, tail = others
    end = len(name) - len(tail)
    if not _at(name, head, 0) or not _at(name, tail, end):
        return False
    at = len(head)
    for part in filter(None, middle):
        at = next((start for start in range(at, end - len(part) + 1) if _at(name, part, start)), end) + len(part)
    return at <= end


NAME_FILTERS: dict[str, Matches] = {
    "Equals": lambda name, wanted: name == wanted,
    "RegEx": like,
    "Contains": lambda name, wanted: wanted in name,
    "Prefix": str.startswith,
    "LessThan": lambda name, wanted: name < wanted,
    "LessThanEqualTo": lambda name, wanted: name <= wanted,
    "GreaterThan": lambda name, wanted: name > wanted,
    "GreaterThanEqualTo": lambda name, wanted: name >= wanted,
    "BeginsWith": str.startswith,
    "EndsWith": str.endswith,
}


def matching_lists(lists: Iterable[ContactList], query: Query, most_ids: int) -> Sequence[ContactList]:
    """The lists a query asks for, sorted. Raises BadRequest. Assumptions: case counts, and the order is by name."""
    ids, divisions, tests = several(query, "id"), several(query, "divisionId"), field_tests(query)
    if len(ids) > most_ids:
        raise BadRequest(f"Only {most_ids} contact lists can be retrieved by id at a time", "too.many.bulk.retrieves")
    fits = name_filter(query)
    found = [
        each
        for each in lists
        if (not ids or each.id in ids)
        and (not divisions or (each.division is not None and each.division.id in divisions))
        and all(test(each) for test in tests)
        and fits(each.name)
    ]
    return in_order(found, query)


def in_order(entities: Iterable[E], query: Query) -> list[E]:
    """Sorted as the query says. Raises BadRequest."""
    by = one_of(_SORTED_BY, query.get("sortBy", "name"), "sortBy")
    return sorted(entities, key=by, reverse=one_of(_DESCENDING, query.get("sortOrder", "a"), "sortOrder"))


def name_filter(query: Query) -> Callable[[str], bool]:
    """Whether a name is one the query asks for; several values narrow. Raises BadRequest."""
    kind = query.get("filterType", "Prefix")
    one_of(NAME_FILTERS, kind, "filterType")
    asked = [_name_test(*inline(value, kind)) for value in query.getall("name", []) if value]
    return lambda name: all(matches(name, wanted) for matches, wanted in asked)


def _name_test(kind: str, wanted: str) -> tuple[Matches, str]:
    if kind == "RegEx" and set("".join(_parts(wanted))) & set("*+?()[]{}|\\^$"):
        raise invalid_value(wanted, "RegEx", "plain characters, . and .*")
    return NAME_FILTERS[kind], wanted


def _parts(pattern: str) -> Sequence[str]:
    """What stands between the `.*` of a pattern."""
    return pattern.removeprefix("^").removesuffix("$").split(".*")


def _at(name: str, part: str, start: int) -> bool:
    """Whether `part`, in which a dot is any character, stands in `name` at `start`."""
    here = name[start : start + len(part)] if start >= 0 else ""
    return len(here) == len(part) and all(sign in (".", there) for sign, there in zip(part, here, strict=True))
