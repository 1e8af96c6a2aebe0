"""DNC lists with a custom exclusion column: what may not be dialled, by its Lead ID.

Source of paths and shapes: official Python SDK 269.0.0. There is no POST of such entries, only PATCH.
"""

from collections.abc import Sequence
from typing import Literal

from ..flow import Call
from .answers import JSON, encode
from .lists import DNC_LISTS


def create_dnc_list(name: str, column: str) -> Call:
    body = {"name": name, "dncSourceType": "rds_custom", "customExclusionColumn": column}
    return Call(op="dnc.create", method="POST", url=DNC_LISTS, headers=JSON, body=encode(body))


def change_dnc_entries(action: Literal["Add", "Remove"], list_id: str, entries: Sequence[str]) -> Call:
    """What is as it should be stays so: a repeat changes nothing."""
    return Call(
        op="dnc.custom_change",
        method="PATCH",
        url=f"{DNC_LISTS}/{list_id}/customexclusioncolumns",
        headers=JSON,
        body=encode({"action": action, "customExclusionColumnEntries": list(entries)}),
        idempotent=True,
    )


def start_dnc_export(list_id: str) -> Call:
    return Call(
        op="dnc.export_create",
        method="POST",
        url=f"{DNC_LISTS}/{list_id}/export",
        headers=JSON,
        body=b"{}",
        idempotent=True,
    )


def get_dnc_export(list_id: str) -> Call:
    return Call(op="dnc.export_get", method="GET", url=f"{DNC_LISTS}/{list_id}/export", idempotent=True)
