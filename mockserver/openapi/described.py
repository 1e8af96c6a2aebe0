"""What the document says of an operation besides what the route table knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

Codes = Mapping[int, Sequence[str]]  # status -> codes


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query; of a list of values, all joined by commas."""

    name: str
    type: Any = str
    text: str = ""
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """`answer` and `body` are types of JSON bodies, None where there is none."""

    summary: str
    answer: Any = None
    status: int | tuple[int, ...] = 200  # several: a setting of the profile decides
    redirects: bool = False  # it may answer with a Location instead
    query: tuple[Parameter, ...] = ()
    body: Any = None
    optional_body: bool = False  # nothing and `null` are as good
    example: Any = None  # of the body; its columns are "Lead ID" and "Phone"
    form: Mapping[str, Any] | None = None  # schema of a body that is no JSON, by media type
    media_type: str = "application/json"  # of the answer
    codes: Codes = field(default_factory=dict)  # besides those that all operations have in common
    errors: Any = None  # the type of a refusal's body, if it is not ErrorBody

    @property
    def statuses(self) -> tuple[int, ...]:
        return self.status if isinstance(self.status, tuple) else (self.status,)


PageNumber = Annotated[int, Meta(ge=1, le=999_999_999)]
SortOrder = Literal["a", "d", "ascending", "descending"]
NameFilter = Literal[
    "Equals",
    "RegEx",
    "Contains",
    "Prefix",
    "LessThan",
    "LessThanEqualTo",
    "GreaterThan",
    "GreaterThanEqualTo",
    "BeginsWith",
    "EndsWith",
]

PAGING = (
    Parameter("pageNumber", PageNumber, "From 1."),
    Parameter("pageSize", PageNumber, "25 unless told; the server has a largest size of its own."),
)
SIZE_AND_IMPORT = (
    Parameter("includeSize", bool, "Tell how many entries the list has."),
    Parameter("includeImportStatus", bool, "Tell how the last import went."),
)
ALLOW_EMPTY = Parameter(
    "allowEmptyResult", bool, "Answer a page past the end with no entities, if the profile refuses such pages."
)
IDS = Parameter("id", str, "Only these.", many=True)
DIVISIONS = Parameter("divisionId", str, "Only of these divisions.", many=True)
NAMED = (
    Parameter("filterType", NameFilter, "How `name` is compared; Prefix unless told."),
    Parameter("name", str, "Only what is so called. RegEx knows `.` and `.*` alone."),
)
SORTED = (
    Parameter("sortBy", Literal["id", "name", "dateCreated", "dateModified"], "name unless told."),
    Parameter("sortOrder", SortOrder),
)
NOT_FOUND = {404: ("resource.not.found",)}
LIST_NOT_FOUND = {404: ("contact.list.not.found",)}
PAST_THE_END = {404: ("not.found",)}  # if the profile refuses such pages
