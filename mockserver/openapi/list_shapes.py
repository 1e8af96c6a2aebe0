"""Contact lists as they are sent and answered."""

from typing import Literal

from msgspec import UNSET
from msgspec import UnsetType as Unset

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

RetentionType = Literal["Never", "Today", "RetentionDays"]
DataType = Literal["NUMERIC", "TEXT", "TIMESTAMP", "DATETIME"]


class CampaignListing(Listing, frozen=True, kw_only=True):
    entities: list[DomainEntityRef]


class ContactColumn(Answered, frozen=True, kw_only=True):
    """ContactPhoneNumberColumn, EmailColumn or WhatsAppColumn."""

    column_name: str
    type: str | Unset = UNSET
    callable_time_column_name: str | Unset = UNSET
    contactable_time_column_name: str | Unset = UNSET


class ColumnDataTypeSpecification(Answered, frozen=True, kw_only=True):
    column_name: str
    column_data_type: DataType | Unset = UNSET
    min: int | Unset = UNSET
    max: int | Unset = UNSET
    max_length: int | Unset = UNSET


class ContactListDivisionView(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    division: DomainEntityRef | Unset = UNSET
    column_names: list[str]
    phone_columns: list[ContactColumn]
    email_columns: list[ContactColumn]
    whats_app_columns: list[ContactColumn]
    size: Count | Unset = UNSET
    import_status: ImportStatus | Unset = UNSET
    self_uri: str


class ContactListTemplate(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    column_names: list[str]
    phone_columns: list[ContactColumn]
    email_columns: list[ContactColumn]
    whats_app_columns: list[ContactColumn]
    self_uri: str
    date_created: Moment
    date_modified: Moment
    version: Count
    preview_mode_column_name: str | Unset = UNSET
    preview_mode_accepted_values: list[str]
    attempt_limits: DomainEntityRef | Unset = UNSET
    automatic_time_zone_mapping: bool
    zip_code_column_name: str | Unset = UNSET
    column_data_type_specifications: list[ColumnDataTypeSpecification]
    trim_whitespace: bool
    retention_type: RetentionType | Unset = UNSET
    retention_days: int | Unset = UNSET
    time_zone: str | Unset = UNSET


class ContactList(ContactListTemplate, frozen=True, kw_only=True):
    """`size` and `importStatus` are there if they were asked for."""

    division: DomainEntityRef | Unset = UNSET
    date_expiration: Moment | Unset = UNSET
    size: Count | Unset = UNSET
    import_status: ImportStatus | Unset = UNSET


class ContactListTemplateListing(Listing, frozen=True, kw_only=True):
    entities: list[ContactListTemplate]


class ContactListEntityListing(Listing, frozen=True, kw_only=True):
    entities: list[ContactList]


class ContactListDivisionViewListing(Listing, frozen=True, kw_only=True):
    entities: list[ContactListDivisionView]


class SentColumn(Sent, frozen=True, kw_only=True):
    """The time column has two spellings."""

    column_name: str = ""
    type: str = ""
    callable_time_column_name: str | None = None
    callable_time_column: str | None = None
    contactable_time_column_name: str | None = None
    contactable_time_column: str | None = None


class SentDataType(Sent, frozen=True, kw_only=True):
    column_name: str
    column_data_type: DataType | None = None
    min: Int64 | None = None
    max: Int64 | None = None
    max_length: Int64 | None = None


class SentContactList(Sent, frozen=True, kw_only=True):
    """A contact list to be made or changed. `version` has to be the current one in a change."""

    id: ServersOwn = None
    name: str | None = None
    date_created: ServersOwn = None
    date_modified: ServersOwn = None
    version: Int64 | None = None
    division: SentReference | None = None
    column_names: list[str] | None = None
    phone_columns: list[SentColumn] | None = None
    email_columns: list[SentColumn] | None = None
    whats_app_columns: list[SentColumn] | None = None
    import_status: ServersOwn = None
    preview_mode_column_name: str | None = None
    preview_mode_accepted_values: list[str] | None = None
    size: ServersOwn = None
    attempt_limits: SentReference | None = None
    automatic_time_zone_mapping: bool | None = None
    zip_code_column_name: str | None = None
    column_data_type_specifications: list[SentDataType] | None = None
    trim_whitespace: bool | None = None
    retention_type: str | None = None
    retention_days: Int64 | None = None
    date_expiration: str | None = None
    time_zone: str | None = None
    self_uri: ServersOwn = None


class SentListChange(Sent, frozen=True, kw_only=True):
    """Of many lists only these settings can be changed."""

    retention_type: str | None = None
    retention_days: Int64 | None = None
    time_zone: str | None = None


class ContactListsBulkEdit(Sent, frozen=True, kw_only=True):
    contact_list_ids: list[str]
    contact_list: SentListChange


class BulkError(Answered, frozen=True, kw_only=True):
    code: str
    message: str
    status: int
    retryable: bool
    details: list[str]


class ContactListsBulkResult(Answered, frozen=True, kw_only=True):
    id: str
    success: bool
    status: int
    entity: ContactList | Unset = UNSET
    error: BulkError | Unset = UNSET


class ContactListsBulkEditResponse(Answered, frozen=True, kw_only=True):
    results: list[ContactListsBulkResult]
    error_count: Count
    error_indexes: list[Count]


class TimeZoneMappingPreview(Answered, frozen=True, kw_only=True):
    contact_list: DomainEntityRef
    contacts_per_time_zone: dict[str, Count]
    contacts_mapped_using_zip_code: dict[str, Count]
    contacts_mapped_to_a_single_zone: Count
    contacts_mapped_to_a_single_zone_using_zip_code: Count
    contacts_mapped_to_multiple_zones: Count
    contacts_mapped_to_multiple_zones_using_zip_code: Count
    contacts_in_default_window: Count
    contact_list_size: Count
