"""DNC lists as values: one list, one as a client sends it, one change of its entries."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from mockserver.model import NamedResource, Reference
from mockserver.operations.dnc import DNC_LISTS, SentDncList

EntryKind = Literal["phone", "email", "whatsapp", "custom"]

_OF_METHOD: dict[str | None, tuple[EntryKind, ...]] = {
    "Phone": ("phone",),
    "Email": ("email",),
    "WhatsApp": ("whatsapp",),
    "Any": ("phone", "email", "whatsapp"),
}


class DncList(NamedResource, frozen=True, kw_only=True):
    """A DNC list's configuration. Source: SDK 269.0.0 models/dnc_list.py."""

    version: int  # answered even if it is the first
    division: Reference
    dnc_source_type: str
    contact_method: str | None = None
    login_id: str | None = None
    campaign_id: str | None = None
    dnc_codes: tuple[str, ...] = ()
    license_id: str | None = None
    custom_exclusion_column: str | None = None

    @property
    def kinds(self) -> Sequence[EntryKind]:
        """The kinds of entries it holds: none if they are kept by somebody else.

        Assumption: a list for one contact method takes no entries of another.
        """
        if self.dnc_source_type == "rds_custom":
            return ("custom",)
        return _OF_METHOD.get(self.contact_method, ()) if self.dnc_source_type == "rds" else ()


class Change(msgspec.Struct, frozen=True, array_like=True):
    """What is done to the entries of one kind; the store keeps these, in order.

    `expires` are minutes since the epoch, one an entry or one for all; 0 is never. Of "clear", 0 is everything, and
    another minute what has expired by then.
    """

    action: Literal["add", "remove", "clear"]
    kind: EntryKind
    values: list[str] = []
    expires: list[int] | int = 0


def dnc_list(spec: SentDncList, *, list_id: str, created: str, modified: str, version: int, home: Reference) -> DncList:
    """The list that `spec` describes. Assumption: fields that its source type does not need are kept as they are."""
    division = Reference(id=spec.division.id) if spec.division and spec.division.id not in (None, home.id) else home
    return DncList(
        id=list_id,
        name=spec.name or "",
        date_created=created,
        date_modified=modified,
        version=version,
        division=division,
        dnc_source_type=spec.dnc_source_type or "",
        contact_method=spec.contact_method,
        login_id=spec.login_id,
        campaign_id=spec.campaign_id,
        dnc_codes=tuple(spec.dnc_codes or ()),
        license_id=spec.license_id,
        custom_exclusion_column=spec.custom_exclusion_column,
    )


def uri(list_id: str) -> str:
    return f"{DNC_LISTS}/{list_id}"


def wire(value: DncList, **shown: object) -> dict[str, Any]:
    """The JSON object of a list; `shown` are `size` and `importStatus`, where they were asked for."""
    return {**msgspec.to_builtins(value), **shown, "selfUri": uri(value.id)}


def division_view(value: DncList, **shown: object) -> dict[str, Any]:
    """The short form. Source: SDK 269.0.0 models/dnc_list_division_view.py; the address is inferred."""
    fields = {
        "id": value.id,
        "name": value.name,
        "division": value.division,
        "dncSourceType": value.dnc_source_type,
        "contactMethod": value.contact_method,
    }
    kept = {name: field for name, field in fields.items() if field is not None}
    return {**kept, **shown, "selfUri": f"{DNC_LISTS}/divisionviews/{value.id}"}
