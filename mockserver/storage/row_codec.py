"""Rows between text cells and the stored JSON bytes, without a dict a contact.

A class generated for a list's columns lets msgspec read and write a row at once. It refuses a few column names (quotes,
backslashes, control characters); those lists take a slower road through dicts.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import starmap

import msgspec

Cells = Sequence[str]
Encode = Callable[[Iterable[Cells]], list[bytes]]
Decode = Callable[[Sequence[bytes]], Iterable[Cells]]

_encode_lines = msgspec.json.Encoder().encode_lines
_UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')


def encoder(columns: Sequence[str]) -> Encode:
    """A function from rows of cells, in the order of `columns`, to their JSON objects."""
    if not _nameable(columns):
        return lambda rows: encode_each(dict(zip(columns, row, strict=True)) for row in rows)
    row_class = _row_class(columns)
    return lambda rows: encode_each(starmap(row_class, rows))


def encode_each(values: Iterable[object]) -> list[bytes]:
    """The JSON of each value, in no more memory than it needs: alone, each would keep the buffer it was written to,
    of 512 bytes or more."""
    return _encode_lines(values).split(b"\n")[:-1]


def decoder(columns: Sequence[str]) -> Decode:
    """A function from stored rows to their cells, in the order of `columns`; a column a row lacks is empty."""
    if not _nameable(columns):
        decode_dict = msgspec.json.Decoder(dict[str, str]).decode
        return lambda rows: ([row.get(column, "") for column in columns] for row in map(decode_dict, rows))
    decode = msgspec.json.Decoder(_row_class(columns)).decode
    return lambda rows: map(msgspec.structs.astuple, map(decode, rows))


def value_reader(column: str) -> Callable[[bytes], str | None]:
    """A function from a stored row to its value in `column`, or None if it has none."""
    if not _nameable([column]):
        decode_dict = msgspec.json.Decoder(dict[str, str]).decode
        return lambda row: decode_dict(row).get(column)
    fields = [("value", str | None, None)]
    decode = msgspec.json.Decoder(msgspec.defstruct("Value", fields, rename={"value": column}, gc=False)).decode
    return lambda row: decode(row).value  # type: ignore[attr-defined]


def _nameable(columns: Sequence[str]) -> bool:
    return not any(map(_UNNAMEABLE.search, columns))


def _row_class(columns: Sequence[str]) -> type[msgspec.Struct]:
    names = [f"c{n}" for n in range(len(columns))]
    fields = [(name, str, "") for name in names]
    return msgspec.defstruct("Row", fields, rename=dict(zip(names, columns, strict=True)), gc=False)
