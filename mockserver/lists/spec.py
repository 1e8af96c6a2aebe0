"""A contact list as a client sends it, and the list it becomes."""

from typing import Annotated, Literal

import msgspec

from mockserver.model import ColumnDataType, ContactColumn, ContactList, Reference

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # JSON itself has no limit, a kept store has


class ColumnSpec(msgspec.Struct, rename="camel", kw_only=True):
    """A phone, email or WhatsApp column as sent; the time column has two spellings, and one when answered.

    Source: Terraform provider, parseOutboundContactListRaw.
    """

    column_name: str = ""
    type: str = ""
    callable_time_column_name: str | None = None
    callable_time_column: str | None = None
    contactable_time_column_name: str | None = None
    contactable_time_column: str | None = None

    def column(self) -> ContactColumn:
        return ContactColumn(
            column_name=self.column_name,
            type=self.type,
            callable_time_column_name=self.callable_time_column_name or self.callable_time_column,
            contactable_time_column_name=self.contactable_time_column_name or self.contactable_time_column,
        )


class DataTypeSpec(msgspec.Struct, rename="camel", kw_only=True):
    column_name: str
    column_data_type: Literal["NUMERIC", "TEXT", "TIMESTAMP", "DATETIME"] | None = None
    min: Int64 | None = None
    max: Int64 | None = None
    max_length: Int64 | None = None

    def specification(self) -> ColumnDataType:
        return ColumnDataType(
            column_name=self.column_name,
            column_data_type=self.column_data_type,
            min=self.min,
            max=self.max,
            max_length=self.max_length,
        )


class ReferenceSpec(msgspec.Struct):
    id: str | None = None


class ListSpec(msgspec.Struct, rename="camel", kw_only=True):
    """A contact list as a client sends it. What the server owns (id, dates, size, selfUri) is not even read."""

    name: str | None = None
    version: Int64 | None = None
    division: ReferenceSpec | None = None
    column_names: list[str] | None = None
    phone_columns: list[ColumnSpec] | None = None
    email_columns: list[ColumnSpec] | None = None
    whats_app_columns: list[ColumnSpec] | None = None
    preview_mode_column_name: str | None = None
    preview_mode_accepted_values: list[str] | None = None
    attempt_limits: ReferenceSpec | None = None
    automatic_time_zone_mapping: bool | None = None
    zip_code_column_name: str | None = None
    column_data_type_specifications: list[DataTypeSpec] | None = None
    trim_whitespace: bool | None = None
    retention_type: str | None = None
    retention_days: Int64 | None = None
    date_expiration: str | None = None
    time_zone: str | None = None


def contact_list(
    spec: ListSpec, *, list_id: str, created: str, modified: str, version: int, home: Reference
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
            each.specification() for each in spec.column_data_type_specifications or ()
        ),
        trim_whitespace=spec.trim_whitespace is not False,
        retention_type=spec.retention_type,
        retention_days=spec.retention_days,
        date_expiration=spec.date_expiration,
        time_zone=spec.time_zone,
    )


def _columns(specs: list[ColumnSpec] | None) -> tuple[ContactColumn, ...]:
    return tuple(spec.column() for spec in specs or ())
