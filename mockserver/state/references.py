"""What refers to what: whether a reference leads somewhere, and whether something may go.

Kinds are those of stored documents, and `contact_list`. Source of the codes for lists: swagger of 2018-03-21;
`referential.integrity.error` is its general one.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mockserver.errors import BadRequest, NotFound
from mockserver.operations.documents import KINDS
from mockserver.storage import Store

_IN_USE = {
    "contact_list": ("The contact list is in use.", "contact.list.in.use"),
    "dnc_list": ("The dialer DNC list is in use.", "dnc.list.in.use"),
}
_REFERENCED = "Could not delete the resource because it is referenced by another entity.", "referential.integrity.error"


class _Named(msgspec.Struct):
    name: str = ""


class _SavedDncList(msgspec.Struct):
    dnc_list: _Named


def name_of(store: Store, kind: str, entity_id: str) -> str | None:
    """The name of what a reference leads to; None if it leads nowhere."""
    if kind == "contact_list":
        try:
            return store.contact_list(entity_id).name
        except NotFound:
            return None
    raw = store.documents(kind).get(entity_id)
    if raw is None:
        return None
    if kind == "dnc_list":
        return msgspec.msgpack.decode(raw, type=_SavedDncList).dnc_list.name
    return msgspec.json.decode(raw, type=_Named).name


def reference_problems(store: Store, field: str, kind: str, ids: Iterable[str], code: str) -> Iterator[BadRequest]:
    """The references of a field that lead nowhere. Assumption: that this is refused, and how."""
    for entity_id in ids:
        if name_of(store, kind, entity_id) is None:
            yield BadRequest(f"{field} {entity_id} does not exist", code)


def check_unused(store: Store, kind: str, entity_id: str) -> None:
    """Raise BadRequest if something refers to it."""
    if entity_id in _referred_to(store, kind):
        raise BadRequest(*_IN_USE.get(kind, _REFERENCED))


def _referred_to(store: Store, kind: str) -> Iterator[str]:
    """The ids of a kind that others refer to."""
    if kind == "attempt_limits":
        yield from (each.attempt_limits.id for each in store.contact_lists() if each.attempt_limits)
    for user in KINDS:
        for field in (name for name, referred in user.references.items() if referred == kind):
            for raw in store.documents(user.name).values():
                yield from ids_in(msgspec.json.decode(raw).get(field))


def ids_in(field: Any) -> list[str]:
    """The ids that a field holds, as JSON: one id, one reference or many."""
    return [each if isinstance(each, str) else each.get("id", "") for each in as_list(field)]


def as_list(field: Any) -> list[Any]:
    return field if isinstance(field, list) else [] if field is None else [field]
