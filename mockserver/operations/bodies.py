"""Bodies that many operations have in common, the bases of all of them, and how a client's JSON is read as one.

Absent fields of an answer are UNSET, never null. Source of names and types: SDK 269.0.0, the model of the same name.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, inspect
from msgspec import UnsetType as Unset


class Answered(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the mock answers: all of its fields are here.

    The class is the schema's name, with `Body` after it where a handler has a value of that name; ErrorBody is the
    API's own word.
    """

    def __init_subclass__(cls) -> None:
        if cls.__name__ != "ErrorBody":
            cls.__name__ = cls.__name__.removesuffix("Body")


class Sent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a client sends. Strict mode refuses unknown fields, otherwise they are ignored: see `read_as`."""


Moment = Annotated[datetime, Meta(tz=True)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Count = Annotated[int, Meta(ge=0)]
Percent = Annotated[int, Meta(ge=0, le=100)]
ServersOwn = Annotated[Any, Meta(description="The server's own; ignored in requests.", extra={"ignored": True})]
Uri = Annotated[str, Meta(description="An absolute address.")]


def one_of(spellings: Sequence[str], *, documented: bool = True) -> Meta:
    """One of these, in any case. Anything else is a text that the handler refuses in its own words."""
    schema = {"enum": sorted(spellings)} if documented else None
    return Meta(extra_json_schema=schema, extra={"spellings": spellings})


class DomainEntityRef(Answered, frozen=True, kw_only=True):
    id: str
    name: str | Unset = UNSET
    self_uri: str | Unset = UNSET


class SentReference(Sent, frozen=True, kw_only=True):
    """A reference by `id`; the rest of it is ignored."""

    id: str | None = None
    name: ServersOwn = None
    self_uri: ServersOwn = None


class SentNamed(Sent, frozen=True, kw_only=True):
    """What a client sends of every named, versioned kind."""

    id: ServersOwn = None
    name: str | None = None
    date_created: ServersOwn = None
    date_modified: ServersOwn = None
    version: Int64 | None = None
    self_uri: ServersOwn = None


class Listing(Answered, frozen=True, kw_only=True):
    """A page. Next and previous uris are absent at the ends."""

    page_size: Count
    page_number: Count
    total: Count
    page_count: Count
    first_uri: str
    last_uri: str
    self_uri: str
    next_uri: str | Unset = UNSET
    previous_uri: str | Unset = UNSET


@cache
def listing_of(kind: Any, name: str = "") -> Any:
    """The type of a page of them. `name` is what the API calls them there, if not as `kind`."""
    return msgspec.defstruct(
        f"{name or kind.__name__}Listing", [("entities", list[kind])], bases=(Listing,), frozen=True, kw_only=True
    )


class Detail(Answered, frozen=True, kw_only=True):
    error_code: str | Unset = UNSET
    field_name: str | Unset = UNSET
    entity_id: str | Unset = UNSET
    entity_name: str | Unset = UNSET


class ErrorBody(Answered, frozen=True, kw_only=True):
    """Every refusal but those of the token endpoint and of signed addresses."""

    message: str
    code: str
    status: Annotated[int, Meta(ge=400, le=599)]
    message_with_params: str | Unset = UNSET
    message_params: dict[str, str] | Unset = UNSET
    context_id: str
    details: list[Detail]
    errors: list[Any]


class OAuthErrorBody(Answered, frozen=True, kw_only=True, rename=None):
    error: str
    description: str
    error_description: str


class ImportStatusBody(Answered, frozen=True, kw_only=True):
    """A finished import has no state, only 100 percent; one too small to be seen has nothing at all."""

    state: Annotated[str, Meta(pattern="^(IN_PROGRESS|FAILED)$")] | Unset = UNSET
    total_records: Count | Unset = UNSET
    completed_records: Count | Unset = UNSET
    percent_complete: Percent | Unset = UNSET
    failure_reason: str | Unset = UNSET
    target_contact_list_ids: list[str] | Unset = UNSET
    list_name_prefix: str | Unset = UNSET


class ExportUri(Answered, frozen=True, kw_only=True):
    uri: Uri
    export_timestamp: Moment


class UploadUrl(Answered, frozen=True, kw_only=True):
    url: Uri
    upload_key: str
    headers: dict[str, str]


# Bodies as the platform reads them: without what it ignores, and its enumerations as it has them.
#
# Enumerations are read without regard to case. Source: recorded requests of 2023 with `"columnDataType": "text"`, all
# of which got past parsing. Assumption: that goes for all of them.


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
