"""Imports, exports, templates and the event log as they are sent and answered."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta
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


class EventMessage(Answered, frozen=True, kw_only=True):
    code: str
    message: str
    message_with_params: str
    message_params: dict[str, str]


class EventLog(Answered, frozen=True, kw_only=True):
    id: str
    timestamp: Moment
    level: Literal["INFO", "WARNING", "ERROR"]
    category: str
    correlation_id: str
    event_message: EventMessage
    error_entity: DomainEntityRef | Unset = UNSET
    related_entity: DomainEntityRef | Unset = UNSET
    self_uri: str


class EventLogListing(Listing, frozen=True, kw_only=True):
    entities: list[EventLog]


class BulkIds(Sent, frozen=True, kw_only=True):
    ids: list[str]


class SplittingInformation(Answered, frozen=True, kw_only=True):
    criteria: SplittingCriteria
    criteria_value: str
    create_remainder_contact_list: bool
    use_waterfall_rule: bool


class ImportTemplate(Answered, frozen=True, kw_only=True):
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
    import_status: ImportStatus | Unset = UNSET
    self_uri: str


class ImportTemplateListing(Listing, frozen=True, kw_only=True):
    entities: list[ImportTemplate]


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
