"""One row of the API: all that is said of an operation in one place, and what many rows have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

Codes = Mapping[int, Sequence[str]]  # status -> codes


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query; of a list of values, all joined by commas."""

    name: str
    type: Any = str
    text: str = ""
    many: bool = False
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """An operation of the API. `answer` and `body` are types of JSON bodies, None where there is none."""

    op: str  # its name in fault rules, ledger and latencies, and its operationId: "contacts.add"
    method: str
    path: str  # aiohttp pattern
    handler: str  # "contacts.add": the method `add` of what `app.py` calls `contacts`
    permission: str = ""  # what the client must hold; several with blanks between them
    _: KW_ONLY
    also_at: tuple[str, ...] = ()  # addresses that some clients have for it
    summary: str = ""
    auth: bool = True  # else it needs no token: signed addresses, and a channel for whoever knows its id
    counts: bool = True  # against the rate limit
    streamed: bool = False  # the body may be large: only the handler reads it
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


LISTS = "/api/v2/outbound/contactlists"
LIST = LISTS + "/{contact_list_id}"

PageNumber = Annotated[int, Meta(ge=1, le=999_999_999)]
PageSize = Annotated[int, Meta(ge=1, le=100)]  # by default: `limits.page_size`
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
    Parameter("pageSize", PageSize, "25 unless told."),
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
LISTED = (
    *PAGING,
    Parameter("filterType", NameFilter, "How `name` is compared; Prefix unless told."),
    Parameter("name", str, "Only what is so called. RegEx knows `.` and `.*` alone."),
    Parameter("sortBy", Literal["id", "name", "dateCreated", "dateModified"], "name unless told."),
    Parameter("sortOrder", SortOrder),
)
NOT_FOUND = {404: ("resource.not.found",)}
LIST_NOT_FOUND = {404: ("contact.list.not.found",)}
PAST_THE_END = {404: ("not.found",)}  # if the profile refuses such pages
