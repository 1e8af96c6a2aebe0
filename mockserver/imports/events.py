"""The event log: what became of imports, apart from their counters.

Source of the fields: SDK 269.0.0 models/event_log.py and event_message.py. Assumptions: one entry a kind of skipped
record and import, with how many there were, and one a failed import; texts and levels; entries keep the category
IMPORT_ERROR, whatever the import was for.
"""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from aiohttp import web

from mockserver.errors import NotFound, invalid_value
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.list_filters import NAME_FILTERS
from mockserver.http.query import Query, listing, one_of, page_in
from mockserver.http.wire import contact_list_uri, timestamp
from mockserver.ids import new_id
from mockserver.imports.csv_rows import Report
from mockserver.model import ContactList, ImportJob, Reference
from mockserver.state import Org

_PATH = "/api/v2/outbound/events"
_KIND = "event"  # in the store
_KEPT = 10_000  # entries; the oldest go first
LEVELS = ("INFO", "WARNING", "ERROR")
CATEGORIES = (
    *("CALLBACK", "CALL_RESTRICTION", "CALL_RULE", "CAMPAIGN", "CAMPAIGN_RULE", "CONTACT", "CONTACT_LIST_FILTER"),
    *("DIGITAL_RULE", "DNC_LIST", "ENTITY_LIMIT", "IMPORT_ERROR", "MESSAGE_RESTRICTION", "MESSAGING_CAMPAIGN"),
    *("IMPORT_TEMPLATE", "ORGANIZATION_CONFIGURATION", "SCHEDULE", "MESSAGING_CAMPAIGN_SCHEDULE"),
    *("EMAIL_CAMPAIGN_SCHEDULE", "WHATSAPP_CAMPAIGN_SCHEDULE", "RETENTION_POLICY"),
)


class EventMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    code: str
    message: str
    message_with_params: str = ""
    message_params: dict[str, str] = {}


class EventLog(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    id: str
    timestamp: str
    level: Literal["INFO", "WARNING", "ERROR"]
    category: str
    correlation_id: str
    event_message: EventMessage
    error_entity: Reference | None = None
    related_entity: Reference | None = None


class Events:
    """The newest entries of an org, kept in its store."""

    def __init__(self, org: Org, kept: int = _KEPT) -> None:
        self._org = org
        self._kept = kept

    async def list(self, request: web.Request) -> PendingOperation:
        """GET /api/v2/outbound/events."""
        query = request.query
        return PendingOperation(lambda: self._list(query))

    async def get(self, request: web.Request) -> PendingOperation:
        """GET /api/v2/outbound/events/{eventId}."""
        event_id = request.match_info["event_id"]
        return PendingOperation(lambda: self._get(event_id))

    def import_ended(self, contact_list: ContactList, job: ImportJob, report: Report) -> None:
        """Tell what of an import into a list was skipped, and why it failed, if it did."""
        entity = Reference(id=contact_list.id, name=contact_list.name, self_uri=contact_list_uri(contact_list.id))
        self.record_end(entity, job, report)

    def record_end(self, entity: Reference, job: ImportJob, report: Report) -> None:
        for code, count in report.counts.items():
            first = next((str(event.record) for event in report.events if event.code == code), "")
            self._add("WARNING", job.id, skipped_message(code, count, report.records, first), entity)
        if job.failure_reason is not None:
            self._add("ERROR", job.id, failed_message(job.failure_reason), entity)

    def import_refused(self, entity_id: str, code: str) -> None:
        """Tell of an import that never began."""
        self._add("ERROR", "", failed_message(code), Reference(id=entity_id))

    def _add(
        self, level: Literal["WARNING", "ERROR"], correlation_id: str, message: EventMessage, entity: Reference
    ) -> None:
        event = EventLog(
            id=new_id(self._org.rng_for("events")),
            timestamp=timestamp(self._org.clock.now()),
            level=level,
            category="IMPORT_ERROR",
            correlation_id=correlation_id,
            event_message=message,
            error_entity=entity,
        )
        store = self._org.store
        store.save_document(_KIND, event.id, msgspec.json.encode(event))
        if len(kept := store.documents(_KIND)) > self._kept:
            store.delete_document(_KIND, next(iter(kept)))

    def _list(self, query: Query) -> Response:
        page = page_in(query, self._org.profile)
        found = matching_events(map(_decode, self._org.store.documents(_KIND).values()), query)
        entities = [_event_json(event) for event in page.of(found)]
        return Response(body=listing(_PATH, page, len(found), entities, parameters=[*query.items()]))

    def _get(self, event_id: str) -> Response:
        raw = self._org.store.documents(_KIND).get(event_id)
        if raw is None:
            raise NotFound("The resource could not be found.", "resource.not.found")
        return json_response(_event_json(_decode(raw)))


def matching_events(events: Iterable[EventLog], query: Query) -> list[EventLog]:
    """The entries a query asks for, sorted. Raises BadRequest. Assumption: unless told, the oldest come first.

    Source: swagger of 2018-03-21, which has codes for values that are not allowed.
    """
    matches = one_of(NAME_FILTERS, query.get("filterType", "Equals"), "filterType")
    category, level = query.get("category", ""), query.get("level", "")
    if level and level not in LEVELS:
        raise invalid_value(level, "level", ", ".join(LEVELS))
    if category and not any(matches(known, category) for known in CATEGORIES):
        raise invalid_value(category, "category", ", ".join(CATEGORIES))
    found = [
        event
        for event in events
        if (not category or matches(event.category, category)) and (not level or event.level == level)
    ]
    by = one_of(_SORTED_BY, query.get("sortBy", "timestamp"), "sortBy")
    return sorted(found, key=by, reverse=one_of(_DESCENDING, query.get("sortOrder", "a"), "sortOrder"))


def skipped_message(code: str, count: int, records: int, first: str) -> EventMessage:
    return _message(
        code,
        "{count} of {records} records were skipped, the first is record {first}.",
        {"count": str(count), "records": str(records), "first": first},
    )


def failed_message(code: str) -> EventMessage:
    return _message(code, "The import failed: {reason}.", {"reason": code})


def _message(code: str, template: str, params: dict[str, str]) -> EventMessage:
    return EventMessage(
        code=code, message=template.format_map(params), message_with_params=template, message_params=params
    )


_SORTED_BY: dict[str, Any] = {
    "timestamp": lambda event: event.timestamp,
    "level": lambda event: event.level,
    "category": lambda event: event.category,
    "id": lambda event: event.id,
}
_DESCENDING = {"a": False, "ascending": False, "d": True, "descending": True}
_decode = msgspec.json.Decoder(EventLog).decode


def _event_json(event: EventLog) -> dict[str, Any]:
    return {**msgspec.to_builtins(event), "selfUri": f"{_PATH}/{event.id}"}
