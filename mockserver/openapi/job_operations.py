"""Imports, exports and the event log."""

from typing import Any, Literal

from .contact_shapes import ContactsExportRequest
from .described import LIST_NOT_FOUND, NOT_FOUND, PAGING, Described, NameFilter, Parameter, SortOrder
from .job_shapes import (
    ContactListUploadUrlRequest,
    DownloadUrl,
    EventLog,
    EventLogListing,
    ExportStarted,
    UploadStarted,
)
from .shapes import ExportUri, ImportStatus, UploadUrl

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
    "import.status": Described(summary="How far an import is", answer=ImportStatus, codes=LIST_NOT_FOUND),
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
    "events.get": Described(summary="An entry of the event log", answer=EventLog, codes=NOT_FOUND),
}
