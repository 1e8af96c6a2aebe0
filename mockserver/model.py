"""What the mock knows about: plain values. Field names are the API's, in snake_case; camelCase appears on the wire."""

from typing import Literal

import msgspec


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    pass


class Reference(_Wire, frozen=True):
    """DomainEntityRef. Source: SDK 269.0.0 models/domain_entity_ref.py."""

    id: str
    name: str | None = None
    self_uri: str | None = None


class ContactColumn(_Wire, frozen=True):
    """ContactPhoneNumberColumn, EmailColumn, WhatsAppColumn. Source: SDK 269.0.0."""

    column_name: str
    type: str = ""
    callable_time_column_name: str | None = None
    contactable_time_column_name: str | None = None


class ColumnDataType(_Wire, frozen=True):
    column_name: str
    column_data_type: Literal["NUMERIC", "TEXT", "TIMESTAMP", "DATETIME"] | None = None
    min: int | None = None
    max: int | None = None
    max_length: int | None = None


class NamedResource(_Wire, frozen=True, kw_only=True):
    """What contact lists, DNC lists, templates and filters are. `version` rises with each update."""

    id: str
    name: str
    date_created: str
    date_modified: str
    version: int = 1


class ContactList(NamedResource, frozen=True, kw_only=True):
    """A contact list's configuration. Source: SDK 269.0.0 models/contact_list.py."""

    division: Reference | None = None
    column_names: tuple[str, ...] = ()
    phone_columns: tuple[ContactColumn, ...] = ()
    email_columns: tuple[ContactColumn, ...] = ()
    whats_app_columns: tuple[ContactColumn, ...] = ()
    preview_mode_column_name: str | None = None
    preview_mode_accepted_values: tuple[str, ...] = ()
    attempt_limits: Reference | None = None
    automatic_time_zone_mapping: bool = False
    zip_code_column_name: str | None = None
    column_data_type_specifications: tuple[ColumnDataType, ...] = ()
    trim_whitespace: bool = True
    retention_type: str | None = None
    retention_days: int | None = None
    date_expiration: str | None = None
    time_zone: str | None = None


class ImportJob(_Wire, frozen=True):
    """One uploaded CSV on its way into a list, or into nothing if it failed its checks.

    Progress is computed from elapsed time. `accepted` rows are stored, `total_records` counts all rows of the file.
    """

    id: str
    contact_list_id: str
    total_records: int
    accepted: int
    started_at: float  # s since the epoch: the upload's end plus the start delay
    records_per_s: float  # 0: at once
    failure_reason: str | None = None  # set: FAILED once `completed_at_failure` rows are through
    completed_at_failure: int = 0
    frozen_at: int | None = None  # completed records never pass this
    polls: int = 0  # 0: progress follows the time; else it is done when its state was asked for this often
    polled: int = 0


class ImportStatus(_Wire, frozen=True, omit_defaults=False):
    """Source: SDK 269.0.0 models/import_status.py. A finished import has no state at all, only 100 percent."""

    state: Literal["IN_PROGRESS", "FAILED"] | msgspec.UnsetType = msgspec.UNSET
    total_records: int | msgspec.UnsetType = msgspec.UNSET
    completed_records: int | msgspec.UnsetType = msgspec.UNSET
    percent_complete: int | msgspec.UnsetType = msgspec.UNSET
    failure_reason: str | msgspec.UnsetType = msgspec.UNSET
    target_contact_list_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET  # of an import template
    list_name_prefix: str | msgspec.UnsetType = msgspec.UNSET


class ExportJob(_Wire, frozen=True):
    """One export of a list: the rows as they were when it was asked for."""

    id: str
    contact_list_id: str
    requested_at: float
    ready_at: float
    expires_at: float
    polls: int = 0  # 0: it gets ready with the time; else when it was asked for this often
    polled: int = 0
