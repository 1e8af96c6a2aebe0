"""Three roads from a search to its contacts: a page of all, an index, or a look at every contact."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from . import search
from .model import ContactList
from .paging import Page
from .row_codec import decoder
from .search import CONTACT_ID, Lookup, Record, SearchRequest, Sort
from .store import Row, Store


class Found(NamedTuple):
    """One page, and how many there are on all pages."""

    ids: Sequence[str]
    rows: Sequence[Row]
    total: int
    created: Sequence[float] | None = None  # if that was at hand


def found(store: Store, contact_list: ContactList, wanted: SearchRequest, page: Page, now: float) -> Found:
    """The page of the contacts that match. Raises BadRequest.

    A page of all costs nothing, a search for values of one text column costs by the values, any other by the list.
    """
    for problem in search.problems(wanted, contact_list.column_names):
        raise problem
    if not wanted.contact_sorts:
        if not search.predicates(wanted.criteria):
            return _page_of_all(store, contact_list.id, page)
        if (looked_up := search.lookup(wanted.criteria)) is not None:
            return _page_of(store, contact_list.id, page, _ids(store, contact_list.id, looked_up))
    return _page_of(store, contact_list.id, page, _scanned(store, contact_list.id, wanted, now))


def _page_of_all(store: Store, list_id: str, page: Page) -> Found:
    shown = store.page(list_id, page.offset, page.size)
    return Found(shown.ids, shown.rows, store.size(list_id), shown.created)


def _page_of(store: Store, list_id: str, page: Page, ids: Sequence[str]) -> Found:
    shown = page.of(ids)
    rows = store.existing(list_id, shown)
    return Found(shown, [rows[id_] for id_ in shown], len(ids))


def _ids(store: Store, list_id: str, wanted: Lookup) -> Sequence[str]:
    if wanted.column == CONTACT_ID:
        return list(store.existing(list_id, wanted.values))
    return store.find(list_id, wanted.column, wanted.values)


def _scanned(store: Store, list_id: str, wanted: SearchRequest, now: float) -> Sequence[str]:
    """The ids of all that match, sorted as wanted, else in order of creation."""
    sorts = wanted.contact_sorts or []
    asked = [each.column for each in search.predicates(wanted.criteria)] + [sort.field_name for sort in sorts]
    columns = [CONTACT_ID, *dict.fromkeys(column for column in asked if column != CONTACT_ID)]
    matches = search.matcher(wanted.criteria, columns, now)
    records = [record for record in _records(store, list_id, columns[1:]) if matches(record)]
    return [record[0] for record in _sorted(records, sorts, columns)]


def _records(store: Store, list_id: str, columns: Sequence[str]) -> Iterable[Record]:
    """The id and the cells of these columns, of each contact."""
    contacts = store.snapshot(list_id)
    if not columns:
        return [(id_,) for id_ in contacts.ids]
    cells = decoder(columns)(contacts.rows)
    return ((id_, *row) for id_, row in zip(contacts.ids, cells, strict=True))


def _sorted(records: list[Record], sorts: Sequence[Sort], columns: Sequence[str]) -> list[Record]:
    for sort in reversed(sorts):
        at, key = columns.index(sort.field_name), search.sort_key(sort)
        records.sort(key=lambda record, at=at, key=key: key(record[at]), reverse=sort.direction == "DESC")  # type: ignore[misc]
    return records
