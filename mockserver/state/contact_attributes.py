"""What a contact carries besides its data: whether it may be contacted, when it is forgotten, and the like."""

from collections.abc import Collection
from typing import Any

import msgspec

from mockserver.clock import date_in
from mockserver.errors import BadRequest, invalid_value
from mockserver.operations.bodies import read_as
from mockserver.operations.contacts import ContactAttributes
from mockserver.storage.row_codec import encode_each

# What `clearSystemData` resets. Source: SDK 269.0.0 outbound_api.py, "system columns"; which ones is an assumption.
_SYSTEM = {
    "callable",
    "phoneNumberStatus",
    "contactableStatus",
    "latestSmsEvaluations",
    "latestEmailEvaluations",
    "latestWhatsAppEvaluations",
}


_read = msgspec.json.Decoder(ContactAttributes).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def attributes_in(contact: bytes | msgspec.Raw, columns: Collection[str] | None = None) -> bytes | None:
    """The JSON object of the attributes a sent contact names, or None if it names none.

    Raises msgspec's errors, and BadRequest for what makes no sense. With `columns`, others may not be named
    (Assumption: the code is the one for data).
    """
    try:
        read = _read(contact)
    except msgspec.ValidationError:  # an enumeration in another case, or a field that is ignored
        read = read_as(msgspec.json.decode(contact), ContactAttributes)
    encoded = _encode(read)
    if encoded == b"{}":
        return None
    if columns is not None and not _columns(read) <= set(columns):
        raise BadRequest("The contact columns are invalid.", "invalid.contact.columns")
    _check_retention(read)
    return encoded


def merge_json(old: bytes, new: bytes) -> bytes:
    """The JSON object `old` with the keys of `new` replaced; a null leaves one out."""
    (kept,) = encode_each([{name: value for name, value in (_decode(old) | _decode(new)).items() if value is not None}])
    return kept


def without_system_data(stored: bytes) -> bytes:
    return _encode({name: value for name, value in _decode(stored).items() if name not in _SYSTEM})


def with_priority(given: bytes, priority: bool) -> bytes:
    return merge_json(given, b'{"configurationOverrides":{"priority":%b}}' % (b"true" if priority else b"false"))


def _check_retention(read: ContactAttributes) -> None:
    """Assumption: the codes. What each type needs: SDK 269.0.0 models/writable_dialer_contact.py."""
    if read.retention_type == "RetentionDays" and read.retention_days is None:
        raise invalid_value(None, "retentionDays", "whole numbers from 1")
    if read.retention_days is not None and not 1 <= read.retention_days <= 36_500:
        raise invalid_value(read.retention_days, "retentionDays", "whole numbers from 1")
    wants_date = read.retention_type == "DateExpiration" or read.date_expiration is not None
    if wants_date and date_in(read.date_expiration or "") is None:
        raise BadRequest(
            "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ", "invalid.date"
        )


def _columns(read: ContactAttributes) -> set[str]:
    """The columns of the list that these attributes are about."""
    of_media = [status.column_status for status in (read.contactable_status or {}).values()]
    evaluations = (read.latest_sms_evaluations, read.latest_email_evaluations, read.latest_whats_app_evaluations)
    return {name for named in (read.phone_number_status, *of_media, *evaluations) for name in named or ()}
