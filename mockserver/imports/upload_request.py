"""What a client says about a file for contact lists, in the fields of a form or in a JSON body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mockserver.errors import BadRequest, invalid_value
from mockserver.http.body import malformed_body

CSV = "text/csv"
EXCEL = ("application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
CONTENT_TYPES = (CSV, *EXCEL)
DEFAULT_TIMEOUT_S = 600
LONGEST_TIMEOUT_S = 604_800


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


class UploadSpec(msgspec.Struct, rename="camel", kw_only=True):
    """The body of a request for an address. Source: SDK 269.0.0 models/contact_list_upload_url_request.py."""

    content_type: str | None = None
    signed_url_timeout_seconds: int | None = None
    id: str | None = None
    contact_id_name: str | None = None
    import_template_id: str | None = None
    list_name_prefix: str | None = None
    clear_system_data: bool | None = None
    division_id_for_target_contact_lists: str | None = None
    file_specification_template_id: str | None = None
    retention_type_column: str | None = None
    retention_days_column: str | None = None
    retention_date_expiration_column: str | None = None

    def upload(self) -> ListUpload:
        return ListUpload(
            list_id=self.id or "",
            template_id=self.import_template_id or "",
            list_name_prefix=self.list_name_prefix or "",
            division_id=self.division_id_for_target_contact_lists or "",
            contact_id_name=self.contact_id_name or "",
            content_type=self.content_type or CSV,
            clears_system_data=bool(self.clear_system_data),
            retention=RetentionColumns(
                type=self.retention_type_column or "",
                days=self.retention_days_column or "",
                expiration=self.retention_date_expiration_column or "",
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


def spec_in_json(sent: Any) -> UploadSpec:
    """The request for an address. Raises BadRequest."""
    try:
        spec = msgspec.convert(sent, UploadSpec)
    except msgspec.ValidationError as error:
        raise malformed_body() from error
    check_content_type(spec.content_type)
    timeout_in(spec.signed_url_timeout_seconds)
    if spec.file_specification_template_id:
        raise BadRequest("This mock has no file specification templates.")
    check_target(spec.upload())
    return spec


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
