"""What a contact list may look like: every refusal of create and update, in a fixed order.

Source of codes and messages: official swagger of 2018-03-21; where it has a code without a message, ours.
`contact.columns.dont.match` and `invalid.create` are not given: the former is about a field that is gone, and nothing
says what the latter means.
"""

from collections.abc import Iterator, Sequence

import msgspec

from mockserver.clock import date_in
from mockserver.errors import BadRequest, invalid_value
from mockserver.http.validation import name_problems
from mockserver.model import ColumnDataType, ContactColumn, ContactList, Reference
from mockserver.operations.lists import SentColumn, SentContactList
from mockserver.profile import PlatformLimits

SYSTEM_COLUMNS = frozenset(
    (
        *("inin-outbound-id", "ContactCallable", "ContactableByVoice", "ContactableBySms", "ContactableByEmail"),
        "ZipCodeAutomaticTimeZone",
    )
)
_SYSTEM_PREFIXES = (
    *("CallRecordLastAttempt-", "CallRecordLastResult-", "CallRecordLastAgentWrapup-", "SmsLastAttempt-"),
    *("SmsLastResult-", "Callable-", "ContactableByVoice-", "ContactableBySms-", "AutomaticTimeZone-"),
)
_RETENTION_TYPES = ("Never", "Today", "RetentionDays")  # Source: SDK 269.0.0 models/contact_list.py


def problems(new: ContactList, limits: PlatformLimits, others: Sequence[ContactList]) -> Iterator[BadRequest]:
    """All that is wrong with a list, the refusal that is given first."""
    yield from name_problems(new, limits, others)
    yield from _column_problems(new, limits)
    yield from _phone_problems(new)
    yield from _time_zone_problems(new)
    yield from _other_problems(new)


def count_problems(limits: PlatformLimits, others: Sequence[ContactList]) -> Iterator[BadRequest]:
    if len(others) >= limits.lists_per_org:
        yield BadRequest("The maximum contact list count has been reached.", "max.entity.count.reached")


def change_problems(old: ContactList, new: ContactList) -> Iterator[BadRequest]:
    """What an update may not change. Assumption: columns left out of it count as changed."""
    if new.column_names != old.column_names:
        yield BadRequest("The contact column names can not be updated.", "cannot.update.contact.column.names")
    if new.phone_columns != old.phone_columns:
        yield BadRequest("Phone number columns are different", "cannot.update.phone.columns")
    if _time_zone_settings(new) != _time_zone_settings(old):
        yield BadRequest(
            "Automatic time zone mapping and the zip code column cannot be changed after contact list creation",
            "cannot.edit.automatic.time.zone.mapping.settings",
        )
    if _typed_columns(new) != _typed_columns(old):
        # Assumption: they are immutable, since Terraform recreates the list, and no narrower code is known.
        yield BadRequest("Email, WhatsApp and typed columns can not be updated.", "invalid.update")


def _time_zone_settings(value: ContactList) -> tuple[object, ...]:
    return value.automatic_time_zone_mapping, value.zip_code_column_name


def _typed_columns(value: ContactList) -> tuple[object, ...]:
    return value.email_columns, value.whats_app_columns, value.column_data_type_specifications


def _column_problems(new: ContactList, limits: PlatformLimits) -> Iterator[BadRequest]:
    names = new.column_names
    if not names:
        yield BadRequest("There are no contact columns defined.", "no.contact.columns.defined")
    if len(names) > limits.columns_per_list:
        yield BadRequest("Number of contact columns must not exceed the limit.", "contact.columns.limit.exceeded")
    if len(set(names)) < len(names):
        yield BadRequest("Contact Columns contains duplicate values.", "not.unique.contact.columns")
    if any(len(name) > limits.column_name_chars for name in names):
        # Assumption: the code is made like CONTACT_COLUMN_LENGTH_LIMIT_EXCEEDED, which imports report.
        yield BadRequest(
            f"The length of a contact column exceeds the limit of {limits.column_name_chars} characters.",
            "contact.column.length.limit.exceeded",
        )
    if any(_is_unfit(name) for name in names):
        yield BadRequest("A contact column is blank or has special characters.", "bad.request")


def _is_unfit(name: str) -> bool:
    """Source: help article on CSV files, no special characters such as a backslash; which ones is an assumption."""
    return not name.strip() or any(sign in '\\"' or ord(sign) < 32 for sign in name)


def _phone_problems(new: ContactList) -> Iterator[BadRequest]:
    if not (new.phone_columns or new.email_columns or new.whats_app_columns):
        # Source: a recorded answer of 2023, before there were WhatsApp columns.
        yield BadRequest("Both email and phone columns are empty", "contact.list.both.phone.email.column.empty")
    phones = [column.column_name for column in new.phone_columns]
    if any(phone in SYSTEM_COLUMNS or phone.startswith(_SYSTEM_PREFIXES) for phone in phones):
        yield BadRequest(
            "ContactList Phone column cannot be a system defined column name.", "system.column.phone.column"
        )
    if not set(phones) <= set(new.column_names):
        yield BadRequest(
            "Every phone column must be one of the contact columns.",
            "contact.columns.do.not.contain.phone.number.column",
        )
    if len(set(phones)) < len(phones):
        yield BadRequest("Phone Number Columns contain duplicate values.", "not.unique.phone.columns")
    times = {column.callable_time_column_name for column in new.phone_columns} - {None}
    if not times <= set(new.column_names) or not all(column.type for column in new.phone_columns):
        yield BadRequest("The contact phone columns are invalid.", "invalid.contact.phone.column")
    if times and new.automatic_time_zone_mapping:
        yield BadRequest(
            "The phone columns cannot reference callable time columns when automatic time zone mapping is being used",
            "cannot.have.callable.time.column.with.automatic.time.zone.mapping",
        )


def _time_zone_problems(new: ContactList) -> Iterator[BadRequest]:
    zip_code = new.zip_code_column_name
    if zip_code is None:
        return
    if not new.automatic_time_zone_mapping:
        yield BadRequest(
            "The zip code column can only be used when automatic time zone mapping is also being used",
            "cannot.have.zip.code.column.without.automatic.time.zone.mapping",
        )
    if zip_code not in new.column_names or zip_code in {column.column_name for column in new.phone_columns}:
        yield BadRequest(
            "The zip code column must be a column of the contact list and cannot be a phone column",
            "invalid.zip.code.column",
        )


def _other_problems(new: ContactList) -> Iterator[BadRequest]:
    """Assumption: the code. Emails, WhatsApp numbers, previews and data types are about columns of the list."""
    named = {column.column_name for column in (*new.email_columns, *new.whats_app_columns)}
    named |= {each.column_name for each in new.column_data_type_specifications}
    named |= {new.preview_mode_column_name} - {None, ""}  # type: ignore[arg-type]
    for name in sorted(named - set(new.column_names)):
        yield invalid_value(name, "column", ", ".join(new.column_names))
    if new.retention_type is not None and new.retention_type not in _RETENTION_TYPES:
        yield invalid_value(new.retention_type, "retentionType", ", ".join(_RETENTION_TYPES))
    if new.retention_type == "RetentionDays" and (new.retention_days or 0) < 1:
        yield invalid_value(new.retention_days, "retentionDays", "whole numbers from 1")
    if new.date_expiration is not None and date_in(new.date_expiration) is None:
        yield BadRequest(
            "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ", "invalid.date"
        )


# The list that a contact list, as a client sends it, becomes.


def contact_list(
    spec: SentContactList, *, list_id: str, created: str, modified: str, version: int, home: Reference
) -> ContactList:
    """The list that `spec` describes. Assumption: a division that is not the home division is taken as named."""
    division = Reference(id=spec.division.id) if spec.division and spec.division.id not in (None, home.id) else home
    return ContactList(
        id=list_id,
        name=spec.name or "",
        date_created=created,
        date_modified=modified,
        version=version,
        division=division,
        column_names=tuple(spec.column_names or ()),
        phone_columns=_columns(spec.phone_columns),
        email_columns=_columns(spec.email_columns),
        whats_app_columns=_columns(spec.whats_app_columns),
        preview_mode_column_name=spec.preview_mode_column_name,
        preview_mode_accepted_values=tuple(spec.preview_mode_accepted_values or ()),
        attempt_limits=Reference(id=spec.attempt_limits.id) if spec.attempt_limits and spec.attempt_limits.id else None,
        automatic_time_zone_mapping=bool(spec.automatic_time_zone_mapping),
        zip_code_column_name=spec.zip_code_column_name,
        column_data_type_specifications=tuple(
            ColumnDataType(**msgspec.structs.asdict(each)) for each in spec.column_data_type_specifications or ()
        ),
        trim_whitespace=spec.trim_whitespace is not False,
        retention_type=spec.retention_type,
        retention_days=spec.retention_days,
        date_expiration=spec.date_expiration,
        time_zone=spec.time_zone,
    )


def _columns(sent: list[SentColumn] | None) -> tuple[ContactColumn, ...]:
    """The time column has two spellings, and one when answered.

    Source: Terraform provider, parseOutboundContactListRaw.
    """
    return tuple(
        ContactColumn(
            column_name=each.column_name,
            type=each.type,
            callable_time_column_name=each.callable_time_column_name or each.callable_time_column,
            contactable_time_column_name=each.contactable_time_column_name or each.contactable_time_column,
        )
        for each in sent or ()
    )
