"""How long imported contacts are kept, if columns of their file say so.

Source of codes: SDK 269.0.0 models/event_message.py; of the columns: models/contact_list_upload_url_request.py.
Assumptions: which code is whose; a record with a complaint is skipped; a record whose cells are all empty has no
retention; days are bounded only so that a date can be written. The codes about seconds and time zones are not given.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from mockserver.clock import date_in
from mockserver.imports.upload_request import RetentionColumns
from mockserver.state.retention import with_expiry

_TYPES = ("Never", "Today", "RetentionDays", "DateExpiration")
_MOST_DAYS = 36_500
_CODE = "IMPORT_INVALID_RETENTION_"


class Retained(NamedTuple):
    """What the cells of one record say; empty: nothing."""

    type: str
    days: str
    expiration: str


class RetentionReader:
    """The retention columns of one file, found in its header. Raises KeyError if one is not there."""

    def __init__(self, header: Sequence[str], columns: RetentionColumns, now: float, time_zone: str | None) -> None:
        places = {name: at for at, name in enumerate(header)}
        self._places = [places[name] if name else None for name in (columns.type, columns.days, columns.expiration)]
        self._has_types = bool(columns.type)
        self._now, self._time_zone = now, time_zone

    def complaint(self, record: Sequence[str]) -> str | None:
        """The code of what is wrong with a record."""
        cells = self._cells(record)
        wrong = complaint(cells, self._now) if any(cells) else None
        return _CODE + wrong if wrong else None

    def attributes(self, record: Sequence[str]) -> bytes | None:
        """What a contact made of the record carries, if it says anything."""
        cells = self._cells(record)
        if not any(cells):
            return None
        said = {"retentionType": cells.type}
        more = {"retentionDays": int(cells.days)} if cells.days else {}
        date = {"dateExpiration": cells.expiration} if cells.expiration else {}
        return with_expiry(msgspec.json.encode(said | more | date), self._now, self._time_zone)

    def _cells(self, record: Sequence[str]) -> Retained:
        """Without a column for it, the type follows from what else there is."""
        kind, days, expiration = ("" if at is None else record[at].strip() for at in self._places)
        if not self._has_types:
            kind = "RetentionDays" if days else "DateExpiration" if expiration else ""
        return Retained(kind, days, expiration)


def complaint(cells: Retained, now: float) -> str | None:
    """What is wrong with cells that are not all empty."""
    checks = (
        (not cells.type, "MISSING_TYPE"),
        (cells.type not in _TYPES, "TYPE"),
        (cells.type == "RetentionDays" and not cells.days, "DAYS_MUST_BE_SET"),
        (cells.type != "RetentionDays" and cells.days, "DAYS_MUST_NOT_BE_SET"),
        (cells.type == "DateExpiration" and not cells.expiration, "EXPIRATION_DATE_MUST_BE_SET"),
        (cells.type != "DateExpiration" and cells.expiration, "EXPIRATION_DATE_MUST_NOT_BE_SET"),
    )
    found = next((code for wrong, code in checks if wrong), None)
    return found or _days_complaint(cells.days) or _date_complaint(cells.expiration, now)


def _days_complaint(days: str) -> str | None:
    if not days:
        return None
    if not (days.isascii() and days.isdigit() and int(days[:9])):
        return "DAYS_MUST_BE_POSITIVE"
    return "DAYS_EXCEEDS_LIMIT" if len(days) > 9 or int(days) > _MOST_DAYS else None


def _date_complaint(expiration: str, now: float) -> str | None:
    if not expiration:
        return None
    moment = date_in(expiration)
    if moment is None:
        return "EXPIRATION_DATE_INVALID_FORMAT"
    return "EXPIRATION_IN_PAST" if moment <= datetime.fromtimestamp(now, UTC) else None
