"""Contacts and bulk jobs."""

from typing import Annotated, Literal, get_args

from msgspec import UNSET, Meta, field
from msgspec import UnsetType as Unset

from mockserver.operations.bodies import (
    Answered,
    Count,
    Int64,
    Listing,
    Moment,
    Percent,
    Sent,
    ServersOwn,
    Uri,
    one_of,
)
from mockserver.operations.operation import LIST, LIST_NOT_FOUND, Operation, Parameter

Media = Literal["Voice", "Sms", "Email", "WhatsApp"]  # Source: tests of Terraform provider 1.84.1
MessageType = Literal["Sms", "Email", "WhatsApp"]
ContactRetention = Literal["Never", "Today", "RetentionDays", "DateExpiration"]
FilterType = Literal["AND", "OR"]
ColumnType = Literal["numeric", "alphabetic"]
Operator = Literal[
    "EQUALS",
    "LESS_THAN",
    "LESS_THAN_EQUALS",
    "GREATER_THAN",
    "GREATER_THAN_EQUALS",
    "CONTAINS",
    "BEGINS_WITH",
    "ENDS_WITH",
    "BEFORE",
    "AFTER",
    "BETWEEN",
    "IN",
]
Direction = Literal["ASC", "DESC"]
FromOne = Annotated[int, Meta(extra_json_schema={"minimum": 1})]  # the handler says what is wrong with another
Scalar = str | int | float | bool
Cells = Annotated[
    dict[str, Scalar | None], Meta(description="Values by column. What is no text becomes one, null an empty one.")
]


class PhoneNumberStatus(Answered, frozen=True, kw_only=True):
    callable: bool


class ColumnStatus(Answered, frozen=True, kw_only=True):
    contactable: bool


class ContactableStatus(Answered, frozen=True, kw_only=True):
    contactable: bool
    column_status: dict[str, ColumnStatus]


class MessageEvaluation(Answered, frozen=True, kw_only=True):
    contact_column: str | Unset = UNSET
    contact_address: str | Unset = UNSET
    message_type: MessageType | Unset = UNSET
    wrapup_code_id: str | Unset = UNSET
    timestamp: str | Unset = UNSET


class ConfigurationOverrides(Answered, frozen=True, kw_only=True):
    priority: bool


class CallRecord(Answered, frozen=True, kw_only=True):
    last_attempt: Moment | Unset = UNSET
    last_result: str | Unset = UNSET


class DialerContact(Answered, frozen=True, kw_only=True):
    id: str
    contact_list_id: str
    data: dict[str, str]
    call_records: dict[str, CallRecord]
    callable: bool
    phone_number_status: dict[str, PhoneNumberStatus]
    contactable_status: dict[Media, ContactableStatus] | Unset = UNSET
    latest_sms_evaluations: dict[str, MessageEvaluation] | Unset = UNSET
    latest_email_evaluations: dict[str, MessageEvaluation] | Unset = UNSET
    latest_whats_app_evaluations: dict[str, MessageEvaluation] | Unset = UNSET
    configuration_overrides: ConfigurationOverrides
    retention_type: ContactRetention | Unset = UNSET
    retention_days: int | Unset = UNSET
    date_expiration: Moment | Unset = UNSET
    date_created: Moment
    self_uri: str


class ContactListing(Listing, frozen=True, kw_only=True):
    """`total` of the contacts match, `contactsCount` are in the list."""

    entities: list[DialerContact]
    contacts_count: Count


class SentPhoneNumberStatus(Sent, frozen=True, kw_only=True):
    callable: bool


class SentColumnStatus(Sent, frozen=True, kw_only=True):
    contactable: bool


class SentContactableStatus(Sent, frozen=True, kw_only=True):
    contactable: bool
    column_status: dict[str, SentColumnStatus] = field(default_factory=dict)


class SentEvaluation(Sent, frozen=True, kw_only=True, omit_defaults=True):
    contact_column: str | None = None
    contact_address: str | None = None
    message_type: MessageType | None = None
    wrapup_code_id: str | None = None
    timestamp: str | None = None


class SentOverrides(Sent, frozen=True, kw_only=True):
    priority: bool = False


class ContactAttributes(Sent, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """What is said of a contact besides its data, and kept. Source: SDK 269.0.0 models/writable_dialer_contact.py."""

    callable: bool | None = None
    phone_number_status: dict[str, SentPhoneNumberStatus] | None = None
    contactable_status: dict[Media, SentContactableStatus] | None = None
    latest_sms_evaluations: dict[str, SentEvaluation] | None = None
    latest_email_evaluations: dict[str, SentEvaluation] | None = None
    latest_whats_app_evaluations: dict[str, SentEvaluation] | None = None
    configuration_overrides: SentOverrides | None = None
    retention_type: ContactRetention | None = None
    retention_days: Int64 | None = None
    date_expiration: str | None = None


class ContactPatch(ContactAttributes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be said of a contact."""

    id: str | None = None
    name: ServersOwn = None
    contact_list_id: str | None = None
    data: Cells | None = None
    call_records: ServersOwn = None
    contact_column_time_zones: ServersOwn = None
    date_created: ServersOwn = None
    self_uri: ServersOwn = None


class SentContact(ContactPatch, frozen=True, kw_only=True):
    """A contact whose `id` is known is changed; one without gets an id of the server's."""

    data: Cells


class Range(Sent, frozen=True, kw_only=True, omit_defaults=True):
    min: Scalar | None = None
    max: Scalar | None = None
    min_inclusive: bool | None = None
    max_inclusive: bool | None = None
    in_set: list[Scalar] | None = None


class Predicate(Sent, frozen=True, kw_only=True, omit_defaults=True):
    """BETWEEN and IN need a `range`, the other operators a `value`."""

    column: str
    operator: Annotated[str, one_of(get_args(Operator))]
    column_type: Annotated[str, one_of(get_args(ColumnType))] | None = None
    value: Scalar | None = None
    range: Range | None = None
    inverted: bool | None = None
    column_data_type: ServersOwn = None

    @property
    def is_numeric(self) -> bool:
        return self.column_type == "numeric"


class Clause(Sent, frozen=True, kw_only=True, omit_defaults=True):
    filter_type: Annotated[str, one_of(get_args(FilterType))] | None = None
    predicates: list[Predicate] | None = None


class Criteria(Sent, frozen=True, kw_only=True):
    filter_type: Annotated[str, one_of(get_args(FilterType))] | None = None
    clauses: list[Clause] | None = None


class ContactSort(Sent, frozen=True, kw_only=True):
    field_name: str
    direction: Annotated[str, one_of(get_args(Direction))] | None = None
    numeric: bool | None = None


class ContactListingRequest(Sent, frozen=True, kw_only=True):
    contact_list_filter_id: str | None = None
    criteria: Criteria | None = None
    page_number: FromOne | None = None
    page_size: FromOne | None = None
    contact_sorts: list[ContactSort] | None = None


class Selection(Sent, frozen=True, kw_only=True):
    """Some contacts of a list."""

    contact_list_filter_id: str | None = None
    criteria: Criteria | None = None
    contact_ids: list[str] | None = None

    @property
    def ways(self) -> list[str]:
        """Which of the ways it is said in."""
        said = {
            "contactListFilterId": self.contact_list_filter_id,
            "criteria": self.criteria,
            "contactIds": self.contact_ids,
        }
        return [name for name, value in said.items() if value is not None]


class ContactsExportRequest(Selection, frozen=True, kw_only=True):
    """At most one of the three; none is the whole list."""


class ContactBulkSearchParameters(Sent, frozen=True, kw_only=True):
    """One of a filter and criteria."""

    contact_list_filter_id: str | None = None
    criteria: Criteria | None = None
    generate_download_uri: bool | None = field(default=None, name="generateDownloadURI")


class ContactBulkEditRequest(ContactBulkSearchParameters, frozen=True, kw_only=True):
    """One of a filter, criteria and ids."""

    contact_ids: list[str] | None = None
    contact: ContactPatch


class FailureReason(Answered, frozen=True, kw_only=True):
    message: str
    code: str


class ContactsBulkOperationJob(Answered, frozen=True, kw_only=True):
    id: str
    state: Literal["InProgress", "Complete", "Failed"]
    type: Literal["BulkDelete", "BulkEdit"]
    total_records: Count
    completed_records: Count
    percent_complete: Percent
    failure_reason: FailureReason | Unset = UNSET
    download_uri: Uri | Unset = field(default=UNSET, name="downloadURI")
    self_uri: str


class ContactsBulkOperationJobListing(Answered, frozen=True, kw_only=True):
    entities: list[ContactsBulkOperationJob]
    total: Count
    self_uri: str


_CONTACT_RULES = (
    "invalid.contact.columns",
    "invalid.contact.id",
    "invalid.zip.code.contact.value",
    "contact.datum.length.limit.exceeded",
    "invalid.value",
    "invalid.date",
)
_CONTACT_NOT_FOUND = {404: ("contact.list.not.found", "resource.not.found")}
_SELECTED = {
    400: ("invalid.contact.columns", "invalid.value"),
    404: ("contact.list.not.found", "contact.list.filter.not.found"),
}

_CONTACT = {"data": {"Lead ID": "L-0000001", "Phone": "+15550100001"}}
_SEARCHED = {
    "criteria": {"clauses": [{"predicates": [{"column": "Lead ID", "operator": "BEGINS_WITH", "value": "L-"}]}]}
}

_CONTACTS = LIST + "/contacts"
_ONE = _CONTACTS + "/{contact_id}"
_BULK = _CONTACTS + "/bulk"
_VIEW, _EDIT, _DELETE = "outbound:contact:view", "outbound:contact:edit", "outbound:contact:delete"
_VIEW_LISTS = "outbound:contactList:view"

CONTACTS = (
    Operation(
        "contacts.add", "POST", _CONTACTS, "contacts.add", "outbound:contact:add",
        summary="Add contacts, and change those whose id is known",
        query=(
            Parameter("priority", bool, "Kept as configurationOverrides."),
            Parameter("clearSystemData", bool, "Forget what is known of the contacts besides their data."),
            Parameter("doNotQueue", bool, "Checked; nothing is ever dialled here."),
        ),
        body=list[SentContact], example=[_CONTACT], answer=list[DialerContact],
        codes={
            400: (
                *_CONTACT_RULES,
                "too.many.contacts.added",
                "contact.list.limit.exceeded",
                "organization.contact.limit.exceeded",
            ),
            **LIST_NOT_FOUND,
        },
    ),
    Operation(
        "contacts.delete_many", "DELETE", _CONTACTS, "contacts.delete_many", _DELETE,
        summary="Delete contacts; unknown ids are passed over",
        query=(Parameter("contactIds", str, "The contacts.", many=True, required=True),),
        codes={400: ("no.contacts.specified", "too.many.contacts.added"), **LIST_NOT_FOUND},
    ),
    Operation(
        "contacts.bulk", "POST", _BULK, "contacts.bulk", _VIEW,
        summary="Contacts by id; unknown ids are passed over", body=list[str], answer=list[DialerContact],
        codes={400: ("too.many.contacts.requested",), **LIST_NOT_FOUND},
    ),
    Operation(
        "contacts.search", "POST", _CONTACTS + "/search", "contacts.search", _VIEW,
        summary="A page of the contacts that match", body=ContactListingRequest,
        example=_SEARCHED | {"pageNumber": 1, "pageSize": 100}, optional_body=True, answer=ContactListing,
        codes=_SELECTED,
    ),
    Operation(
        "contacts.get", "GET", _ONE, "contacts.get", _VIEW,
        summary="A contact", answer=DialerContact, codes=_CONTACT_NOT_FOUND,
    ),
    Operation(
        "contacts.update", "PUT", _ONE, "contacts.update", _EDIT,
        summary="Change a contact", body=SentContact, example=_CONTACT, answer=DialerContact,
        codes={400: (*_CONTACT_RULES, "contact.does.not.exist"), **LIST_NOT_FOUND},
    ),
    Operation(
        "contacts.delete", "DELETE", _ONE, "contacts.delete", _DELETE,
        summary="Delete a contact", codes=_CONTACT_NOT_FOUND,
    ),
    Operation(
        "contacts.bulk_remove", "POST", _BULK + "/remove", "bulk_jobs.remove", _DELETE,
        summary="Start to delete contacts", body=ContactBulkSearchParameters, example=_SEARCHED,
        answer=ContactsBulkOperationJob, status=(200, 202), codes=_SELECTED,
    ),
    Operation(
        "contacts.bulk_update", "POST", _BULK + "/update", "bulk_jobs.update", _EDIT,
        summary="Start to change contacts", body=ContactBulkEditRequest,
        example=_SEARCHED | {"contact": {"callable": False}}, answer=ContactsBulkOperationJob, status=(200, 202),
        codes={**_SELECTED, 400: tuple(dict.fromkeys((*_SELECTED[400], *_CONTACT_RULES)))},
    ),
    Operation(
        "contacts.bulk_jobs", "GET", _BULK + "/jobs", "bulk_jobs.jobs", _VIEW_LISTS,
        summary="The latest bulk jobs of a list, the newest first", answer=ContactsBulkOperationJobListing,
        codes=LIST_NOT_FOUND,
    ),
    Operation(
        "contacts.bulk_job", "GET", _BULK + "/jobs/{job_id}", "bulk_jobs.job", _VIEW_LISTS,
        summary="How far a bulk job is", answer=ContactsBulkOperationJob, codes=_CONTACT_NOT_FOUND,
    ),
)  # fmt: skip
