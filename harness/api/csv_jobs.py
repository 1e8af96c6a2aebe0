"""CSV imports."""

from dataclasses import dataclass, field
from pathlib import Path

from ..flow import Call, FilePart, Reply
from ..wording import server_text
from .answers import Refusal, decode_body, json_call
from .lists import LISTS

TRANSFER_TIMEOUT_S = 3600.0


def upload_csv(list_id: str, path: Path, *, contact_id_column: str | None, rows: int) -> Call:
    """The multipart upload that the web UI and the Terraform provider use. Source: quick-hits-javascript,
    outbound/upload-contact-list.js; terraform-provider-genesyscloud, outbound_contact_list."""
    form: list[tuple[str, str | FilePart]] = [("id", list_id), ("fileType", "contactlist")]
    if contact_id_column is not None:
        form.append(("contact-id-name", contact_id_column))
    form.append(("file", FilePart(path=path, filename=path.name)))
    return Call(
        op="import.upload",
        method="POST",
        url="/uploads/v2/contactlist",
        host="apps",
        form=tuple(form),
        timeout_s=TRANSFER_TIMEOUT_S,
        contacts=rows,
        contact_list_id=list_id,
    )


@dataclass(frozen=True, slots=True)
class ImportProgress:
    state: str | None
    percent: int | None
    failure_reason: str | None

    @property
    def has_failed(self) -> bool:
        return self.state == "FAILED"

    @property
    def has_finished(self) -> bool:
        """A finished import has no state, only 100 percent. Source: SDK 269.0.0 models/import_status.py."""
        return self.state not in ("IN_PROGRESS", "FAILED") and self.percent == 100


def import_status(list_id: str) -> Call:
    url = f"{LISTS}/{list_id}/importstatus"
    return Call(op="import.status", method="GET", url=url, idempotent=True, contact_list_id=list_id)


def import_progress(reply: Reply) -> ImportProgress:
    if reply.status == 404 and Refusal(reply).code != "contact.list.not.found":
        return ImportProgress(None, None, None)  # it is not shown yet
    body = decode_body(reply)
    percent, state, reason = body.get("percentComplete"), body.get("state"), body.get("failureReason")
    return ImportProgress(
        state and server_text(state), percent if isinstance(percent, int) else None, reason and server_text(reason)
    )


# Exports, and the two hops of their download.


def start_export(list_id: str) -> Call:
    url = f"{LISTS}/{list_id}/export"
    return json_call("export.create", "POST", url, {}, idempotent=True, contact_list_id=list_id)


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


def download(uri: str, list_id: str, to: Path | None = None) -> Call:
    """First hop: wants the token, answers with a redirect or with the file itself."""
    return Call(op="export.download", method="GET", url=uri, idempotent=True, contact_list_id=list_id, save_to=to)


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
