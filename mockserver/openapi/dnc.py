"""DNC lists and their entries."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from msgspec import UnsetType as Unset

from .described import (
    ALLOW_EMPTY,
    DIVISIONS,
    IDS,
    NAMED,
    NOT_FOUND,
    PAGING,
    SIZE_AND_IMPORT,
    SORTED,
    Described,
    Parameter,
)
from .jobs import DOWNLOAD, ContentType, ExportStarted, Timeout
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
)

DncSource = Literal["rds", "rds_custom", "dnc.com", "gryphon"]
ContactMethod = Literal["Email", "Phone", "Any", "WhatsApp"]
PatchAction = Literal["Add", "Remove"]


class DncListDivisionView(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    division: DomainEntityRef
    dnc_source_type: DncSource
    contact_method: ContactMethod | Unset = UNSET
    size: Count | Unset = UNSET
    import_status: ImportStatusBody | Unset = UNSET
    self_uri: str


class DncListBody(DncListDivisionView, frozen=True, kw_only=True):
    date_created: Moment
    date_modified: Moment
    version: Count
    login_id: str | Unset = UNSET
    campaign_id: str | Unset = UNSET
    dnc_codes: list[str] | Unset = UNSET
    license_id: str | Unset = UNSET
    custom_exclusion_column: str | Unset = UNSET


class DncListListing(Listing, frozen=True, kw_only=True):
    entities: list[DncListBody]


class DncListDivisionViewListing(Listing, frozen=True, kw_only=True):
    entities: list[DncListDivisionView]


class SentDncList(Sent, frozen=True, kw_only=True):
    """A DNC list to be made or changed. `version` has to be the current one in a change."""

    id: ServersOwn = None
    name: str | None = None
    date_created: ServersOwn = None
    date_modified: ServersOwn = None
    version: Int64 | None = None
    division: SentReference | None = None
    dnc_source_type: str | None = None
    contact_method: str | None = None
    login_id: str | None = None
    campaign_id: str | None = None
    dnc_codes: list[str] | None = None
    license_id: str | None = None
    custom_exclusion_column: str | None = None
    import_status: ServersOwn = None
    size: ServersOwn = None
    self_uri: ServersOwn = None


# Characters that format a number are taken off before it is looked at.
PhoneNumber = Annotated[str, Meta(pattern=r"^[ \t\-.()/]*\+?([ \t\-.()/]*[0-9]){3,15}[ \t\-.()/]*$")]
EmailAddress = Annotated[str, Meta(pattern=r"^[^\s@]{1,64}@[^\s@]{1,255}$")]
PhoneNumbers = Annotated[list[PhoneNumber], Meta(min_length=1)]
EmailAddresses = Annotated[list[EmailAddress], Meta(min_length=1)]
Entries = Annotated[list[Annotated[str, Meta(pattern=r"\S")]], Meta(min_length=1)]


class DncPatch(Sent, frozen=True, kw_only=True):
    """`expirationDateTime` is written yyyy-MM-ddTHH:mmZ."""

    action: PatchAction
    expiration_date_time: str | None = None


class DncPatchPhoneNumbers(DncPatch, frozen=True, kw_only=True):
    phone_numbers: PhoneNumbers


class DncPatchEmailAddresses(DncPatch, frozen=True, kw_only=True):
    email_addresses: EmailAddresses


class DncPatchWhatsAppNumbers(DncPatch, frozen=True, kw_only=True):
    whats_app_numbers: PhoneNumbers


class DncPatchCustomExclusionColumns(DncPatch, frozen=True, kw_only=True):
    custom_exclusion_column_entries: Entries


class DncListUploadUrlRequest(Sent, frozen=True, kw_only=True):
    id: str
    content_type: ContentType
    signed_url_timeout_seconds: Timeout | None = None
    phone_columns: str | None = None
    email_columns: str | None = None
    custom_exclusion_columns: str | None = None
    whats_app_columns: str | None = None
    expiration_date_time_column: str | None = None


_RULES = (
    "name.cannot.be.blank",
    "name.length.exceeded",
    "duplicate.name",
    "invalid.value",
    "dnc.source.configuration.invalid",
    "dnc.source.authentication.failed",
)
_LIST_NOT_FOUND = {404: ("dnc.list.not.found",)}
_UNSUPPORTED = ("dnc.source.operation.not.supported",)
_EXPIRATION = Parameter("expirationDateTime", str, "When they leave the list: yyyy-MM-ddTHH:mmZ.")
_EXPIRED_ONLY = Parameter("expiredOnly", bool, "Only what has expired.")
_LISTED = (
    *PAGING,
    *NAMED,
    *SORTED,
    IDS,
    DIVISIONS,
    Parameter("dncSourceType", DncSource, "Only of this source."),
    *SIZE_AND_IMPORT,
)


def _add_operation(kind: str, entries: Any) -> Described:
    of_phones = kind == "phone numbers"
    return Described(
        summary=f"Add {kind}",
        query=(_EXPIRATION,) if of_phones else (),
        body=entries,
        status=(200, 204) if of_phones else 204,
        codes=_ENTRY_CODES,
    )


def _change_operation(kind: str, patch: Any, field: str, entry: str) -> Described:
    example = {"action": "Add", field: [entry], "expirationDateTime": "2099-12-31T23:59Z"}
    return Described(summary=f"Add or remove {kind}", body=patch, example=example, status=204, codes=_ENTRY_CODES)


def _clear_operation(kind: str) -> Described:
    return Described(
        summary=f"Remove all {kind}, or those that have expired",
        query=(_EXPIRED_ONLY,),
        status=204,
        codes={400: ("invalid.value", *_UNSUPPORTED), **_LIST_NOT_FOUND, 501: ("not.implemented",)},
    )


_ENTRY_CODES = {
    400: (
        *_UNSUPPORTED,
        "constraint.validation",
        "invalid.value",
        "invalid.date.value",
        "dnc.records.per.list.limit.exceeded",
        "dnc.records.per.organization.limit.exceeded",
    ),
    **_LIST_NOT_FOUND,
}

DNC = {
    "dnc.create": Described(
        summary="Create a DNC list",
        body=SentDncList,
        example={"name": "Never again", "dncSourceType": "rds_custom", "customExclusionColumn": "Lead ID"},
        answer=DncListBody,
        codes={400: (*_RULES, "max.entity.count.reached")},
    ),
    "dnc.list": Described(
        summary="A page of the DNC lists",
        query=(*_LISTED, ALLOW_EMPTY),
        answer=DncListListing,
        codes={400: ("invalid.value",)},
    ),
    "dnc.get": Described(
        summary="A DNC list",
        query=SIZE_AND_IMPORT,
        answer=DncListBody,
        codes={400: ("invalid.value",), **_LIST_NOT_FOUND},
    ),
    "dnc.update": Described(
        summary="Change a DNC list",
        body=SentDncList,
        example={"name": "Not now", "version": 1, "dncSourceType": "rds", "contactMethod": "Any"},
        answer=DncListBody,
        codes={400: (*_RULES, "invalid.update"), 409: ("invalid.update.wrong.version",), **NOT_FOUND},
    ),
    "dnc.delete": Described(summary="Delete a DNC list", codes=NOT_FOUND),
    "dnc.division_views": Described(
        summary="A page of the DNC lists in their short form",
        query=_LISTED,
        answer=DncListDivisionViewListing,
        codes={400: ("invalid.value",)},
    ),
    "dnc.division_view": Described(
        summary="A DNC list in its short form",
        query=SIZE_AND_IMPORT,
        answer=DncListDivisionView,
        codes={400: ("invalid.value",), **_LIST_NOT_FOUND},
    ),
    "dnc.presign": Described(
        summary="An address to put a file of entries to",
        body=DncListUploadUrlRequest,
        answer=UploadUrl,
        codes={400: ("invalid.value", *_UNSUPPORTED), **_LIST_NOT_FOUND},
    ),
    "dnc.phones_add": _add_operation("phone numbers", PhoneNumbers),
    "dnc.phones_change": _change_operation("phone numbers", DncPatchPhoneNumbers, "phoneNumbers", "+15550100001"),
    "dnc.phones_clear": _clear_operation("phone numbers"),
    "dnc.emails_add": _add_operation("email addresses", EmailAddresses),
    "dnc.emails_change": _change_operation(
        "email addresses", DncPatchEmailAddresses, "emailAddresses", "lead@example.com"
    ),
    "dnc.emails_clear": _clear_operation("email addresses"),
    "dnc.whatsapp_change": _change_operation(
        "WhatsApp numbers", DncPatchWhatsAppNumbers, "whatsAppNumbers", "+15550100001"
    ),
    "dnc.whatsapp_clear": _clear_operation("WhatsApp numbers"),
    "dnc.custom_change": _change_operation(
        "custom exclusions", DncPatchCustomExclusionColumns, "customExclusionColumnEntries", "L-0000001"
    ),
    "dnc.custom_clear": _clear_operation("custom exclusions"),
    "dnc.import_status": Described(summary="How far an import is", answer=ImportStatusBody, codes=_LIST_NOT_FOUND),
    "dnc.export_create": Described(
        summary="Ask for an export", answer=ExportStarted, codes={400: _UNSUPPORTED, **_LIST_NOT_FOUND}
    ),
    "dnc.export_get": Described(
        summary="Where the newest export is",
        query=(DOWNLOAD,),
        answer=ExportUri,
        redirects=True,
        codes={404: ("dnc.list.not.found", "no.available.list.export.uri")},
    ),
}
