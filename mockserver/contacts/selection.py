"""Which contacts of a list a request is about: those a filter or criteria pass, or those with some ids.

Source: SDK 269.0.0 models/contacts_export_request.py, contact_bulk_edit_request.py, contact_bulk_search_parameters.py.
Assumptions: a request names one of the three; ids nobody has are passed over; a bulk job has to narrow the list down,
since `clear` is there for all of it.
"""

from collections.abc import Sequence

import msgspec

from mockserver.contacts import found as contact_search
from mockserver.contacts import search
from mockserver.contacts.search import Criteria
from mockserver.errors import BadRequest
from mockserver.model import ContactList
from mockserver.storage.store import Snapshot, Store


class Selection(msgspec.Struct, rename="camel", kw_only=True):
    contact_list_filter_id: str | None = None
    criteria: Criteria | None = None
    contact_ids: list[str] | None = None

    @property
    def named(self) -> list[str]:
        """Which of the ways it is said in."""
        said = {
            "contactListFilterId": self.contact_list_filter_id,
            "criteria": self.criteria,
            "contactIds": self.contact_ids,
        }
        return [name for name, value in said.items() if value is not None]


def check_named(selection: Selection, allowed: Sequence[str], *, required: bool) -> None:
    """Raise BadRequest if the selection is said in no way, in several, or in one that is not allowed."""
    named = selection.named
    if len(named) > 1 or not {*named} <= {*allowed} or (required and not named):
        raise BadRequest(f"Expected one of {', '.join(allowed)}; there is {', '.join(named) or 'none of them'}.")
    if required and selection.criteria is not None and not search.predicates(selection.criteria):
        raise BadRequest("The criteria have no predicate; to remove all contacts, clear the contact list.")


def selected(store: Store, contact_list: ContactList, selection: Selection, now: float) -> Sequence[str]:
    """The ids, in order of creation, or in that of the request. Raises NotFound for a filter, BadRequest."""
    if selection.contact_ids is not None:
        return list(store.existing(contact_list.id, selection.contact_ids))
    criteria = selection.criteria
    if selection.contact_list_filter_id is not None:
        criteria = contact_search.criteria_of(store, selection.contact_list_filter_id)
    return contact_search.matching(store, contact_list, criteria, now)


def snapshot(store: Store, list_id: str, ids: Sequence[str]) -> Snapshot:
    """These contacts as they are now."""
    rows = store.existing(list_id, ids)
    stored = ((id_, store.attributes(list_id, id_)) for id_ in ids)
    return Snapshot(list(ids), [rows[id_] for id_ in ids], {id_: raw for id_, raw in stored if raw is not None})
