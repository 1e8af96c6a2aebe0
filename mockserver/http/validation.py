"""How refusals to create or change something are worded, and the rules for names and divisions.

Source of the two patterns: recorded answers of 2023 to creations of contact lists, with `messageWithParams` and
`messageParams`; Terraform provider, pull request 412, for an update. Recorded details: duplicate.name,
contact.list.both.phone.email.column.empty, cannot.update.phone.columns. Assumptions: the other details, the names of
the parameters but DUPLICATE_NAME, and that what is true of contact lists is true of the other kinds.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mockserver.errors import ApiError, BadRequest, Conflict, invalid_value
from mockserver.model import Reference
from mockserver.operations.documents import Named
from mockserver.profile import PlatformLimits
from mockserver.state import Org

_CREATED = "An attempt was made to create an invalid {entity}. Details: {detail}"
_CHANGED = "An attempt was made to update a {entity} in an invalid way. Details: {detail}"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_GENERAL = {"bad.request", "invalid.value", "invalid.date"}  # worded alike all over the platform


@contextmanager
def validating(entity: str, *, is_new: bool) -> Iterator[None]:
    """Word a BadRequest raised inside as the platform does for an `entity`, such as "ContactList"."""
    try:
        yield
    except BadRequest as problem:
        if problem.code in _GENERAL:
            raise
        pattern, parameter = _CREATED if is_new else _CHANGED, problem.code.upper().replace(".", "_")
        refusal = BadRequest(pattern.format(entity=entity, detail=problem), problem.code)
        refusal.parameters = {
            "messageWithParams": pattern.format(entity="{entity}", detail=f"{{{parameter}}}"),
            "messageParams": {parameter: str(problem), "entity": entity},
        }
        raise refusal from problem


def check_version(old: int, sent: int | None) -> None:
    """Raise Conflict if an update is not one of the current version."""
    if sent != old:
        raise Conflict(f"The version is {old}, the update is of version {sent}.", "invalid.update.wrong.version")


def raise_first(problems: Iterable[ApiError]) -> None:
    for problem in problems:
        raise problem


def division_problems(org: Org, division: Reference | None, before: Reference | None = None) -> Iterator[BadRequest]:
    """Refuse a division that does not exist; the mock has only the home division. Assumption: the code."""
    known = {each.id for each in (org.home_division, before) if each}
    if division and division.id not in known and org.profile.semantics.unknown_divisions == "reject":
        yield invalid_value(division.id, "division", org.home_division.id)


def name_problems(new: Named, limits: PlatformLimits, others: Iterable[Named]) -> Iterator[BadRequest]:
    if not new.name.strip():
        yield BadRequest("A name must be provided.", "name.cannot.be.blank")
    if _CONTROL.search(new.name):  # Assumption: the code, and that they are refused
        yield invalid_value(_CONTROL.sub("?", new.name), "name", "text without control characters")
    if len(new.name) > limits.list_name_chars:
        yield BadRequest(
            f"The name length exceeds the limit of {limits.list_name_chars} characters.", "name.length.exceeded"
        )
    if any(other.name == new.name and other.id != new.id for other in others):
        yield BadRequest(f"Name {new.name} already exists", "duplicate.name")
