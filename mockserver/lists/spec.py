"""The list that a contact list, as a client sends it, becomes."""

import msgspec

from mockserver.model import ColumnDataType, ContactColumn, ContactList, Reference
from mockserver.operations.lists import SentColumn, SentContactList


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
