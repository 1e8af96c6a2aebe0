"""Contacts written and read in bulk: types made from the names of the columns, so that no Python runs for a lead.

msgspec knows the names of a struct's fields beforehand. Those that it does not take (quotes, control characters) are
written and read as keys of a dict, some times slower.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import repeat, starmap
from operator import attrgetter
from types import GenericAlias
from typing import Any, NamedTuple

import msgspec

from ..domain import LeadId

Row = Sequence[str]
_encoder = msgspec.json.Encoder()


class _Contact(msgspec.Struct, gc=False):
    contactListId: str  # noqa: N815
    data: Any


class _OwnContact(msgspec.Struct, gc=False):
    id: str
    contactListId: str  # noqa: N815
    data: Any


def written(lead_ids: Iterable[str], rows: Iterable[Row], names: tuple[str, ...], list_id: str) -> list[bytes]:
    """One WritableDialerContact a row whose id is the Lead ID."""
    return _lines(map(_OwnContact, lead_ids, repeat(list_id), _data(names)(rows)))


def written_without_ids(rows: Iterable[Row], names: tuple[str, ...], list_id: str) -> list[bytes]:
    """One WritableDialerContact a row, for a server that makes the ids."""
    return _lines(map(_Contact, repeat(list_id), _data(names)(rows)))


def _lines(contacts: Iterable[msgspec.Struct]) -> list[bytes]:
    return _encoder.encode_lines(list(contacts)).split(b"\n")[:-1]  # JSON has no line end of its own


@lru_cache(maxsize=16)
def _data(names: tuple[str, ...]) -> Callable[[Iterable[Row]], Iterator[Any]]:
    """What makes of each row something that is written as an object with these keys."""
    if not all(map(_nameable, names)):
        return lambda rows: (dict(zip(names, row, strict=True)) for row in rows)
    fields = {f"column{number}": name for number, name in enumerate(names)}
    row_type = msgspec.defstruct("Data", [(field, str) for field in fields], rename=fields, gc=False)
    return lambda rows: starmap(row_type, rows)


class Reader(NamedTuple):
    """A list of contacts as it is decoded, and how the Lead ID of one of them is read."""

    type: Any
    lead_id: Callable[[Any], LeadId]


@lru_cache(maxsize=16)
def reader(column: str) -> Reader:
    """Of contacts with the Lead ID in this column. Only it and the ids are read: the rest is skipped, not built."""
    data, lead_id = _read_struct(column) if _nameable(column) else _read_dict(column)
    fields: list[Any] = [("id", str), ("data", data), ("contactListId", str, "")]
    return Reader(GenericAlias(list, (msgspec.defstruct("Contact", fields, gc=False),)), lead_id)


def _read_struct(column: str) -> tuple[Any, Callable[[Any], LeadId]]:
    data = msgspec.defstruct("Data", [("lead_id", str)], rename={"lead_id": column}, gc=False)
    return data, attrgetter("data.lead_id")


def _read_dict(column: str) -> tuple[Any, Callable[[Any], LeadId]]:
    def lead_id(contact: Any) -> LeadId:
        """Empty where the contact has none: the batch has no such lead."""
        value = contact.data.get(column)
        return LeadId(value if isinstance(value, str) else "")

    return dict[str, Any], lead_id


def _nameable(name: str) -> bool:
    return name.isprintable() and '"' not in name and "\\" not in name
