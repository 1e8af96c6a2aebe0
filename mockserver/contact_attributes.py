"""What a contact carries besides its data: whether it may be called, when it is forgotten, and the like."""

from typing import Literal

import msgspec


class _Callable(msgspec.Struct):
    callable: bool


class _ColumnStatus(msgspec.Struct):
    contactable: bool


class _ContactableStatus(msgspec.Struct, rename="camel"):
    contactable: bool
    column_status: dict[str, _ColumnStatus] = {}


class _MessageEvaluation(msgspec.Struct, rename="camel", omit_defaults=True):
    contact_column: str | None = None
    contact_address: str | None = None
    message_type: Literal["Sms", "Email", "WhatsApp"] | None = None
    wrapup_code_id: str | None = None
    timestamp: str | None = None


class _Overrides(msgspec.Struct):
    priority: bool = False


class _Attributes(msgspec.Struct, rename="camel", omit_defaults=True):
    """Source: SDK 269.0.0 models/writable_dialer_contact.py. What the server owns is not even read."""

    callable: bool | None = None
    phone_number_status: dict[str, _Callable] | None = None
    contactable_status: dict[str, _ContactableStatus] | None = None
    latest_sms_evaluations: dict[str, _MessageEvaluation] | None = None
    latest_email_evaluations: dict[str, _MessageEvaluation] | None = None
    latest_whats_app_evaluations: dict[str, _MessageEvaluation] | None = None
    configuration_overrides: _Overrides | None = None
    retention_type: Literal["Never", "Today", "RetentionDays", "DateExpiration"] | None = None
    retention_days: int | None = None
    date_expiration: str | None = None


_read = msgspec.json.Decoder(_Attributes).decode
_encode = msgspec.json.Encoder().encode


def attributes_in(contact: bytes | msgspec.Raw) -> bytes | None:
    """The JSON object of the attributes a sent contact names, or None if it names none. Raises msgspec's errors."""
    attributes = _encode(_read(contact))
    return None if attributes == b"{}" else attributes
