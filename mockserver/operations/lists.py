"""Contact lists and their templates."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import UNSET
from msgspec import UnsetType as Unset

from mockserver import model
from mockserver.operations.bodies import (
    Answered,
    Count,
    DomainEntityRef,
    ImportStatusBody,
    Int64,
    Moment,
    Sent,
    SentNamed,
    SentReference,
    ServersOwn,
    listing_of,
    one_of,
)
from mockserver.operations.operation import (
    ALLOW_EMPTY,
    DIVISIONS,
    IDS,
    LIST,
    LIST_NOT_FOUND,
    LISTED,
    LISTS,
    NOT_FOUND,
    PAGING,
    PAST_THE_END,
    SIZE_AND_IMPORT,
    Operation,
    Parameter,
)

RetentionType = Literal["Never", "Today", "RetentionDays"]
DataType = Literal["NUMERIC", "TEXT", "TIMESTAMP", "DATETIME"]


class ContactColumnBody(Answered, frozen=True, kw_only=True):
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
    phone_columns: list[ContactColumnBody]
    email_columns: list[ContactColumnBody]
    whats_app_columns: list[ContactColumnBody]
    size: Count | Unset = UNSET
    import_status: ImportStatusBody | Unset = UNSET
    self_uri: str


class ContactListTemplate(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    column_names: list[str]
    phone_columns: list[ContactColumnBody] | Unset = UNSET
    email_columns: list[ContactColumnBody] | Unset = UNSET
    whats_app_columns: list[ContactColumnBody] | Unset = UNSET
    self_uri: str
    date_created: Moment
    date_modified: Moment | Unset = UNSET
    version: Count
    preview_mode_column_name: str | Unset = UNSET
    preview_mode_accepted_values: list[str] | Unset = UNSET
    attempt_limits: DomainEntityRef | Unset = UNSET
    automatic_time_zone_mapping: bool
    zip_code_column_name: str | Unset = UNSET
    column_data_type_specifications: list[ColumnDataTypeSpecification] | Unset = UNSET
    trim_whitespace: bool
    retention_type: RetentionType | Unset = UNSET
    retention_days: int | Unset = UNSET
    time_zone: str | Unset = UNSET


class ContactListBody(ContactListTemplate, frozen=True, kw_only=True):
    """`size` and `importStatus` are there if they were asked for."""

    division: DomainEntityRef | Unset = UNSET
    date_expiration: Moment | Unset = UNSET
    size: Count | Unset = UNSET
    import_status: ImportStatusBody | Unset = UNSET


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


class SentContactList(SentNamed, frozen=True, kw_only=True):
    """A contact list to be made or changed. `version` has to be the current one in a change."""

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
    retention_type: Annotated[str, one_of(get_args(RetentionType), documented=False)] | None = None
    retention_days: Int64 | None = None
    date_expiration: str | None = None
    time_zone: str | None = None


class SentListChange(Sent, frozen=True, kw_only=True):
    """Of many lists only these settings can be changed."""

    retention_type: Annotated[str, one_of(get_args(RetentionType), documented=False)] | None = None
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
    entity: ContactListBody | Unset = UNSET
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


# Source: SDK 269.0.0 outbound_api.py, get_outbound_contactlists: any field may be named.
_FIELDS = tuple(
    Parameter(each.encode_name, str, "Only lists with this value; prefixes such as `greaterthan:` compare.")
    for each in msgspec.structs.fields(model.ContactList)
    if each.encode_name not in ("id", "name", "division")
)

_BLANK_OR_TAKEN = ("name.cannot.be.blank", "name.length.exceeded", "duplicate.name")
_COLUMNS = (
    "no.contact.columns.defined",
    "contact.columns.limit.exceeded",
    "not.unique.contact.columns",
    "contact.column.length.limit.exceeded",
    "contact.list.both.phone.email.column.empty",
    "contact.columns.do.not.contain.phone.number.column",
    "not.unique.phone.columns",
    "invalid.contact.phone.column",
    "system.column.phone.column",
    "cannot.have.callable.time.column.with.automatic.time.zone.mapping",
    "cannot.have.zip.code.column.without.automatic.time.zone.mapping",
    "invalid.zip.code.column",
    "invalid.value",
    "invalid.date",
)
LIST_RULES = (*_BLANK_OR_TAKEN, *_COLUMNS)
_CREATE = {400: (*LIST_RULES, "max.entity.count.reached", "invalid.create")}
_UPDATE = {
    400: (
        *LIST_RULES,
        "cannot.update.contact.column.names",
        "cannot.update.phone.columns",
        "cannot.edit.automatic.time.zone.mapping.settings",
        "invalid.update",
    ),
    409: ("invalid.update.wrong.version",),
    **NOT_FOUND,
}
_LISTED = (*LISTED, IDS, DIVISIONS, *_FIELDS, *SIZE_AND_IMPORT)

COLUMNS = {"columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}

_VIEWS = LISTS + "/divisionviews"
_VIEW, _EDIT, _DELETE = "outbound:contactList:view", "outbound:contactList:edit", "outbound:contactList:delete"
_SEARCH = "outbound:contactList:search"


CONTACT_LISTS = (
    Operation(
        "lists.create", "POST", LISTS, "lists.create", "outbound:contactList:add",
        summary="Create a contact list", body=SentContactList, example={"name": "January", **COLUMNS},
        answer=ContactListBody, codes=_CREATE,
    ),
    Operation(
        "lists.list", "GET", LISTS, "lists.list", _VIEW,
        summary="A page of the contact lists", query=(*_LISTED, ALLOW_EMPTY),
        answer=listing_of(ContactListBody, "ContactListEntity"),
        codes={400: ("invalid.value", "too.many.bulk.retrieves"), **PAST_THE_END},
    ),
    Operation(
        "lists.delete_many", "DELETE", LISTS, "lists.delete_many", _DELETE,
        summary="Delete contact lists", query=(Parameter("id", str, "The lists.", many=True, required=True),),
        status=204, codes={400: ("too.many.deletes",), 409: ("bulk.delete.conflict",)},
    ),
    Operation(
        "lists.bulk_update", "POST", LISTS + "/bulk/update", "lists.bulk_update", _EDIT,
        summary="Change retention and time zone of contact lists", body=ContactListsBulkEdit,
        answer=ContactListsBulkEditResponse, codes={400: ("too.many.bulk.updates",)},
    ),
    Operation(
        "lists.division_views", "GET", _VIEWS, "lists.division_views", _SEARCH,
        summary="A page of the contact lists in their short form",
        query=_LISTED, answer=listing_of(ContactListDivisionView),
        codes={400: ("invalid.value", "too.many.bulk.retrieves")},
    ),
    Operation(
        "lists.division_view", "GET", _VIEWS + "/{contact_list_id}", "lists.division_view", _SEARCH,
        summary="A contact list in its short form", query=SIZE_AND_IMPORT, answer=ContactListDivisionView,
        codes={400: ("invalid.value",), **LIST_NOT_FOUND},
    ),
    Operation(
        "lists.time_zones", "GET", LIST + "/timezonemappingpreview", "lists.time_zones", _VIEW,
        summary="How many contacts are in which time zone", answer=TimeZoneMappingPreview, codes=LIST_NOT_FOUND,
    ),
    Operation(
        "lists.get", "GET", LIST, "lists.get", _VIEW,
        summary="A contact list", query=SIZE_AND_IMPORT, answer=ContactListBody,
        codes={400: ("invalid.value",), **LIST_NOT_FOUND},
    ),
    Operation(
        "lists.update", "PUT", LIST, "lists.update", _EDIT,
        summary="Change a contact list", body=SentContactList, example={"name": "February", "version": 1, **COLUMNS},
        answer=ContactListBody, codes=_UPDATE,
    ),
    Operation(
        "lists.delete", "DELETE", LIST, "lists.delete", _DELETE,
        summary="Delete a contact list, unless an import runs",
        codes={400: ("contact.list.import.in.progress", "contact.list.in.use"), **NOT_FOUND},
    ),
    Operation(
        "lists.clear", "POST", LIST + "/clear", "lists.clear", "outbound:contact:delete",
        summary="Delete all contacts of a list", status=204, codes=LIST_NOT_FOUND,
    ),
    Operation(
        "messaging_campaigns.list", "GET", "/api/v2/outbound/messagingcampaigns", "messaging_campaigns.list",
        "outbound:messagingCampaign:view", summary="A page of the messaging campaigns, which are none",
        query=(*PAGING, Parameter("contactListId", str, "Only those that use this list.")),
        answer=listing_of(DomainEntityRef, "MessagingCampaign"), codes={400: ("invalid.value",)},
    ),
)  # fmt: skip
