"""Query parameters, read as the official SDKs write them."""

from collections.abc import Mapping
from typing import TypeVar

from multidict import MultiMapping

from mockserver.errors import invalid_value

Query = MultiMapping[str]
V = TypeVar("V")


def flag(query: Query, name: str) -> bool:
    """A boolean; absent is false. Raises BadRequest for anything but true and false."""
    value = query.get(name, "false").lower()
    if value not in ("true", "false"):
        raise invalid_value(query[name], "Boolean", "true, false")
    return value == "true"


def whole_number(query: Query, name: str, default: int) -> int:
    """A whole number of at most nine digits. Raises BadRequest."""
    value = query.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise invalid_value(value, "Integer", "whole numbers from 0")
    return int(value)


def several(query: Query, name: str) -> list[str]:
    """All values of a parameter, repeated or comma-joined: every official SDK joins them. Source: measured."""
    return [part for value in query.getall(name, []) for part in value.split(",") if part]


def one_of(choices: Mapping[str, V], name: str, parameter: str) -> V:
    """What `name` stands for. Raises BadRequest."""
    if name not in choices:
        raise invalid_value(name, parameter, ", ".join(choices))
    return choices[name]
