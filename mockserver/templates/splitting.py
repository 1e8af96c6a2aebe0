"""Which rows of a file go into which list of an import template. Pure.

Source of Quantity, Percentage and Column: developer.genesys.cloud, routing/outbound/contactListBuilder. Assumptions:
the last list of Quantity and Percentage may be shorter, so no row is left for a remainder; Column keeps the order in
which values first come, and its remainder are the rows without a value, which else get no list; Custom has a list a
filter that any row passes, its remainder are the rows that pass none; with the waterfall rule a row is in the first
list whose filter it passes, without it in each of them.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mockserver.storage.row_codec import value_reader
from mockserver.templates.model import Splitting

REMAINDER = "Remainder"  # Assumption: what stands for the value or the filter in its name

Passes = Callable[[bytes], bool]


class NamedFilter(NamedTuple):
    name: str
    passes: Passes


class Part(NamedTuple):
    """Places of rows, in order, and what they have in common."""

    places: Sequence[int]
    value: str = ""
    filter_name: str = ""


def parts(
    rows: Sequence[bytes], splitting: Splitting | None, main: NamedFilter | None, filters: Sequence[NamedFilter]
) -> list[Part]:
    """The rows that pass the main filter, in parts; none is empty."""
    places = range(len(rows)) if main is None else [at for at, row in enumerate(rows) if main.passes(row)]
    named = main.name if main else ""
    if not places:
        return []
    if splitting is None:
        return [Part(places, filter_name=named)]
    match splitting.criteria:
        case "Quantity":
            return _by_size(places, int(splitting.criteria_value), named)
        case "Percentage":
            return _by_size(places, max(1, len(places) * int(splitting.criteria_value) // 100), named)
        case "Column":
            return _by_column(rows, places, splitting, named)
        case "Custom":
            return _by_filter(rows, places, splitting, filters)


def _by_size(places: Sequence[int], size: int, filter_name: str) -> list[Part]:
    return [Part(places[start : start + size], filter_name=filter_name) for start in range(0, len(places), size)]


def _by_column(rows: Sequence[bytes], places: Sequence[int], splitting: Splitting, filter_name: str) -> list[Part]:
    read, found = value_reader(splitting.criteria_value), dict[str, list[int]]()
    for at in places:
        found.setdefault(read(rows[at]) or "", []).append(at)
    rest = found.pop("", [])
    split = [Part(those, value, filter_name) for value, those in found.items()]
    return split + _remainder(rest, splitting, filter_name)


def _by_filter(
    rows: Sequence[bytes], places: Sequence[int], splitting: Splitting, filters: Sequence[NamedFilter]
) -> list[Part]:
    split, left, passed = [], places, set[int]()
    for each in filters:
        those = [at for at in (left if splitting.use_waterfall_rule else places) if each.passes(rows[at])]
        passed.update(those)
        left = [at for at in left if at not in passed]
        if those:
            split.append(Part(those, filter_name=each.name))
    return split + _remainder(left, splitting, REMAINDER)


def _remainder(places: Sequence[int], splitting: Splitting, filter_name: str) -> list[Part]:
    kept = places if splitting.create_remainder_contact_list else []
    return [Part(kept, REMAINDER, filter_name)] if kept else []
