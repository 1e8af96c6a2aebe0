"""Exports, and the two hops of their download."""

from dataclasses import dataclass, field
from pathlib import Path

from ..flow import Call, Reply
from .answers import JSON, Refusal, decode_body
from .imports import TRANSFER_TIMEOUT_S
from .lists import LISTS


def start_export(list_id: str) -> Call:
    url = f"{LISTS}/{list_id}/export"
    return Call(
        op="export.create", method="POST", url=url, headers=JSON, body=b"{}", idempotent=True, contact_list_id=list_id
    )


def get_export(list_id: str) -> Call:
    url = f"{LISTS}/{list_id}/export"
    return Call(op="export.get", method="GET", url=url, idempotent=True, contact_list_id=list_id)


@dataclass(frozen=True, slots=True)
class Export:
    uri: str = field(repr=False)
    timestamp: str


def export_of(reply: Reply) -> Export | None:
    """The export that can be downloaded now; None while there is none (404 no.available.list.export.uri, or 400)."""
    if reply.status in (400, 404) and Refusal(reply).code != "contact.list.not.found":
        return None
    body = decode_body(reply)
    uri, timestamp = body.get("uri"), body.get("exportTimestamp")
    if not isinstance(uri, str) or not uri:
        return None
    return Export(uri, str(timestamp))


def download(uri: str, list_id: str) -> Call:
    """First hop: wants the token, answers with a redirect or with the file itself."""
    return Call(op="export.download", method="GET", url=uri, idempotent=True, contact_list_id=list_id)


def download_file(location: str, list_id: str, to: Path) -> Call:
    """Second hop: the signed target, which must never see the token."""
    return Call(
        op="export.file",
        method="GET",
        url=location,
        bearer=False,
        save_to=to,
        idempotent=True,
        timeout_s=TRANSFER_TIMEOUT_S,
        contact_list_id=list_id,
    )
