"""DNC lists as they are sent and answered."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta
from msgspec import UnsetType as Unset

from .job_shapes import ContentType, Timeout
from .shapes import (
    Answered,
    Count,
    DomainEntityRef,
    ImportStatus,
    Int64,
    Listing,
    Moment,
    Sent,
    SentReference,
    ServersOwn,
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
    import_status: ImportStatus | Unset = UNSET
    self_uri: str


class DncList(DncListDivisionView, frozen=True, kw_only=True):
    date_created: Moment
    date_modified: Moment
    version: Count
    login_id: str | Unset = UNSET
    campaign_id: str | Unset = UNSET
    dnc_codes: list[str] | Unset = UNSET
    license_id: str | Unset = UNSET
    custom_exclusion_column: str | Unset = UNSET


class DncListListing(Listing, frozen=True, kw_only=True):
    entities: list[DncList]


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
