"""What is told of a list or an import: the body of each event, and what it is made from.

An event is due when `seen` has changed. Source of the fields: SDK 269.0.0 models/dialer_contactlist_config_change_*.py,
dialer_dnclist_config_change_*.py, contactlist_import_status_import_status.py; they are not those of the REST answers.
"""

import math
from typing import Any, NamedTuple

import msgspec

from mockserver.dnc.book import DncBook
from mockserver.dnc.jobs import DncImports
from mockserver.errors import NotFound
from mockserver.imports.list_imports import Imports
from mockserver.model import ContactColumn, ContactList, ImportStatus, Reference
from mockserver.notifications.topics import Topic
from mockserver.state.org import Org
from mockserver.templates.imports import TemplateImports


class Sources(NamedTuple):
    """Where what is told comes from."""

    org: Org
    imports: Imports
    template_imports: TemplateImports
    dnc: DncBook
    dnc_imports: DncImports


def topic_state(sources: Sources, topic: Topic) -> object:
    """What of the topic's object would be worth an event if it changed; None if it does not exist."""
    try:
        if topic.kind.kind in ("list", "dnc"):
            return _list(sources, topic)
        status = _status(sources, topic)
    except NotFound:
        return None
    # Assumption: an import tells of each further percent, not of each record.
    return status.state, status.percent_complete, status.failure_reason, status.target_contact_list_ids


def body(sources: Sources, topic: Topic) -> dict[str, Any]:
    """The `eventBody` that tells how things stand now. Raises NotFound."""
    match topic.kind.kind:
        case "list":
            return _contact_list(sources, sources.org.store.contact_list(topic.of))
        case "dnc":
            return _dnc_list(sources, topic.of)
    return _import_status(_status(sources, topic))


def next_step_at(sources: Sources, topic: Topic) -> float:
    """When time alone will bring the next event; infinite if it will not."""
    match topic.kind.kind:
        case "list_import":
            return sources.imports.next_step_at(topic.of)
        case "dnc_import":
            return sources.dnc_imports.next_step_at(topic.of)
        case "template_import":
            return sources.template_imports.next_step_at(topic.of)
    return math.inf


def _list(sources: Sources, topic: Topic) -> object:
    return sources.org.store.contact_list(topic.of) if topic.kind.kind == "list" else sources.dnc.dnc_list(topic.of)


def _status(sources: Sources, topic: Topic) -> ImportStatus:
    match topic.kind.kind:
        case "list_import":
            return sources.imports.status_of(topic.of)
        case "dnc_import":
            return sources.dnc_imports.status_of(topic.of)
    return sources.template_imports.status_of(topic.of)


def _contact_list(sources: Sources, value: ContactList) -> dict[str, Any]:
    told = {
        "id": value.id,
        "name": value.name,
        "dateCreated": value.date_created,
        "dateModified": value.date_modified,
        "version": value.version,
        "division": _reference(value.division),
        "columnNames": value.column_names,
        "phoneColumns": [_column(each, "callableTimeColumn") for each in value.phone_columns],
        "emailColumns": [_column(each, "contactableTimeColumn") for each in value.email_columns],
        "previewModeColumnName": value.preview_mode_column_name,
        "previewModeAcceptedValues": value.preview_mode_accepted_values,
        "size": sources.org.store.size(value.id),
        "importStatus": _import_status(sources.imports.status_of(value.id)),
        "attemptLimits": _reference(value.attempt_limits),
        "automaticTimeZoneMapping": value.automatic_time_zone_mapping,
        "zipCodeColumnName": value.zip_code_column_name,
    }
    return {name: each for name, each in told.items() if each is not None}


def _dnc_list(sources: Sources, list_id: str) -> dict[str, Any]:
    value = sources.dnc.dnc_list(list_id)
    told = {
        "id": value.id,
        "name": value.name,
        "dateCreated": value.date_created,
        "dateModified": value.date_modified,
        "version": value.version,
        "division": _reference(value.division),
        "size": len(sources.dnc.entries(list_id)),
        "importStatus": _import_status(sources.dnc_imports.status_of(list_id)),
        "dncSourceType": value.dnc_source_type,
        "loginId": value.login_id,
        "dncCodes": value.dnc_codes,
        "licenseId": value.license_id,
        "contactMethod": value.contact_method and value.contact_method.upper(),
    }
    return {name: each for name, each in told.items() if each is not None}


def _import_status(status: ImportStatus) -> dict[str, Any]:
    """The REST fields under the events' own names; what is not known is left out."""
    told: dict[str, Any] = msgspec.to_builtins(status)
    for rest, event in (("state", "importState"), ("percentComplete", "percentageComplete")):
        if rest in told:
            told[event] = told.pop(rest)
    return told


def _reference(value: Reference | None) -> dict[str, Any] | None:
    return None if value is None else {"id": value.id, "name": value.name}


def _column(value: ContactColumn, time_column: str) -> dict[str, Any]:
    time = value.callable_time_column_name or value.contactable_time_column_name
    return {"columnName": value.column_name, "type": value.type} | ({time_column: time} if time else {})
