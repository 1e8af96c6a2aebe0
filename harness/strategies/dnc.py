"""Lead IDs in a DNC list, as values of a custom exclusion column; proved by an export of it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from .. import api
from ..errors import GaveUp, VerifyFailed
from ..flow import Flow, Work
from .export import download_export, newer_export
from .flows import stop
from .job import Settings

ENTRIES = 1000  # Assumption: how many a PATCH may hold is not documented


def exclude_leads(name: str, column: str, lead_ids: list[str], settings: Settings, to: Path) -> Flow[None]:
    """The list of this name holds these Lead IDs, and no others. `to`: where its export may lie for a moment."""
    list_id = yield from _find_or_create(name, column)
    yield from _change_entries("Add", list_id, lead_ids)
    there = yield from _entries(list_id, settings, to)
    if surplus := sorted(there - set(lead_ids)):  # leads that have come back
        yield from _change_entries("Remove", list_id, surplus)
        there = yield from _entries(list_id, settings, to)
    lost, orphaned = len(set(lead_ids) - there), len(there - set(lead_ids))
    if lost or orphaned:
        raise VerifyFailed("VERIFY_FAILED", f"DNC list {list_id}: {lost} Lead IDs are missing, {orphaned} too many.")


def _change_entries(action: Literal["Add", "Remove"], list_id: str, lead_ids: Sequence[str]) -> Flow[None]:
    for start in range(0, len(lead_ids), ENTRIES):
        reply = yield api.change_dnc_entries(action, list_id, lead_ids[start : start + ENTRIES])
        if not reply.ok:
            raise stop("dnc.custom_change", list_id, reply)


def _find_or_create(name: str, column: str) -> Flow[str]:
    """Names are unique, so a list whose creation was not answered is found the second time."""
    for _ in range(2):
        reply = yield api.find_dnc_list(name)
        try:
            found = api.list_id_by_name(reply, name)
            if found is not None:
                return found
            reply = yield api.create_dnc_list(name, column)
            return api.created_list_id(reply)
        except (api.Refusal, api.BadResponse):
            continue
    raise stop("dnc.create", name, reply)


def _entries(list_id: str, settings: Settings, to: Path) -> Flow[set[str]]:
    """What a new export of the list says."""
    former = yield from _current(list_id)
    reply = yield api.start_dnc_export(list_id)
    if not reply.ok:
        raise stop("dnc.export_create", list_id, reply)
    export = yield from newer_export(lambda: _current(list_id), former, settings.stalled_s, settings)
    if export is None:
        raise GaveUp("EXPORT_STALLED", f"op=dnc.export_get list={list_id}: no new export; run again.")
    reply = yield from download_export(export, list_id, to)
    if not reply.ok:
        raise stop("export.download", list_id, reply)
    entries: set[str] = yield Work(lambda: _read(to))
    return entries


def _current(list_id: str) -> Flow[api.Export | None]:
    return api.export_of((yield api.get_dnc_export(list_id)))


def _read(path: Path) -> set[str]:
    """The first column below the header. Source: Terraform provider 1.84.1, dnclist proxy."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return {row[0] for row in list(csv.reader(file, strict=True))[1:] if row}
    finally:
        path.unlink(missing_ok=True)
