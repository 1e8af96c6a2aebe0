"""Query parameters, read as the official SDKs write them, and the pages of a listing that they ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from multidict import MultiMapping

from mockserver.errors import NotFound, invalid_value
from mockserver.profile import Profile

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


DEFAULT_SIZE = 25

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Page `number`, from 1, of `size` entities each."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def of(self, entities: Sequence[T]) -> Sequence[T]:
        return entities[self.offset : self.offset + self.size]


def page(number: int, size: int, profile: Profile) -> PageRequest:
    """The page asked for. Raises BadRequest. Assumption: the code."""
    largest = profile.limits.page_size
    if number < 1:
        raise invalid_value(number, "pageNumber", "whole numbers from 1")
    if size < 1 or (size > largest and profile.semantics.large_pages == "reject"):
        raise invalid_value(size, "pageSize", f"whole numbers from 1 to {largest}")
    return PageRequest(number, min(size, largest))


def page_in(query: Query, profile: Profile) -> PageRequest:
    return page(whole_number(query, "pageNumber", 1), whole_number(query, "pageSize", DEFAULT_SIZE), profile)


def refuse_past_the_end(page: PageRequest, total: int, query: Query, what_then: str) -> None:
    """Raise NotFound for a later page without entities, where the profile says so and no empty one was asked for."""
    if what_then == "not_found" and page.number > 1 and page.offset >= total and not flag(query, "allowEmptyResult"):
        raise NotFound("The requested resource was not found.")


def listing(
    path: str,
    page: PageRequest,
    total: int,
    entities: Sequence[object],
    *,
    parameters: Sequence[tuple[str, str]] = (),
    **more: object,
) -> bytes:
    """The JSON of one page. Next and previous uris are absent at the ends.

    Source: SDK 269.0.0 contact_list_entity_listing.py. A page past the end is empty: Assumption.
    """
    last = max(1, ceil(total / page.size))

    def uri(number: int) -> str:
        kept = [(name, value) for name, value in parameters if name not in ("pageSize", "pageNumber")]
        return f"{path}?{urlencode([*kept, ('pageSize', page.size), ('pageNumber', number)])}"

    body: dict[str, object] = {
        "entities": entities,
        "pageSize": page.size,
        "pageNumber": page.number,
        "total": total,
        **more,
        "pageCount": ceil(total / page.size),
        "firstUri": uri(1),
        "lastUri": uri(last),
        "selfUri": uri(page.number),
    }
    if page.number < last:
        body["nextUri"] = uri(page.number + 1)
    if 1 < page.number <= last + 1:
        body["previousUri"] = uri(page.number - 1)
    return msgspec.json.encode(body)
