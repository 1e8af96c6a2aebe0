"""DNC lists and their entries."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta
from msgspec import UnsetType as Unset

from mockserver.operations.bodies import (
    Answered,
    Count,
    DomainEntityRef,
    ExportUri,
    ImportStatusBody,
    Moment,
    Sent,
    SentNamed,
    SentReference,
    ServersOwn,
    UploadUrl,
    listing_of,
    one_of,
)
from mockserver.operations.files import DOWNLOAD, ContentType, ExportStarted, Timeout
from mockserver.operations.operation import (
    ALLOW_EMPTY,
    DIVISIONS,
    IDS,
    LISTED,
    NOT_FOUND,
    SIZE_AND_IMPORT,
    Operation,
    Parameter,
)

DncSource = Literal["rds", "rds_custom", "dnc.com", "gryphon"]
ContactMethod = Literal["Email", "Phone", "Any", "WhatsApp"]


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


class SentDncList(SentNamed, frozen=True, kw_only=True):
    """A DNC list to be made or changed. `version` has to be the current one in a change."""

    division: SentReference | None = None
    dnc_source_type: Annotated[str, one_of(get_args(DncSource), documented=False)] | None = None
    contact_method: Annotated[str, one_of(get_args(ContactMethod), documented=False)] | None = None
    login_id: str | None = None
    campaign_id: str | None = None
    dnc_codes: list[str] | None = None
    license_id: str | None = None
    custom_exclusion_column: str | None = None
    import_status: ServersOwn = None
    size: ServersOwn = None


# Characters that format a number are taken off before it is looked at.
PhoneNumber = Annotated[str, Meta(pattern=r"^[ \t\-.()/]*\+?([ \t\-.()/]*[0-9]){3,15}[ \t\-.()/]*$")]
EmailAddress = Annotated[str, Meta(pattern=r"^[^\s@]{1,64}@[^\s@]{1,255}$")]
PhoneNumbers = Annotated[list[PhoneNumber], Meta(min_length=1)]
EmailAddresses = Annotated[list[EmailAddress], Meta(min_length=1)]
Entries = Annotated[list[Annotated[str, Meta(pattern=r"\S")]], Meta(min_length=1)]


class DncPatch(Sent, frozen=True, kw_only=True):
    """`expirationDateTime` is written yyyy-MM-ddTHH:mmZ."""

    action: Annotated[str, one_of(("Add", "Remove"))]
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
    *LISTED,
    IDS,
    DIVISIONS,
    Parameter("dncSourceType", DncSource, "Only of this source."),
    *SIZE_AND_IMPORT,
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

DNC_LISTS = "/api/v2/outbound/dnclists"
_ONE = DNC_LISTS + "/{dnc_list_id}"
_VIEWS = DNC_LISTS + "/divisionviews"
_VIEW, _SEARCH, _EDIT = "outbound:dncList:view", "outbound:dncList:search", "outbound:dncList:edit"
_EXPORT = "outbound:dnc:view outbound:dncList:view"


def _entry_operations(
    kind: str, path: str, noun: str, patch: Any, example: tuple[str, str], added: Any = None
) -> Iterator[Operation]:
    """`added` is the body of a POST: there is none of WhatsApp numbers or custom entries."""
    op, handler, (field, entry), of_phones = f"dnc.{kind}", f"dnc_{kind}", example, kind == "phones"
    if added is not None:
        yield Operation(
            f"{op}_add", "POST", path, f"{handler}.add", "outbound:dnc:add",
            summary=f"Add {noun}", query=(_EXPIRATION,) if of_phones else (), body=added,
            status=(200, 204) if of_phones else 204, codes=_ENTRY_CODES,
        )  # fmt: skip
    yield from (
        Operation(
            f"{op}_change", "PATCH", path, f"{handler}.change", "outbound:dnc:edit",
            summary=f"Add or remove {noun}", body=patch,
            example={"action": "Add", field: [entry], "expirationDateTime": "2099-12-31T23:59Z"}, status=204,
            codes=_ENTRY_CODES,
        ),
        Operation(
            f"{op}_clear", "DELETE", path, f"{handler}.clear", "outbound:dnc:delete",
            summary=f"Remove all {noun}, or those that have expired", query=(_EXPIRED_ONLY,), status=204,
            codes={400: ("invalid.value", *_UNSUPPORTED), **_LIST_NOT_FOUND, 501: ("not.implemented",)},
        ),
    )  # fmt: skip


DNC = (
    Operation(
        "dnc.create", "POST", DNC_LISTS, "dnc_lists.create", "outbound:dncList:add",
        summary="Create a DNC list", body=SentDncList,
        example={"name": "Never again", "dncSourceType": "rds_custom", "customExclusionColumn": "Lead ID"},
        answer=DncListBody, codes={400: (*_RULES, "max.entity.count.reached")},
    ),
    Operation(
        "dnc.list", "GET", DNC_LISTS, "dnc_lists.list", _VIEW,
        summary="A page of the DNC lists", query=(*_LISTED, ALLOW_EMPTY), answer=listing_of(DncListBody),
        codes={400: ("invalid.value",)},
    ),
    Operation(
        "dnc.presign", "POST", DNC_LISTS + "/uploads", "dnc_uploads.address", "outbound:dncList:upload",
        summary="An address to put a file of entries to", body=DncListUploadUrlRequest, answer=UploadUrl,
        codes={400: ("invalid.value", *_UNSUPPORTED), **_LIST_NOT_FOUND},
    ),
    Operation(
        "dnc.division_views", "GET", _VIEWS, "dnc_lists.division_views", _SEARCH,
        summary="A page of the DNC lists in their short form", query=_LISTED, answer=listing_of(DncListDivisionView),
        codes={400: ("invalid.value",)},
    ),
    Operation(
        "dnc.division_view", "GET", _VIEWS + "/{dnc_list_id}", "dnc_lists.division_view", _SEARCH,
        summary="A DNC list in its short form", query=SIZE_AND_IMPORT, answer=DncListDivisionView,
        codes={400: ("invalid.value",), **_LIST_NOT_FOUND},
    ),
    Operation(
        "dnc.get", "GET", _ONE, "dnc_lists.get", _VIEW,
        summary="A DNC list", query=SIZE_AND_IMPORT, answer=DncListBody,
        codes={400: ("invalid.value",), **_LIST_NOT_FOUND},
    ),
    Operation(
        "dnc.update", "PUT", _ONE, "dnc_lists.update", _EDIT,
        summary="Change a DNC list", body=SentDncList,
        example={"name": "Not now", "version": 1, "dncSourceType": "rds", "contactMethod": "Any"}, answer=DncListBody,
        codes={400: (*_RULES, "invalid.update"), 409: ("invalid.update.wrong.version",), **NOT_FOUND},
    ),
    Operation(
        "dnc.delete", "DELETE", _ONE, "dnc_lists.delete", "outbound:dncList:delete",
        summary="Delete a DNC list", codes={400: ("dnc.list.in.use",), **NOT_FOUND},
    ),
    *_entry_operations(
        "phones", _ONE + "/phonenumbers", "phone numbers", DncPatchPhoneNumbers,
        ("phoneNumbers", "+15550100001"), PhoneNumbers,
    ),
    *_entry_operations(
        "emails", _ONE + "/emailaddresses", "email addresses", DncPatchEmailAddresses,
        ("emailAddresses", "lead@example.com"), EmailAddresses,
    ),
    *_entry_operations(
        "whatsapp", _ONE + "/whatsappnumbers", "WhatsApp numbers", DncPatchWhatsAppNumbers,
        ("whatsAppNumbers", "+15550100001"),
    ),
    *_entry_operations(
        "custom", _ONE + "/customexclusioncolumns", "custom exclusions", DncPatchCustomExclusionColumns,
        ("customExclusionColumnEntries", "L-0000001"),
    ),
    Operation(
        "dnc.import_status", "GET", _ONE + "/importstatus", "dnc_imports.status", _VIEW,
        summary="How far an import is", answer=ImportStatusBody, codes=_LIST_NOT_FOUND,
    ),
    Operation(
        "dnc.export_create", "POST", _ONE + "/export", "dnc_exports.create", _EXPORT,
        summary="Ask for an export", answer=ExportStarted, codes={400: _UNSUPPORTED, **_LIST_NOT_FOUND},
    ),
    Operation(
        "dnc.export_get", "GET", _ONE + "/export", "dnc_exports.get", _EXPORT,
        summary="Where the newest export is", query=(DOWNLOAD,), answer=ExportUri, redirects=True,
        codes={404: ("dnc.list.not.found", "no.available.list.export.uri")},
    ),
)  # fmt: skip
