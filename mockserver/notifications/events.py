"""What is told of a list or an import: the body of each event, and what it is made from.

An event is due when `seen` has changed. Source of the fields: SDK 269.0.0 models/dialer_contactlist_config_change_*.py,
dialer_dnclist_config_change_*.py, contactlist_import_status_import_status.py; they are not those of the REST answers.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from mockserver.dnc.book import DncBook
from mockserver.dnc.imports import DncImports
from mockserver.errors import NotFound
from mockserver.imports import Imports
from mockserver.jobs import JobQueues
from mockserver.model import ContactColumn, ContactList, ImportStatus, Reference
from mockserver.notifications.channels import Kind, Topic
from mockserver.state import Org
from mockserver.templates.imports import TemplateImports


class Sources(NamedTuple):
    """Where what is told comes from."""

    org: Org
    imports: Imports
    template_imports: TemplateImports
    dnc: DncBook
    dnc_imports: DncImports

    @property
    def queues(self) -> Mapping[Kind, JobQueues[Any, Any]]:
        """The imports that are told, by the kind of their topics."""
        return {
            "list_import": self.imports,
            "dnc_import": self.dnc_imports,
            "template_import": self.template_imports,
        }


def topic_state(sources: Sources, topic: Topic) -> object:
    """What of the topic's object would be worth an event if it changed; None if it does not exist."""
    if queue := sources.queues.get(topic.kind.kind):
        return import_state(queue.shown_id(topic.of), queue.status_of(topic.of))
    try:
        return sources.org.store.contact_list(topic.of) if topic.kind.kind == "list" else sources.dnc.dnc_list(topic.of)
    except NotFound:
        return None


def import_state(job_id: str, status: ImportStatus) -> object:
    """Assumption: an import tells of each further percent, not of each record."""
    shows_nothing = status.percent_complete is msgspec.UNSET
    told = status.state, status.percent_complete, status.failure_reason, status.target_contact_list_ids
    return "" if shows_nothing else job_id, told


def body(sources: Sources, topic: Topic) -> dict[str, Any]:
    """The `eventBody` that tells how things stand now. Raises NotFound."""
    if queue := sources.queues.get(topic.kind.kind):
        return import_body(queue.status_of(topic.of))
    if topic.kind.kind == "list":
        return _contact_list(sources, sources.org.store.contact_list(topic.of))
    return _dnc_list(sources, topic.of)


def next_step_at(sources: Sources, topic: Topic) -> float:
    """When time alone will bring the next event; infinite if it will not."""
    queue = sources.queues.get(topic.kind.kind)
    return queue.next_step_at(topic.of) if queue else math.inf


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
        "importStatus": import_body(sources.imports.status_of(value.id)),
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
        "importStatus": import_body(sources.dnc_imports.status_of(list_id)),
        "dncSourceType": value.dnc_source_type,
        "loginId": value.login_id,
        "dncCodes": value.dnc_codes,
        "licenseId": value.license_id,
        "contactMethod": value.contact_method and value.contact_method.upper(),
    }
    return {name: each for name, each in told.items() if each is not None}


def import_body(status: ImportStatus) -> dict[str, Any]:
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
