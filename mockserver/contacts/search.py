"""What a contact search asks for: criteria checked, and turned into a test of one contact.

Source of fields and operators: SDK 269.0.0 models/contact_listing_request.py. Assumptions: case counts; a cell that is
not a number (or date) passes no comparison of numbers (or dates); bounds of a range are excluded unless said otherwise.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, get_args

from mockserver.clock import date_in, relative_date_in
from mockserver.errors import BadRequest, invalid_columns, invalid_value
from mockserver.operations.contacts import (
    Clause,
    ColumnType,
    ContactListingRequest,
    ContactSort,
    Criteria,
    Operator,
    Predicate,
    Range,
    Scalar,
)

CONTACT_ID = "inin-outbound-id"  # the contact's id, named as exports name it
MOST_PREDICATES = 20

Test = Callable[[str], bool]  # of one cell
Record = Sequence[str]  # cells of one contact
Read = Callable[[str], Any]  # a cell -> what is compared, or None if it is no such thing

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "EQUALS": operator.eq,
    "LESS_THAN": operator.lt,
    "LESS_THAN_EQUALS": operator.le,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_EQUALS": operator.ge,
}
_OF_TEXT: dict[str, Callable[[str, str], bool]] = {
    "CONTAINS": operator.contains,
    "BEGINS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
}
_OF_DATES: dict[str, Callable[[Any, Any], bool]] = {"BEFORE": operator.lt, "AFTER": operator.gt}
_JOINED = {"AND": all, "OR": any}


class Lookup(NamedTuple):
    column: str
    values: list[str]


def predicates(criteria: Criteria | None) -> list[Predicate]:
    return [each for clause in _clauses(criteria) for each in clause.predicates or ()]


def check(criteria: Criteria | None, columns: Sequence[str], now: float) -> None:
    """Raise BadRequest for whatever makes these criteria unfit for a list with these columns."""
    for problem in problems(ContactListingRequest(criteria=criteria), columns):
        raise problem
    matcher(criteria, [CONTACT_ID, *columns], now)


def problems(wanted: ContactListingRequest, columns: Collection[str]) -> Iterator[BadRequest]:
    """What is wrong with a search of a list with these columns, apart from values that are no numbers or dates."""
    searched = predicates(wanted.criteria)
    if len(searched) > MOST_PREDICATES:  # Assumption: the limit, so that a search cannot take for ever
        yield BadRequest(f"A search may have {MOST_PREDICATES} predicates, this one has {len(searched)}.")
    named = [each.column for each in searched] + [sort.field_name for sort in wanted.contact_sorts or ()]
    if not {*named} <= {*columns, CONTACT_ID}:
        yield invalid_columns()
    clauses = _clauses(wanted.criteria)
    types = [clause.filter_type for clause in clauses] + [wanted.criteria.filter_type if wanted.criteria else None]
    yield from _unknown(types, "filterType", _JOINED)
    yield from _unknown([each.operator for each in searched], "operator", get_args(Operator))
    yield from _unknown([each.column_type for each in searched], "columnType", get_args(ColumnType))
    yield from _unknown([sort.direction for sort in wanted.contact_sorts or ()], "direction", ("ASC", "DESC"))


def lookup(criteria: Criteria | None) -> Lookup | None:
    """The column and the values asked for, if the criteria are one predicate that an index can answer."""
    searched = predicates(criteria)
    if len(searched) != 1 or len(_clauses(criteria)) != 1 or searched[0].is_numeric or searched[0].inverted:
        return None
    if searched[0].operator == "EQUALS":
        values = [_value(searched[0])]
    elif searched[0].operator == "IN":
        values = _in_set(searched[0])
    else:
        return None
    # An empty cell and one that was never sent are the same to a search, but not to an index.
    return None if "" in values else Lookup(searched[0].column, values)


def matcher(criteria: Criteria | None, columns: Sequence[str], now: float) -> Callable[[Record], bool]:
    """A test of the cells of one contact, which come in the order of `columns`. Raises BadRequest for unfit values."""
    tests = [(_combiner(clause.filter_type), _cell_tests(clause, columns, now)) for clause in _clauses(criteria)]
    join = _combiner(criteria.filter_type if criteria else None)
    return lambda record: (
        not tests or join(joined(test(record[at]) for at, test in cells) if cells else True for joined, cells in tests)
    )


def test_of(predicate: Predicate, now: float) -> Test:
    """The test of one cell."""
    test = _straight_test(predicate, now)
    return (lambda text: not test(text)) if predicate.inverted else test


def sort_key(sort: ContactSort) -> Callable[[str], Any]:
    """What cells are ordered by. Cells that are not numbers come last in a numeric order (Assumption)."""
    if not sort.numeric:
        return str
    last = (1, Decimal(0))
    return lambda text: last if (number := number_in(text)) is None else (0, number)


def number_in(text: str) -> Decimal | None:
    """The number a text is, or None. Decimals, since a float would take two long lead ids for the same."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _straight_test(predicate: Predicate, now: float) -> Test:
    read = number_in if predicate.is_numeric else str
    match predicate.operator:
        case "BETWEEN":
            return _between(predicate, now)
        case "IN":
            return _reading(read, frozenset(_read(read, text) for text in _in_set(predicate)).__contains__)
        case name if name in _OF_TEXT:
            return _reading(str, _comparing(_OF_TEXT[name], _value(predicate)))
        case name if name in _OF_DATES:
            wanted = _read(lambda text: relative_date_in(text, now) or date_in(text), _value(predicate))
            return _reading(date_in, _comparing(_OF_DATES[name], wanted))
        case name:
            return _reading(read, _comparing(_COMPARED[name], _read(read, _value(predicate))))


def _between(predicate: Predicate, now: float) -> Test:
    limits = predicate.range or Range()
    if limits.min is None or limits.max is None:  # Source: SDK 269.0.0 models/contact_list_filter_range.py
        raise invalid_value(None, "range", "min, max")
    ends = [as_text(limits.min), as_text(limits.max)]
    read_cell, read_end = _readers(predicate, ends, now)
    least, most = (_read(read_end, end) for end in ends)
    above = operator.ge if limits.min_inclusive else operator.gt
    below = operator.le if limits.max_inclusive else operator.lt
    return _reading(read_cell, lambda cell: above(cell, least) and below(cell, most))


def _readers(predicate: Predicate, ends: Sequence[str], now: float) -> tuple[Read, Read]:
    """How cells and how the ends of a range are read: as numbers, as dates if an end is relative, or as text."""
    if predicate.is_numeric:
        return number_in, number_in
    if any(relative_date_in(end, now) for end in ends):
        return date_in, lambda text: relative_date_in(text, now) or date_in(text)
    return str, str


def _reading(read: Read, passes: Callable[[Any], bool]) -> Test:
    return lambda text: (cell := read(text)) is not None and passes(cell)


def _comparing(compare: Callable[[Any, Any], bool], wanted: Any) -> Callable[[Any], bool]:
    return lambda cell: compare(cell, wanted)


def _read(read: Read, text: str) -> Any:
    value = read(text)
    if value is None:
        raise invalid_value(text, "value", "numbers, dates or PxxDTyyHzzM, as the predicate has it")
    return value


def _value(predicate: Predicate) -> str:
    if predicate.value is None:
        raise invalid_value(None, "value", "any text")
    return as_text(predicate.value)


def _in_set(predicate: Predicate) -> list[str]:
    values = predicate.range.in_set if predicate.range else None
    if values is None:
        raise invalid_value(None, "inSet", "a list of values")
    return [as_text(value) for value in values]


def as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell_tests(clause: Clause, columns: Sequence[str], now: float) -> list[tuple[int, Test]]:
    return [(columns.index(each.column), test_of(each, now)) for each in clause.predicates or ()]


def _clauses(criteria: Criteria | None) -> list[Clause]:
    return (criteria.clauses if criteria else None) or []


def _combiner(filter_type: str | None) -> Callable[[Iterator[bool]], bool]:
    return _JOINED[filter_type or "AND"]


def _unknown(values: Sequence[str | None], kind: str, allowed: Collection[str]) -> Iterator[BadRequest]:
    for value in values:
        if value is not None and value not in allowed:
            yield invalid_value(value, kind, ", ".join(allowed))
