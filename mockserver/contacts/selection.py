"""Which contacts of a list a request is about: those a filter or criteria pass, or those with some ids.

Source: SDK 269.0.0 models/contacts_export_request.py, contact_bulk_edit_request.py, contact_bulk_search_parameters.py.
Assumptions: a request names one of the three; ids nobody has are passed over; a bulk job has to narrow the list down,
since `clear` is there for all of it.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from mockserver.clock import date_in
from mockserver.contacts import search
from mockserver.contacts.search import CONTACT_ID, Lookup, Record
from mockserver.errors import BadRequest, NotFound, contact_list_not_found
from mockserver.http.query import PageRequest
from mockserver.model import ContactList
from mockserver.operations.contacts import Clause, ContactListingRequest, ContactSort, Criteria, Selection
from mockserver.state import Org
from mockserver.storage import ContactSnapshot, Row, Store
from mockserver.storage.row_codec import decoder


def check_named(selection: Selection, allowed: Sequence[str], *, required: bool) -> None:
    """Raise BadRequest if the selection is said in no way, in several, or in one that is not allowed."""
    named = selection.ways
    if len(named) > 1 or not {*named} <= {*allowed} or (required and not named):
        raise BadRequest(f"Expected one of {', '.join(allowed)}; there is {', '.join(named) or 'none of them'}.")
    if required and selection.criteria is not None and not search.predicates(selection.criteria):
        raise BadRequest("The criteria have no predicate; to remove all contacts, clear the contact list.")


def selected_ids(store: Store, contact_list: ContactList, selection: Selection, now: float) -> Sequence[str]:
    """The ids, in order of creation, or in that of the request. Raises NotFound for a filter, BadRequest."""
    if selection.contact_ids is not None:
        return list(store.existing(contact_list.id, selection.contact_ids))
    criteria = selection.criteria
    if selection.contact_list_filter_id is not None:
        criteria = criteria_of(store, selection.contact_list_filter_id)
    return matching(store, contact_list, criteria, now)


def snapshot(store: Store, list_id: str, ids: Sequence[str]) -> ContactSnapshot:
    """These contacts as they are now."""
    rows = store.existing(list_id, ids)
    stored = ((id_, store.attributes(list_id, id_)) for id_ in ids)
    return ContactSnapshot(list(ids), [rows[id_] for id_ in ids], {id_: raw for id_, raw in stored if raw is not None})


# Three roads from a search to its contacts: a page of all, an index, or a look at every contact.


NO_LAG = math.inf
FILTERS = "contact_list_filter"  # the kind of documents that contact list filters are


class SearchPage(NamedTuple):
    """One page, and how many there are on all pages."""

    ids: Sequence[str]
    rows: Sequence[Row]
    total: int
    created: Sequence[float] | None = None  # if that was at hand


class _Filter(msgspec.Struct, rename="camel"):
    """What a search needs of a stored contact list filter."""

    clauses: list[Clause] | None = None
    filter_type: str | None = None


def criteria_of(store: Store, filter_id: str) -> Criteria:
    """What the contact list filter asks. Raises NotFound."""
    raw = store.documents(FILTERS).get(filter_id)
    if raw is None:
        raise NotFound("The requested resource was not found.")
    found = msgspec.json.decode(raw, type=_Filter)
    return Criteria(filter_type=found.filter_type, clauses=found.clauses)


def matching(store: Store, contact_list: ContactList, criteria: Criteria | None, now: float) -> Sequence[str]:
    """The ids of all contacts that match, in order of creation. Raises BadRequest."""
    search.check(criteria, contact_list.column_names, now)
    if not search.predicates(criteria):
        return store.snapshot(contact_list.id).ids
    return _matching(store, contact_list.id, ContactListingRequest(criteria=criteria), now)


def search_page(
    store: Store,
    contact_list: ContactList,
    wanted: ContactListingRequest,
    page: PageRequest,
    now: float,
    horizon: float = NO_LAG,
) -> SearchPage:
    """The page of the contacts that match, without those created after `horizon`. Raises BadRequest.

    A page of all costs nothing, a search for values of one text column costs by the values, any other by the list.
    """
    for problem in search.problems(wanted, contact_list.column_names):
        raise problem
    if not wanted.contact_sorts and not search.predicates(wanted.criteria):
        return _page_of_all(store, contact_list.id, page, horizon)
    ids = _matching(store, contact_list.id, wanted, now)
    return _page_of(store, contact_list.id, page, ids, horizon)


def _matching(store: Store, list_id: str, wanted: ContactListingRequest, now: float) -> Sequence[str]:
    looked_up = None if wanted.contact_sorts else search.lookup(wanted.criteria)
    return _scan(store, list_id, wanted, now) if looked_up is None else _ids(store, list_id, looked_up)


def _page_of_all(store: Store, list_id: str, page: PageRequest, horizon: float) -> SearchPage:
    total = store.size(list_id) if horizon == NO_LAG else store.created_until(list_id, horizon)
    shown = store.page(list_id, page.offset, min(page.size, max(0, total - page.offset)))
    return SearchPage(shown.ids, shown.rows, total, shown.created)


def _page_of(store: Store, list_id: str, page: PageRequest, ids: Sequence[str], horizon: float) -> SearchPage:
    if horizon != NO_LAG:
        created = store.created_at(list_id, ids)
        ids = [id_ for id_, moment in zip(ids, created, strict=True) if moment <= horizon]
    shown = page.of(ids)
    rows = store.existing(list_id, shown)
    return SearchPage(shown, [rows[id_] for id_ in shown], len(ids))


def _ids(store: Store, list_id: str, wanted: Lookup) -> Sequence[str]:
    if wanted.column == CONTACT_ID:
        return list(store.existing(list_id, wanted.values))
    return store.find(list_id, wanted.column, wanted.values)


def _scan(store: Store, list_id: str, wanted: ContactListingRequest, now: float) -> Sequence[str]:
    """The ids of all that match, sorted as wanted, else in order of creation."""
    sorts = wanted.contact_sorts or []
    asked = [each.column for each in search.predicates(wanted.criteria)] + [sort.field_name for sort in sorts]
    columns = [CONTACT_ID, *dict.fromkeys(column for column in asked if column != CONTACT_ID)]
    matches = search.matcher(wanted.criteria, columns, now)
    records = [record for record in _records(store, list_id, columns[1:]) if matches(record)]
    return [record[0] for record in _sort_records(records, sorts, columns)]


def _records(store: Store, list_id: str, columns: Sequence[str]) -> Iterable[Record]:
    """The id and the cells of these columns, of each contact."""
    contacts = store.snapshot(list_id)
    if not columns:
        return [(id_,) for id_ in contacts.ids]
    cells = decoder(columns)(contacts.rows)
    return ((id_, *row) for id_, row in zip(contacts.ids, cells, strict=True))


def _sort_records(records: list[Record], sorts: Sequence[ContactSort], columns: Sequence[str]) -> list[Record]:
    for sort in reversed(sorts):
        at, key = columns.index(sort.field_name), search.sort_key(sort)
        records.sort(key=lambda record, at=at, key=key: key(record[at]), reverse=sort.direction == "DESC")  # type: ignore[misc]
    return records


# What can be seen already: eventual consistency, as far as the profile has any.


def size(org: Org, list_id: str) -> int:
    """How many contacts the list says it has."""
    lag_s = org.profile.semantics.size_lag_s
    return org.store.created_until(list_id, org.clock.now() - lag_s) if lag_s else org.store.size(list_id)


def search_horizon(org: Org) -> float:
    """Contacts created later are not found by searches."""
    lag_s = org.profile.semantics.search_lag_s
    return org.clock.now() - lag_s if lag_s else NO_LAG


def check_list(org: Org, contact_list: ContactList) -> None:
    """Raise NotFound if the list cannot be read yet."""
    lag_s = org.profile.semantics.get_lag_s
    created = date_in(contact_list.date_created) if lag_s else None
    if created is not None and created.timestamp() > org.clock.now() - lag_s:
        raise contact_list_not_found()


def readable(org: Org, list_id: str, ids: Sequence[str]) -> Sequence[str]:
    """Those of the contacts, which have to exist, that can be read by their ids."""
    lag_s = org.profile.semantics.get_lag_s
    if not lag_s:
        return ids
    newest = org.clock.now() - lag_s
    return [id_ for id_, moment in zip(ids, org.store.created_at(list_id, ids), strict=True) if moment <= newest]
