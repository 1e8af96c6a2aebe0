"""Contacts in memory: two lists of text and bytes a contact list, and indexes only for those who ask.

Deleted contacts leave an empty row behind until more than half of a list is empty. Replaced contacts keep their place.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress

from mockserver.errors import contact_list_not_found
from mockserver.model import ContactList
from mockserver.storage import ContactSnapshot, Row
from mockserver.storage.indexes import ColumnIndex, CreationTimes, SegmentedIndex

_EMPTY = b""  # the row of a deleted contact: no JSON object is empty
_FEW = 1_000  # empty rows that are not worth the removal


class MemoryStore:
    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}
        self._total = 0
        self._documents: dict[str, dict[str, bytes]] = {}

    def create_list(self, contact_list: ContactList) -> None:
        self.check_new(contact_list)
        self._tables[contact_list.id] = _Table(contact_list)

    def contact_list(self, list_id: str) -> ContactList:
        return self._table(list_id).contact_list

    def contact_lists(self) -> Sequence[ContactList]:
        return [table.contact_list for table in self._tables.values()]

    def replace_list(self, contact_list: ContactList) -> None:
        self._table(contact_list.id).contact_list = contact_list

    def delete_list(self, list_id: str) -> None:
        self._total -= self._table(list_id).live
        del self._tables[list_id]

    def size(self, list_id: str) -> int:
        return self._table(list_id).live

    def total_size(self) -> int:
        return self._total

    def add_contacts(self, list_id: str, ids: Sequence[str], rows: Sequence[Row], created: float = 0.0) -> None:
        table = self._table(list_id)
        check_lengths(ids, rows)
        table.append(ids, rows, created)
        self._total += len(ids)

    def put_contacts(self, list_id: str, ids: Sequence[str], rows: Sequence[Row], created: float = 0.0) -> int:
        table = self._table(list_id)
        check_lengths(ids, rows)
        new = table.put(ids, rows, created)
        self._total += new
        return new

    def existing(self, list_id: str, ids: Sequence[str]) -> dict[str, Row]:
        table = self._table(list_id)
        return {contact_id: table.rows[place] for contact_id, place in table.places().find(ids).items()}

    def delete_contacts(self, list_id: str, ids: Sequence[str]) -> int:
        deleted = self._table(list_id).delete(ids)
        self._total -= deleted
        return deleted

    def clear(self, list_id: str) -> None:
        table = self._table(list_id)
        self._total -= table.live
        cleared = _Table(table.contact_list)
        cleared.saved_import = table.saved_import
        self._tables[list_id] = cleared

    def snapshot(self, list_id: str) -> ContactSnapshot:
        table = self._table(list_id)
        ids, rows, _ = table.live_contacts()
        return ContactSnapshot(ids[:], rows[:], dict(table.attributes))

    def page(self, list_id: str, offset: int, limit: int) -> ContactSnapshot:
        all_ids, rows, times = self._table(list_id).live_contacts()
        ids = all_ids[offset : offset + limit]
        created = [moment for a, b, moment in times.spans(offset, offset + len(ids)) for _ in range(a, b)]
        return ContactSnapshot(ids, rows[offset : offset + limit], created=created)

    def created_at(self, list_id: str, ids: Sequence[str]) -> list[float]:
        table = self._table(list_id)
        places = table.places().find(ids)
        return [table.times.of(places[contact_id]) for contact_id in ids]

    def created_until(self, list_id: str, moment: float) -> int:
        ids, _, times = self._table(list_id).live_contacts()
        return times.until(moment, len(ids))

    def find(self, list_id: str, column: str, values: Sequence[str]) -> list[str]:
        return self._table(list_id).find(column, values)

    def attributes(self, list_id: str, contact_id: str) -> bytes | None:
        return self._table(list_id).attributes.get(contact_id)

    def set_attributes(self, list_id: str, attributes: Mapping[str, bytes]) -> None:
        self._table(list_id).attributes.update(attributes)

    def save_import(self, list_id: str, record: bytes) -> None:
        self._table(list_id).saved_import = record

    def imports(self) -> Mapping[str, bytes]:
        return {list_id: table.saved_import for list_id, table in self._tables.items() if table.saved_import}

    def iter_ids(self, list_id: str) -> Iterator[str]:
        return iter(self.snapshot(list_id).ids)

    def save_document(self, kind: str, document_id: str, raw: bytes) -> None:
        self._documents.setdefault(kind, {})[document_id] = raw

    def delete_document(self, kind: str, document_id: str) -> None:
        documents = self._documents.get(kind, {})
        documents.pop(document_id, None)
        if not documents:
            self._documents.pop(kind, None)

    def delete_documents(self, kind: str) -> None:
        self._documents.pop(kind, None)

    def documents(self, kind: str) -> Mapping[str, bytes]:
        return dict(self._documents.get(kind, {}))

    def document_kinds(self) -> Sequence[str]:
        return list(self._documents)

    def check_new(self, contact_list: ContactList) -> None:
        if contact_list.id in self._tables:
            raise ValueError(f"the list {contact_list.id} exists already")

    def close(self) -> None:
        """Give the memory back now: whoever still holds the store, as a cache of aiohttp's may, holds nothing."""
        self._tables.clear()
        self._documents.clear()
        self._total = 0

    def _table(self, list_id: str) -> "_Table":
        try:
            return self._tables[list_id]
        except KeyError:
            raise contact_list_not_found() from None


def check_lengths(ids: Sequence[str], rows: Sequence[Row]) -> None:
    if len(ids) != len(rows):
        raise ValueError(f"{len(ids)} ids for {len(rows)} rows")


class _Table:
    """The contacts of one list. A contact's place is its position in `ids` and `rows`."""

    def __init__(self, contact_list: ContactList) -> None:
        self.contact_list = contact_list
        self.live = 0
        self.ids: list[str] = []
        self.rows: list[Row] = []
        self.times = CreationTimes()
        self.attributes: dict[str, bytes] = {}
        self.saved_import = b""
        self._places = SegmentedIndex()
        self._placed = 0  # how many of `ids` are in `_places`
        self._columns: dict[str, ColumnIndex] = {}
        self._without_empty: tuple[list[str], list[Row], CreationTimes] | None = None

    def append(self, ids: Sequence[str], rows: Sequence[Row], created: float) -> None:
        self.times.begin(len(self.ids), created)
        self.ids.extend(ids)
        self.rows.extend(rows)
        self.live += len(ids)
        self._without_empty = None

    def put(self, ids: Sequence[str], rows: Sequence[Row], created: float) -> int:
        places, before = self.places(), len(self.ids)
        if not places.find(ids) and len(set(ids)) == len(ids):  # all are new: the index takes them in when next asked
            self.append(ids, rows, created)
            return len(ids)
        self.times.begin(before, created)
        for contact_id, row in zip(ids, rows, strict=True):
            place = places.setdefault(contact_id, len(self.ids))
            if place == len(self.ids):
                self.ids.append(contact_id)
                self.rows.append(row)
            else:
                self._replace(place, row)
        new = len(self.ids) - before
        self.live += new
        self._placed = len(self.ids)
        self._without_empty = None
        return new

    def delete(self, ids: Sequence[str]) -> int:
        places, before = self.places(), self.live
        for contact_id in ids:
            place = places.pop(contact_id)
            if place is not None:
                self.ids[place], self.rows[place] = "", _EMPTY
                self.live -= 1
                self.attributes.pop(contact_id, None)
        self._without_empty = None
        self._compact_if_mostly_empty()
        return before - self.live

    def places(self) -> SegmentedIndex:
        """The place of each id. Built when first asked for: ids drawn by the server are rarely looked up."""
        start, end = self._placed, len(self.ids)
        if start < end:
            placed = zip(self.ids[start:], range(start, end), strict=True)
            self._places.add(compress(placed, self.rows[start:]))
            self._placed = end
        return self._places

    def live_contacts(self) -> tuple[list[str], list[Row], CreationTimes]:
        """Ids, rows and times without the empty rows; kept until the list changes. They are not to be changed."""
        if self.live == len(self.ids):
            return self.ids, self.rows, self.times
        if self._without_empty is None:
            rows = list(filter(None, self.rows))
            self._without_empty = list(compress(self.ids, self.rows)), rows, self.times.without_gaps(self.rows)
        return self._without_empty

    def find(self, column: str, values: Sequence[str]) -> list[str]:
        index = self._columns.setdefault(column, ColumnIndex(column))
        index.catch_up(self.rows)
        return [self.ids[place] for place in index.places(values, self.rows)]

    def _replace(self, place: int, row: Row) -> None:
        for index in self._columns.values():
            index.replace(place, self.rows[place], row)
        self.rows[place] = row

    def _compact_if_mostly_empty(self) -> None:
        if len(self.ids) - self.live > max(self.live, _FEW):
            self.ids, self.rows, self.times = self.live_contacts()
            self._without_empty = None
            self._places, self._placed, self._columns = SegmentedIndex(), 0, {}
