"""Imports, exports and the event log."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from msgspec import UnsetType as Unset

from .contacts import ContactsExportRequest
from .described import LIST_NOT_FOUND, NOT_FOUND, PAGING, Described, NameFilter, Parameter, SortOrder
from .shapes import (
    Answered,
    Count,
    DomainEntityRef,
    ExportUri,
    ImportStatusBody,
    Int64,
    Listing,
    Moment,
    Sent,
    SentReference,
    ServersOwn,
    UploadUrl,
    Uri,
)

ContentType = Literal[
    "text/csv", "application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
]
Timeout = Annotated[int, Meta(ge=1, le=604_800)]
SplittingCriteria = Literal["Percentage", "Quantity", "Column", "Custom"]
NameFormat = Literal[
    "ListNamePrefix",
    "ListNamePrefixMonthDayYear",
    "ListNamePrefixMonthDayYearHourMinuteSecond",
    "ListNamePrefixPart",
    "ListNamePrefixMonthDayYearPart",
    "ListNamePrefixMonthDayYearHourMinuteSecondPart",
    "Custom",
]


class UploadStarted(Answered, frozen=True, kw_only=True):
    """Assumption: the fields; official clients only log this answer."""

    correlation_id: str
    uri: str


class ContactListUploadUrlRequest(Sent, frozen=True, kw_only=True):
    """Either `id`, of a contact list, or `importTemplateId` with `listNamePrefix`."""

    content_type: ContentType
    signed_url_timeout_seconds: Timeout | None = None
    id: str | None = None
    contact_id_name: str | None = None
    import_template_id: str | None = None
    list_name_prefix: str | None = None
    clear_system_data: bool | None = None
    division_id_for_target_contact_lists: str | None = None
    file_specification_template_id: str | None = None
    retention_type_column: str | None = None
    retention_days_column: str | None = None
    retention_date_expiration_column: str | None = None


class ExportStarted(Answered, frozen=True, kw_only=True):
    id: str
    self_uri: str


class DownloadUrl(Answered, frozen=True, kw_only=True):
    url: Uri


class EventMessageBody(Answered, frozen=True, kw_only=True):
    code: str
    message: str
    message_with_params: str
    message_params: dict[str, str]


class EventLogBody(Answered, frozen=True, kw_only=True):
    id: str
    timestamp: Moment
    level: Literal["INFO", "WARNING", "ERROR"]
    category: str
    correlation_id: str
    event_message: EventMessageBody
    error_entity: DomainEntityRef | Unset = UNSET
    related_entity: DomainEntityRef | Unset = UNSET
    self_uri: str


class EventLogListing(Listing, frozen=True, kw_only=True):
    entities: list[EventLogBody]


class BulkIds(Sent, frozen=True, kw_only=True):
    ids: list[str]


class SplittingInformation(Answered, frozen=True, kw_only=True):
    criteria: SplittingCriteria
    criteria_value: str
    create_remainder_contact_list: bool
    use_waterfall_rule: bool


class ImportTemplateBody(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    date_created: Moment
    date_modified: Moment
    version: Count
    contact_list_template: DomainEntityRef
    contact_list_filter: DomainEntityRef | Unset = UNSET
    use_splitting_criteria: bool
    splitting_information: SplittingInformation | Unset = UNSET
    list_name_format: NameFormat
    custom_list_name_format_value: str | Unset = UNSET
    import_status: ImportStatusBody | Unset = UNSET
    self_uri: str


class ImportTemplateListing(Listing, frozen=True, kw_only=True):
    entities: list[ImportTemplateBody]


class SentSplitting(Sent, frozen=True, kw_only=True):
    criteria: str | None = None
    criteria_value: str | int | None = None
    create_remainder_contact_list: bool | None = None
    use_waterfall_rule: bool | None = None


class SentImportTemplate(Sent, frozen=True, kw_only=True):
    """An import template to be made or changed. `version` has to be the current one in a change."""

    id: ServersOwn = None
    name: str | None = None
    date_created: ServersOwn = None
    date_modified: ServersOwn = None
    version: Int64 | None = None
    contact_list_template: SentReference | None = None
    contact_list_filter: SentReference | None = None
    use_splitting_criteria: bool | None = None
    splitting_information: SentSplitting | None = None
    list_name_format: str | None = None
    custom_list_name_format_value: str | None = None
    import_status: ServersOwn = None
    self_uri: ServersOwn = None


_TEXT = {"type": "string"}
_FIELDS = (
    *("id", "contact-id-name", "importTemplateId", "listNamePrefix", "divisionIdForTargetContactLists"),
    *("clearSystemData", "retentionTypeColumn", "retentionDaysColumn", "retentionDateExpirationColumn"),
    *("phoneColumns", "emailColumns", "whatsAppColumns", "customExclusionColumns", "expirationDateTimeColumn"),
)
_UPLOAD_FORM = {
    "multipart/form-data": {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "fileType": {"type": "string", "enum": ["contactlist", "dnclist"]},
            **dict.fromkeys(_FIELDS, _TEXT),
        },
        "required": ["file", "fileType"],
    }
}
_FILE = {name: {"type": "string", "format": "binary"} for name in ("text/csv", "application/octet-stream")}
_SIGNED_PUT = tuple(
    Parameter(name, str, "As the address has it.", required=True)
    for name in ("X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")
)
_SIGNED_GET = tuple(Parameter(name, str, "As the address has it.", required=True) for name in ("Expires", "Signature"))
DOWNLOAD = Parameter("download", str, '"true": a redirect to the file.')
_NO_EXPORT = {404: ("contact.list.not.found", "no.available.list.export.uri")}
_LEVEL: Any = Literal["INFO", "WARNING", "ERROR"]

JOBS = {
    "import.upload": Described(
        summary="Upload a file; parts may come in any order",
        form=_UPLOAD_FORM,
        answer=UploadStarted,
        codes={
            400: ("dnc.source.operation.not.supported",),
            404: ("contact.list.not.found", "resource.not.found", "dnc.list.not.found"),
        },
    ),
    "import.presign": Described(
        summary="An address to put a file to",
        body=ContactListUploadUrlRequest,
        answer=UploadUrl,
        codes={400: ("invalid.value",), 404: ("contact.list.not.found", "resource.not.found")},
    ),
    "presigned.put": Described(
        summary="Put a file to a signed address; refusals are XML, as object stores give them",
        query=_SIGNED_PUT,
        form=_FILE,
        media_type="application/xml",
        errors=str,
        codes={
            400: ("InvalidArgument", "EntityTooLarge"),
            403: ("AccessDenied", "SignatureDoesNotMatch"),
            411: ("MissingContentLength",),
        },
    ),
    "import.status": Described(summary="How far an import is", answer=ImportStatusBody, codes=LIST_NOT_FOUND),
    "export.create": Described(
        summary="Ask for an export",
        body=ContactsExportRequest,
        example={},
        optional_body=True,
        answer=ExportStarted,
        codes={
            400: ("invalid.contact.columns", "invalid.value"),
            404: ("contact.list.not.found", "contact.list.filter.not.found"),
        },
    ),
    "export.get": Described(
        summary="Where the newest export is", query=(DOWNLOAD,), answer=ExportUri, redirects=True, codes=_NO_EXPORT
    ),
    "export.download": Described(
        summary="The way to the signed address of a file",
        query=(
            Parameter("issueRedirect", str, '"false": the address as JSON.'),
            Parameter("contentDisposition", str, "Not looked at."),
            Parameter("redirectToAuth", str, "Not looked at."),
        ),
        answer=DownloadUrl,
        redirects=True,
    ),
    "export.file": Described(
        summary="The file, by its signed address",
        query=_SIGNED_GET,
        media_type="text/csv",
        codes={403: ("access.denied",), 410: ("gone",)},
    ),
    "events.list": Described(
        summary="A page of the event log",
        query=(
            *PAGING,
            Parameter("filterType", NameFilter, "How `category` is compared; Equals unless told."),
            Parameter("category", str, "Only of this category."),
            Parameter("level", _LEVEL, "Only of this level."),
            Parameter("sortBy", Literal["timestamp", "level", "category", "id"], "timestamp unless told."),
            Parameter("sortOrder", SortOrder),
        ),
        answer=EventLogListing,
        codes={400: ("invalid.value",)},
    ),
    "events.get": Described(summary="An entry of the event log", answer=EventLogBody, codes=NOT_FOUND),
}
