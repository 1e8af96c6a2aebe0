"""A JSON value as the type of a body: without what the platform ignores, and its enumerations as the platform has them.

Enumerations are read without regard to case. Source: recorded requests of 2023 with `"columnDataType": "text"`, all of
which got past parsing. Assumption: that goes for all of them.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")
Reader = Callable[[Any], Any]


def read_as(value: Any, kind: type[T]) -> T:
    """The value as a `Sent` type, or as a list of one. Raises msgspec.ValidationError."""
    return msgspec.convert(in_platform_spelling(value, kind, ignores=True), kind)


def in_platform_spelling(value: Any, kind: Any, *, ignores: bool = False) -> Any:
    """The value with its enumerations as the platform writes them; with `ignores`, without fields that are not read."""
    return _reader(kind, ignores=ignores)(value)


@cache
def _reader(kind: Hashable, *, ignores: bool) -> Reader:
    return _reader_of(inspect.type_info(kind), ignores) or (lambda value: value)


def _reader_of(kind: inspect.Type, ignores: bool) -> Reader | None:
    """What prepares a value of this type; None if there is nothing to do."""
    match kind:
        case inspect.Metadata(extra={"spellings": spellings}) | inspect.LiteralType(values=spellings):
            return _speller(spellings)
        case inspect.Metadata():
            return _reader_of(kind.type, ignores)
        case inspect.UnionType():
            return next(filter(None, (_reader_of(each, ignores) for each in kind.types)), None)
        case inspect.CollectionType():
            return _list_reader(_reader_of(kind.item_type, ignores))
        case inspect.DictType():
            return _dict_reader(_reader_of(kind.value_type, ignores))
        case inspect.StructType():
            return _struct_reader(kind, ignores)
        case _:
            return None


def _speller(spellings: Iterable[Any]) -> Reader:
    known = {each.casefold(): each for each in spellings if isinstance(each, str)}
    return lambda value: known.get(value.casefold(), value) if isinstance(value, str) else value


def _list_reader(read: Reader | None) -> Reader | None:
    return read and (lambda value: [read(each) for each in value] if isinstance(value, list) else value)


def _dict_reader(read: Reader | None) -> Reader | None:
    return read and (
        lambda value: {name: read(each) for name, each in value.items()} if isinstance(value, dict) else value
    )


def _struct_reader(kind: inspect.StructType, ignores: bool) -> Reader | None:
    readers = {each.encode_name: _reader_of(each.type, ignores) for each in kind.fields if not _is_ignored(each.type)}
    if not ignores and not any(readers.values()):
        return None

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = {name: each for name, each in value.items() if not ignores or name in readers}
        return {name: each if (of := readers.get(name)) is None else of(each) for name, each in known.items()}

    return read


def _is_ignored(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get("ignored"))
