"""What the mock answers with: values become JSON here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from mockserver.model import ContactList
from mockserver.operations.operation import LISTS
from mockserver.storage import Row

_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-\n"
_encode = msgspec.json.Encoder().encode


def timestamp(seconds: float) -> str:
    """ISO 8601 with milliseconds and Z, from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def contact_list_uri(list_id: str) -> str:
    return f"{LISTS}/{list_id}"


def contact_list(value: ContactList, **shown: object) -> dict[str, Any]:
    """The JSON object of a list; `shown` are `size` and `importStatus`, where they were asked for.

    Values that have a default are always there, those without one only if they were set. Assumption.
    """
    return {
        "id": value.id,
        "name": value.name,
        "version": value.version,
        "columnNames": value.column_names,
        "phoneColumns": value.phone_columns,
        "emailColumns": value.email_columns,
        "whatsAppColumns": value.whats_app_columns,
        "previewModeAcceptedValues": value.preview_mode_accepted_values,
        "automaticTimeZoneMapping": value.automatic_time_zone_mapping,
        "columnDataTypeSpecifications": value.column_data_type_specifications,
        "trimWhitespace": value.trim_whitespace,
        **msgspec.to_builtins(value),  # what differs from its default
        **shown,
        "selfUri": contact_list_uri(value.id),
    }


class ContactWriter:
    """Contacts of one list as JSON, joined from bytes that are the same for all of them.

    Source of the fields: SDK 269.0.0 models/dialer_contact.py. Nothing is ever dialled here, so `callRecords` is empty.
    """

    def __init__(self, contact_list: ContactList) -> None:
        self._defaults: dict[str, Any] = {
            "callRecords": {},
            "callable": True,
            "phoneNumberStatus": {column.column_name: {"callable": True} for column in contact_list.phone_columns},
            "configurationOverrides": {"priority": False},
        }
        self._plain = b"," + _encode(self._defaults)[1:-1]
        self._to_data = b'","contactListId":' + _encode(contact_list.id) + b',"data":'
        self._to_uri = b',"selfUri":"' + contact_list_uri(contact_list.id).encode() + b"/contacts/"

    def array(
        self, ids: Sequence[str], rows: Sequence[Row], attributes: Mapping[str, bytes], created: Sequence[float]
    ) -> bytes:
        """The JSON array of these contacts. `attributes` are stored ones, by contact id; `created` as in `each`."""
        plain_ids = None if attributes else _as_plain(ids)
        if not plain_ids:
            return b"[" + b",".join(self.each(ids, rows, attributes, created)) + b"]"
        # One join of the pieces of all contacts takes a fifth of the time of one contact after the other.
        pieces = [b'"},{"id":"', b"", self._to_data, b"", b"", b""] * len(ids)
        pieces[0] = b'[{"id":"'
        pieces[1::6], pieces[3::6], pieces[4::6], pieces[5::6] = plain_ids, rows, self._ends(created, ids), plain_ids
        return b"".join([*pieces, b'"}]'])

    def each(
        self, ids: Sequence[str], rows: Sequence[Row], attributes: Mapping[str, bytes], created: Sequence[float]
    ) -> list[bytes]:
        """One JSON object a contact. `created` is when each was created, or one moment for all."""
        plain_ids = None if attributes else _as_plain(ids)
        if plain_ids is None:
            moments = [*created] * len(ids) if len(created) == 1 else created
            return [
                self._one(id_, row, attributes.get(id_), moment)
                for id_, row, moment in zip(ids, rows, moments, strict=True)
            ]
        plain = zip(plain_ids, rows, self._ends(created, ids), strict=True)
        return [b"".join((b'{"id":"', id_, self._to_data, row, end, id_, b'"}')) for id_, row, end in plain]

    def _ends(self, created: Sequence[float], ids: Sequence[str]) -> list[bytes]:
        """What follows the data of each plain contact, up to its id in its address."""
        by_moment = {moment: self._plain + _date_created(moment) + self._to_uri for moment in set(created)}
        ends = [by_moment[moment] for moment in created]
        return ends * len(ids) if len(ends) == 1 else ends

    def _one(self, contact_id: str, row: Row, attributes: bytes | None, created: float) -> bytes:
        rest = _encode(self._over_defaults(msgspec.json.decode(attributes or b"{}")))[1:-1] + _date_created(created)
        name, in_uri = _encode(contact_id)[1:-1], quote(contact_id, safe="").encode()
        return b"".join((b'{"id":"', name, self._to_data, row, b",", rest, self._to_uri, in_uri, b'"}'))

    def _over_defaults(self, attributes: dict[str, Any]) -> dict[str, Any]:
        status = self._defaults["phoneNumberStatus"] | attributes.get("phoneNumberStatus", {})
        return self._defaults | attributes | {"phoneNumberStatus": status}


def _date_created(created: float) -> bytes:
    """Source: SDK 269.0.0 models/dialer_contact.py; it is missing where nobody knows it, as on old contacts there."""
    return b',"dateCreated":%b' % _encode(timestamp(created)) if created else b""


def _as_plain(ids: Sequence[str]) -> list[bytes] | None:
    """The ids as bytes, if all are of characters that need no escaping, neither in JSON nor in a uri."""
    joined = "\n".join(ids).encode()
    plain = joined.split(b"\n") if ids else []
    return None if joined.translate(None, _PLAIN) or len(plain) != len(ids) else plain
