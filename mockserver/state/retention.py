"""The dialling queue of a list, counted, since nothing is ever dialled here, and contacts that are kept for a time.

Source: SDK 269.0.0 outbound_api.py, POST contacts. New contacts always join the queue; updated ones join it again,
unless `doNotQueue` lets them keep their place; with `priority` those that join come to its front.
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from mockserver.clock import Clock, date_in
from mockserver.errors import NotFound, StoreFull
from mockserver.state.contact_attributes import merge_json
from mockserver.storage import Store


@dataclass(slots=True)
class Queue:
    """Contacts of one list, counted whenever they are added or updated by POST."""

    joined: int = 0
    kept: int = 0
    first: int = 0

    def note(self, *, new: int, updated: int, priority: bool, do_not_queue: bool) -> None:
        joining = new if do_not_queue else new + updated
        self.joined += joining
        self.kept += new + updated - joining
        self.first += joining if priority else 0


# Contacts that are kept for a time: when that ends, and their removal.


_NAMED = b'"retentionType"', b'"retentionDays"', b'"dateExpiration"'
_DATED = b'"dateExpiration":"'
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Retention:
    """The contacts of an org that are to expire. Gone contacts and later changes are noticed when the date comes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._due: list[tuple[float, str, str]] = []
        for contact_list in store.contact_lists():
            self.note(contact_list.id, store.snapshot(contact_list.id).attributes)

    def note(self, list_id: str, attributes: Mapping[str, bytes]) -> None:
        """Take in contacts whose attributes have been stored."""
        for contact_id, stored in attributes.items():
            if _DATED in stored and (expires := expiry(stored)) is not None:
                heapq.heappush(self._due, (expires, list_id, contact_id))

    def advance_to_now(self) -> None:
        """Remove what has expired by now."""
        if not self._due or self._due[0][0] > (now := self._clock.now()):
            return
        due: list[tuple[float, str, str]] = []
        while self._due and self._due[0][0] <= now:
            due.append(heapq.heappop(self._due))
        expired: dict[str, list[str]] = defaultdict(list)
        for _, list_id, contact_id in due:
            expired[list_id].append(contact_id)
        try:
            for list_id, ids in expired.items():
                self._remove(list_id, ids, now)
        except StoreFull:  # they go when there is room to write that down
            for each in due:
                heapq.heappush(self._due, each)

    def _remove(self, list_id: str, ids: list[str], now: float) -> None:
        """Those of `ids` whose date is still the one that has come."""
        try:
            stored = {id_: self._store.attributes(list_id, id_) or b"{}" for id_ in ids}
            over = [id_ for id_, raw in stored.items() if (expires := expiry(raw)) is not None and expires <= now]
            self._store.delete_contacts(list_id, over)
        except NotFound:  # the list is gone, and they with it
            return


def expiry(stored: bytes) -> float | None:
    """When the contact with these stored attributes expires, in seconds since the epoch."""
    if _DATED not in stored:
        return None
    moment = date_in(_decode(stored)["dateExpiration"])
    return None if moment is None else moment.timestamp()


def with_expiry(given: bytes, now: float, time_zone: str | None = None) -> bytes:
    """The attributes with the date of expiry that follows from their retention, if they name one."""
    if not any(name in given for name in _NAMED):
        return given
    said = _decode(given)
    kind = said.get("retentionType") or ("DateExpiration" if "dateExpiration" in said else "RetentionDays")
    return merge_json(given, msgspec.json.encode(_effective(kind, said, datetime.fromtimestamp(now, UTC), time_zone)))


def _effective(kind: str, said: dict[str, Any], now: datetime, time_zone: str | None) -> dict[str, Any]:
    """All three fields, so that none is left of an earlier retention."""
    days = said.get("retentionDays") if kind == "RetentionDays" else None
    expires: datetime | None = None
    match kind:
        case "Today":
            expires = _midnight(now, time_zone)
        case "RetentionDays":
            expires = now + timedelta(days=days or 0)
        case "DateExpiration":
            expires = date_in(said["dateExpiration"])
    return {"retentionType": kind, "retentionDays": days, "dateExpiration": expires and _timestamp(expires)}


def _midnight(now: datetime, time_zone: str | None) -> datetime:
    """The end of the day, where the list is."""
    try:
        there = now.astimezone(ZoneInfo(time_zone or "UTC"))
    except (KeyError, ValueError, OSError):  # no such zone on this machine
        there = now
    return (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
