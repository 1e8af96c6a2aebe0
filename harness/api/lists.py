"""Contact lists; DNC lists with a custom exclusion column: what may not be dialled, by its Lead ID.

Source of paths and shapes: official Python SDK 269.0.0. There is no POST of such entries, only PATCH.
"""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from ..domain import LeadColumns
from ..flow import Call, Reply
from .answers import EntityId, decode_body, json_call

LISTS = "/api/v2/outbound/contactlists"
DNC_LISTS = "/api/v2/outbound/dnclists"
LIKELY_NAME = re.compile(r"[\w ./-]{1,128}", re.ASCII)  # of a list that this program has made


def create_list(name: str, columns: LeadColumns, division_id: str | None = None) -> Call:
    """Without a division it will be in that of the OAuth client."""
    body: dict[str, object] = {
        "name": name,
        "columnNames": columns.names,
        "phoneColumns": [{"columnName": columns.phone, "type": "cell"}],
    }
    if division_id:
        body["division"] = {"id": division_id}
    return json_call("lists.create", "POST", LISTS, body)


def find_list(name: str) -> Call:
    query = (("name", name), ("filterType", "Equals"), ("pageSize", "100"))
    return Call(op="lists.list", method="GET", url=LISTS, query=query, idempotent=True)


def find_lists(prefix: str) -> Call:
    """The first hundred lists whose names begin so, with their sizes and imports."""
    more = (("includeSize", "true"), ("includeImportStatus", "true"), ("pageSize", "100"))
    query = (("name", prefix), ("filterType", "Prefix"), *more)
    return Call(op="lists.list", method="GET", url=LISTS, query=query, idempotent=True)


class _ImportStatus(msgspec.Struct):
    state: str | None = None


class ListFound(msgspec.Struct, rename="camel"):
    id: EntityId
    name: str = ""
    size: int | None = None
    import_status: _ImportStatus | None = None

    @property
    def importing(self) -> bool:
        return self.import_status is not None and self.import_status.state == "IN_PROGRESS"


class _ListsFound(msgspec.Struct):
    entities: list[ListFound] = []


def lists_found(reply: Reply, prefix: str) -> list[ListFound]:
    """Those whose names do begin so, whatever the server makes of spaces and of letter case, and are not odd."""
    listing: _ListsFound = decode_body(reply, _ListsFound)
    return [each for each in listing.entities if each.name.startswith(prefix) and LIKELY_NAME.fullmatch(each.name)]


class _Entity(msgspec.Struct):
    id: EntityId
    name: str = ""


class _Listing(msgspec.Struct):
    entities: list[_Entity] = []


def list_id_by_name(reply: Reply, name: str) -> str | None:
    """The id of the list of exactly this name, if there is one."""
    listing = decode_body(reply, _Listing)
    return next((entity.id for entity in listing.entities if entity.name == name), None)


def list_found(reply: Reply) -> ListFound | None:
    """The list that was asked for by its id; None if it is gone."""
    if reply.status == 404:
        return None
    found: ListFound = decode_body(reply, ListFound)
    return found


def created_list_id(reply: Reply) -> str:
    return str(decode_body(reply, _Entity).id)


def delete_list(list_id: str) -> Call:
    return Call(op="lists.delete", method="DELETE", url=f"{LISTS}/{list_id}", idempotent=True, contact_list_id=list_id)


def clear_list(list_id: str) -> Call:
    """Not to be repeated blindly: one that is carried out late takes away what was loaded since."""
    return json_call("lists.clear", "POST", f"{LISTS}/{list_id}/clear", {}, contact_list_id=list_id)


def get_list(list_id: str) -> Call:
    return Call(op="lists.get", method="GET", url=f"{LISTS}/{list_id}", idempotent=True, contact_list_id=list_id)


def entity_name(reply: Reply) -> str:
    return str(decode_body(reply, _Entity).name)


# --- DNC lists -------------------------------------------------------------------------------------------------------


def create_dnc_list(name: str, column: str) -> Call:
    body = {"name": name, "dncSourceType": "rds_custom", "customExclusionColumn": column}
    return json_call("dnc.create", "POST", DNC_LISTS, body)


def find_dnc_list(name: str) -> Call:
    query = (("name", name), ("pageSize", "100"))
    return Call(op="dnc.list", method="GET", url=DNC_LISTS, query=query, idempotent=True)


def get_dnc_list(list_id: str) -> Call:
    return Call(op="dnc.get", method="GET", url=f"{DNC_LISTS}/{list_id}", idempotent=True)


def delete_dnc_list(list_id: str) -> Call:
    return Call(op="dnc.delete", method="DELETE", url=f"{DNC_LISTS}/{list_id}", idempotent=True)


def change_dnc_entries(action: Literal["Add", "Remove"], list_id: str, entries: Sequence[str]) -> Call:
    """What is as it should be stays so: a repeat changes nothing."""
    body = {"action": action, "customExclusionColumnEntries": list(entries)}
    url = f"{DNC_LISTS}/{list_id}/customexclusioncolumns"
    return json_call("dnc.custom_change", "PATCH", url, body, idempotent=True)


def start_dnc_export(list_id: str) -> Call:
    return json_call("dnc.export_create", "POST", f"{DNC_LISTS}/{list_id}/export", {}, idempotent=True)


def get_dnc_export(list_id: str) -> Call:
    return Call(op="dnc.export_get", method="GET", url=f"{DNC_LISTS}/{list_id}/export", idempotent=True)
