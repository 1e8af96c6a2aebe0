"""Imports, exports and the event log."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from msgspec import UnsetType as Unset

from mockserver.operations.bodies import (
    Answered,
    DomainEntityRef,
    ExportUri,
    ImportStatusBody,
    Moment,
    Sent,
    UploadUrl,
    Uri,
    listing_of,
    one_of,
)
from mockserver.operations.contacts import ContactsExportRequest
from mockserver.operations.operation import (
    LIST,
    LIST_NOT_FOUND,
    LISTS,
    NOT_FOUND,
    PAGING,
    NameFilter,
    Operation,
    Parameter,
    SortOrder,
)

CSV = "text/csv"
EXCEL = ("application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
LONGEST_TIMEOUT_S = 604_800

# Their handlers say what is wrong with other values.
ContentType = Annotated[Any, one_of((CSV, *EXCEL))]
Timeout = Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": LONGEST_TIMEOUT_S})]


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

_UPLOAD, _VIEW = "outbound:contactList:upload", "outbound:contactList:view"
_EXPORT, _EVENT_LOG = "outbound:contact:view outbound:contactList:view", "outbound:eventLog:view"
_EVENTS = "/api/v2/outbound/events"

FILES = (
    Operation(
        "import.upload", "POST", "/uploads/v2/contactlist", "uploads.form", _UPLOAD, counts=False, streamed=True,
        summary="Upload a file; parts may come in any order", form=_UPLOAD_FORM, answer=UploadStarted,
        codes={
            400: ("invalid.value", "dnc.source.operation.not.supported"),
            404: ("contact.list.not.found", "resource.not.found", "dnc.list.not.found"),
        },
    ),
    Operation(
        "import.presign", "POST", LISTS + "/uploads", "uploads.address", _UPLOAD,
        summary="An address to put a file to", body=ContactListUploadUrlRequest, answer=UploadUrl,
        codes={400: ("invalid.value",), 404: ("contact.list.not.found", "resource.not.found")},
    ),
    Operation(
        "presigned.put", "PUT", "/presigned/{upload_key:.+}", "presigned.put", auth=False, streamed=True,
        summary="Put a file to a signed address; refusals are XML, as object stores give them", query=_SIGNED_PUT,
        form=_FILE, media_type="application/xml", errors=str,
        codes={
            400: ("InvalidArgument", "EntityTooLarge"),
            403: ("AccessDenied", "SignatureDoesNotMatch"),
            411: ("MissingContentLength",),
        },
    ),
    Operation(
        "import.status", "GET", LIST + "/importstatus", "imports.status", _VIEW,
        summary="How far an import is", answer=ImportStatusBody, codes=LIST_NOT_FOUND,
    ),
    Operation(
        "export.create", "POST", LIST + "/export", "exports.create", _EXPORT,
        summary="Ask for an export", body=ContactsExportRequest, example={}, optional_body=True, answer=ExportStarted,
        codes={
            400: ("invalid.contact.columns", "invalid.value"),
            404: ("contact.list.not.found", "contact.list.filter.not.found"),
        },
    ),
    Operation(
        "export.get", "GET", LIST + "/export", "exports.get", _EXPORT,
        summary="Where the newest export is", query=(DOWNLOAD,), answer=ExportUri, redirects=True, codes=_NO_EXPORT,
    ),
    Operation(
        "export.download", "GET", "/api/v2/downloads/{download_id}", "downloads.download",
        summary="The way to the signed address of a file",
        query=(
            Parameter("issueRedirect", str, '"false": the address as JSON.'),
            Parameter("contentDisposition", str, "Not looked at."),
            Parameter("redirectToAuth", str, "Not looked at."),
        ),
        answer=DownloadUrl, redirects=True,
    ),
    Operation(
        "export.file", "GET", "/downloads/{download_id}", "downloads.file", auth=False,
        summary="The file, by its signed address", query=_SIGNED_GET, media_type="text/csv",
        codes={403: ("access.denied",), 410: ("gone",)},
    ),
    Operation(
        "events.list", "GET", _EVENTS, "events.list", _EVENT_LOG,
        summary="A page of the event log",
        query=(
            *PAGING,
            Parameter("filterType", NameFilter, "How `category` is compared; Equals unless told."),
            Parameter("category", str, "Only of this category."),
            Parameter("level", _LEVEL, "Only of this level."),
            Parameter("sortBy", Literal["timestamp", "level", "category", "id"], "timestamp unless told."),
            Parameter("sortOrder", SortOrder),
        ),
        answer=listing_of(EventLogBody), codes={400: ("invalid.value",)},
    ),
    Operation(
        "events.get", "GET", _EVENTS + "/{event_id}", "events.get", _EVENT_LOG,
        summary="An entry of the event log", answer=EventLogBody, codes=NOT_FOUND,
    ),
)  # fmt: skip
