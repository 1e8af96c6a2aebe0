"""DNC lists and changes of their entries, and what both may be. Pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import msgspec

from mockserver.errors import ApiError, BadRequest, invalid_value
from mockserver.http.validation import name_problems
from mockserver.model import NamedResource, Reference
from mockserver.operations.dnc import DNC_LISTS, ContactMethod, DncSource, SentDncList
from mockserver.profile import PlatformLimits, Semantics

# DNC lists as values: one list, one as a client sends it, one change of its entries.


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


_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{3,15}", re.ASCII)  # Assumption: as short as a service number, as long as E.164 has it
_FORMATTING = str.maketrans("", "", " \t-.()/")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")


class NotEnabled(ApiError):
    status, code = 501, "not.implemented"


def problems(
    new: DncList, limits: PlatformLimits, semantics: Semantics, others: Sequence[DncList]
) -> Iterator[BadRequest]:
    """All that is wrong with a list, the refusal that is given first."""
    yield from name_problems(new, limits, others)
    if new.dnc_source_type not in get_args(DncSource):
        yield invalid_value(new.dnc_source_type, "dncDncSource", ", ".join(get_args(DncSource)))
    if new.contact_method is not None and new.contact_method not in get_args(ContactMethod):
        yield invalid_value(new.contact_method, "contactMethod", ", ".join(get_args(ContactMethod)))
    if not _is_configured(new, limits):
        yield BadRequest("The dnc source configuration is invalid", "dnc.source.configuration.invalid")
    if new.dnc_source_type in ("dnc.com", "gryphon") and semantics.dnc_external_sources == "refuse":
        yield BadRequest("External dnc source was not able to authenticate.", "dnc.source.authentication.failed")


def count_problems(limits: PlatformLimits, others: Sequence[DncList]) -> Iterator[BadRequest]:
    if len(others) >= limits.dnc_lists_per_org:
        yield BadRequest("The maximum dnc list count has been reached.", "max.entity.count.reached")


def change_problems(old: DncList, new: DncList) -> Iterator[BadRequest]:
    """What an update may not change. Source: Terraform provider 1.84.1, which recreates such lists.

    Assumption: that goes for the contact method as well, since the entries are of that kind.
    """
    if (old.dnc_source_type, old.contact_method, old.custom_exclusion_column) != (
        new.dnc_source_type,
        new.contact_method,
        new.custom_exclusion_column,
    ):
        yield BadRequest("The source, contact method and exclusion column can not be updated.", "invalid.update")


def _is_configured(new: DncList, limits: PlatformLimits) -> bool:
    """Whether it has what its source type needs. Source: SDK 269.0.0 models/dnc_list_create.py."""
    if new.dnc_source_type == "rds":
        return new.contact_method is not None
    if new.dnc_source_type == "rds_custom":
        column = new.custom_exclusion_column or ""
        return bool(column.strip()) and len(column) <= limits.column_name_chars
    if new.dnc_source_type == "dnc.com":
        return bool(new.login_id) and bool(new.dnc_codes) and all(new.dnc_codes)
    return bool(new.license_id)


def check_kind(dnc_list: DncList, kind: EntryKind) -> None:
    """Raises BadRequest if the list does not hold entries of this kind."""
    if kind not in dnc_list.kinds:
        raise BadRequest(
            "An attempt was made to append numbers to a DNC list that is not of type Internal"
            if kind == "phone" and not dnc_list.kinds
            else f"A DNC list of type {dnc_list.dnc_source_type} does not support this operation.",
            "dnc.source.operation.not.supported",
        )


def check_internal(dnc_list: DncList) -> None:
    """Raises BadRequest if its entries are kept by somebody else. Assumption: they cannot be exported."""
    if not dnc_list.kinds:
        raise BadRequest(
            f"A DNC list of type {dnc_list.dnc_source_type} does not support this operation.",
            "dnc.source.operation.not.supported",
        )


def normal(kind: EntryKind, value: str, limits: PlatformLimits) -> str | None:
    """The entry as it is kept, or None if it is none.

    Assumptions: numbers are kept without formatting characters, as contacts' numbers are read (help article on CSV
    files); the rest is kept to the letter.
    """
    if kind in ("phone", "whatsapp"):
        number = value.translate(_FORMATTING)
        return number if _PHONE.fullmatch(number) else None
    if kind == "email":
        return value if _EMAIL.fullmatch(value) else None
    return value if value.strip() and len(value) <= limits.cell_chars else None


def entries(kind: EntryKind, sent: Sequence[str], limits: PlatformLimits) -> list[str]:
    """The entries of one request as they are kept. Raises BadRequest. Assumption: one bad entry refuses all."""
    most = limits.dnc_entries_per_request
    if not sent or (most and len(sent) > most):
        raise BadRequest(f"There must be from 1 to {most or 'any number of'} entries.", "constraint.validation")
    kept = [normal(kind, value, limits) for value in sent]
    if None in kept:
        raise BadRequest(f"Entry {kept.index(None)} is not valid.", "constraint.validation")
    return kept  # type: ignore[return-value]  # there is no None in it


def minute_of(now: float) -> int:
    return int(now // 60)


def expiry(text: str | None, now: float, limits: PlatformLimits, semantics: Semantics) -> int:
    """The minute an entry expires, since the epoch; 0 without a text, or with an empty one. Raises BadRequest.

    Format: SDK 269.0.0 models/dnc_patch_phone_numbers_request.py, `yyyy-MM-ddTHH:mmZ`.
    """
    if text is None or (text == "" and semantics.dnc_empty_expiration == "none"):
        return 0
    minute = minute_in(text)
    if minute is None:
        raise _invalid_date(f"[{text}] is not a date of the form yyyy-MM-ddTHH:mmZ.")
    if minute <= minute_of(now) and semantics.dnc_past_expiration == "reject":
        raise _invalid_date(f"[{text}] is not in the future.")
    if is_too_far(minute, now, limits):
        raise _invalid_date(f"[{text}] is more than {limits.dnc_expiration_days} days away.")
    return minute


def minute_in(text: str) -> int | None:
    """The minute since the epoch that a text to the minute names, in UTC; None if it names none."""
    if not _MINUTE.fullmatch(text):
        return None
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp() // 60)


def minute_text(minute: int) -> str:
    return datetime.fromtimestamp(60 * minute, UTC).strftime("%Y-%m-%dT%H:%MZ") if minute else ""


def is_too_far(minute: int, now: float, limits: PlatformLimits) -> bool:
    """Whether an expiration is beyond the limit, if there is one."""
    return bool(limits.dnc_expiration_days) and minute > minute_of(now) + limits.dnc_expiration_days * 24 * 60


def check_capacity(new: int, in_list: int, in_org: int, limits: PlatformLimits) -> None:
    """Raises BadRequest if `new` entries fit neither the list nor the org.

    Assumption: these codes; dnc.phone.numbers.per.list.limit.exceeded and its like exist besides.
    """
    if in_list + new > limits.dnc_records_per_list:
        raise BadRequest(
            f"A DNC list may have at most {limits.dnc_records_per_list} records.",
            "dnc.records.per.list.limit.exceeded",
        )
    if in_org + new > limits.dnc_records_per_org:
        raise BadRequest(
            f"All DNC lists together may have at most {limits.dnc_records_per_org} records.",
            "dnc.records.per.organization.limit.exceeded",
        )


def _invalid_date(message: str) -> BadRequest:
    return BadRequest(message, "invalid.date.value")
