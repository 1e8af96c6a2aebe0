"""What a client says about a file for contact lists, in the fields of a form or in a JSON body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.errors import BadRequest, invalid_value
from mockserver.http.body import parse_as
from mockserver.operations.files import CSV, EXCEL, LONGEST_TIMEOUT_S, ContactListUploadUrlRequest

CONTENT_TYPES = (CSV, *EXCEL)
DEFAULT_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionColumns:
    """The columns of the file that say how long each contact is kept; empty: none does."""

    type: str = ""
    days: str = ""
    expiration: str = ""

    @property
    def column_names(self) -> list[str]:
        return [name for name in (self.type, self.days, self.expiration) if name]


NO_RETENTION = RetentionColumns()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUpload:
    """A file for the list `list_id`, or for the lists that the import template `template_id` makes of it."""

    list_id: str = ""
    template_id: str = ""
    list_name_prefix: str = ""
    division_id: str = ""
    contact_id_name: str = ""
    content_type: str = CSV
    clears_system_data: bool = False
    retention: RetentionColumns = NO_RETENTION


def upload_in_json(sent: ContactListUploadUrlRequest) -> ListUpload:
    """What the body of a request for an address asks for."""
    return ListUpload(
        list_id=sent.id or "",
        template_id=sent.import_template_id or "",
        list_name_prefix=sent.list_name_prefix or "",
        division_id=sent.division_id_for_target_contact_lists or "",
        contact_id_name=sent.contact_id_name or "",
        content_type=sent.content_type,
        clears_system_data=bool(sent.clear_system_data),
        retention=RetentionColumns(
            type=sent.retention_type_column or "",
            days=sent.retention_days_column or "",
            expiration=sent.retention_date_expiration_column or "",
        ),
    )


def upload_in_form(fields: Mapping[str, str]) -> ListUpload:
    """What the fields of a form ask for. Raises BadRequest (Assumption: for whatever is wrong with them).

    Source of the names: quick-hits-javascript; Terraform provider, commit 20fd65e7a. Assumption: what only the JSON
    route documents is called the same here.
    """
    upload = ListUpload(
        list_id=fields.get("id", ""),
        template_id=fields.get("importTemplateId", ""),
        list_name_prefix=fields.get("listNamePrefix", ""),
        division_id=fields.get("divisionIdForTargetContactLists", ""),
        contact_id_name=fields.get("contact-id-name", ""),
        clears_system_data=fields.get("clearSystemData", "").lower() == "true",
        retention=RetentionColumns(
            type=fields.get("retentionTypeColumn", ""),
            days=fields.get("retentionDaysColumn", ""),
            expiration=fields.get("retentionDateExpirationColumn", ""),
        ),
    )
    check_target(upload)
    return upload


def address_request(sent: Any) -> ContactListUploadUrlRequest:
    """The request for an address. Raises BadRequest."""
    if isinstance(sent, dict):
        sent = {"contentType": None} | sent  # a missing type is refused as a wrong one is
    wanted = parse_as(sent, ContactListUploadUrlRequest)
    check_content_type(wanted.content_type)
    timeout_in(wanted.signed_url_timeout_seconds)
    if wanted.file_specification_template_id:
        raise BadRequest("This mock has no file specification templates.")
    check_target(upload_in_json(wanted))
    return wanted


def check_content_type(content_type: str | None) -> None:
    if content_type not in CONTENT_TYPES:
        raise invalid_value(content_type, "contentType", ", ".join(CONTENT_TYPES))


def timeout_in(wanted: int | None) -> int:
    """For how many seconds an address is to be valid. Raises BadRequest."""
    seconds = DEFAULT_TIMEOUT_S if wanted is None else wanted
    if not 1 <= seconds <= LONGEST_TIMEOUT_S:
        raise invalid_value(wanted, "signedUrlTimeoutSeconds", f"1 to {LONGEST_TIMEOUT_S}")
    return seconds


def check_target(upload: ListUpload) -> None:
    """Assumptions: a list and a template exclude each other, and a template needs a prefix for the names."""
    if bool(upload.list_id) == bool(upload.template_id):
        raise BadRequest("Either id, of a contact list, or importTemplateId is needed.")
    if upload.template_id and not upload.list_name_prefix:
        raise BadRequest("listNamePrefix is needed with an import template.")
