"""The DNC lists of an org, their entries, and their way into the store and back.

The store keeps the changes of a list's entries, each a document; when most of them say nothing any more, they are
written anew under another name, and the list's document, which names them, is what decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

import msgspec

from mockserver.dnc.rules import Change, DncList, EntryKind, minute_of
from mockserver.errors import NotFound
from mockserver.profile import Semantics
from mockserver.storage import Store

# The entries of one DNC list in memory: a text and a number each, some 130 bytes, and nothing the collector walks.


class EntrySet:
    """Entries of several kinds, each with the minute it expires, 0 if never; in order of creation."""

    def __init__(self) -> None:
        self._of: dict[EntryKind, dict[str, int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def make(self, change: Change) -> None:
        """Change it. Assumption: an entry that is added again takes the new expiration, also none."""
        of_kind = self._of.setdefault(change.kind, {})
        if change.action == "add":
            expires = repeat(change.expires) if isinstance(change.expires, int) else change.expires
            of_kind.update(zip(change.values, expires, strict=False))
        elif change.action == "remove":
            for value in change.values:
                of_kind.pop(value, None)
        elif isinstance(change.expires, int):
            self._of[change.kind] = _without_expired(of_kind, change.expires) if change.expires else {}

    def new(self, kind: EntryKind, values: Sequence[str]) -> int:
        """How many of these are not there yet."""
        return len(set(values).difference(self._of.get(kind, ())))

    def first_that_fit(self, kind: EntryKind, values: Sequence[str], room: int) -> int:
        """How many of `values`, from the first, can be added with at most `room` new ones."""
        known, new = self._of.get(kind, {}), set[str]()
        for position, value in enumerate(values):
            if value not in known:
                new.add(value)
            if len(new) > room:
                return position
        return len(values)

    def drop_expired(self, minute: int) -> None:
        for kind, of_kind in self._of.items():
            if any(0 < expires <= minute for expires in of_kind.values()):
                self._of[kind] = _without_expired(of_kind, minute)

    def snapshot(self) -> Mapping[EntryKind, Mapping[str, int]]:
        """A copy; the texts are shared."""
        return {kind: dict(of_kind) for kind, of_kind in self._of.items()}

    def changes(self, most: int) -> Iterator[Change]:
        """Changes of at most `most` entries that make an empty set equal to this one."""
        for kind, of_kind in self._of.items():
            values, expires = list(of_kind), list(of_kind.values())
            for start in range(0, len(values), most):
                part = slice(start, start + most)
                yield Change("add", kind, values[part], expires[part])


def _without_expired(entries: Mapping[str, int], minute: int) -> dict[str, int]:
    return {value: expires for value, expires in entries.items() if not 0 < expires <= minute}


_LISTS = "dnc_list"
_CHUNK = 20_000  # entries a document
_SMALL = 100_000  # entries in documents that are not worth rewriting, however few of them are still true

_encode = msgspec.msgpack.Encoder().encode
_decode_change = msgspec.msgpack.Decoder(Change).decode


class _Saved(msgspec.Struct):
    """A list's document. `generation` names the documents that hold its entries."""

    dnc_list: DncList
    generation: int


_decode_saved = msgspec.msgpack.Decoder(_Saved).decode


class _Table:
    def __init__(self, dnc_list: DncList, generation: int) -> None:
        self.dnc_list = dnc_list
        self.generation = generation
        self.entries = EntrySet()
        self.documents = 0
        self.written = 0  # entries and documents

    @property
    def kind(self) -> str:
        """Of the documents that hold its entries."""
        return f"dnc_entries/{self.dnc_list.id}/{self.generation}"


class DncBook:
    """Raises NotFound (dnc.list.not.found) for a list that does not exist."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reload()

    def reload(self) -> None:
        """Take in what the store holds, as after a restart."""
        self._dropped_minute = 0  # until then nothing has to be looked through for what has expired
        self._tables = {list_id: self._restore_table(raw) for list_id, raw in self._store.documents(_LISTS).items()}

    def lists(self) -> Sequence[DncList]:
        """In order of creation."""
        return [table.dnc_list for table in self._tables.values()]

    def dnc_list(self, list_id: str) -> DncList:
        return self._table(list_id).dnc_list

    def entries(self, list_id: str) -> EntrySet:
        """Its entries, to be read; `make` changes them."""
        return self._table(list_id).entries

    def total_size(self) -> int:
        return sum(len(table.entries) for table in self._tables.values())

    def create(self, dnc_list: DncList) -> None:
        self._save(_Table(dnc_list, 0))

    def replace(self, dnc_list: DncList) -> None:
        table = self._table(dnc_list.id)
        table.dnc_list = dnc_list
        self._save(table)

    def delete(self, list_id: str) -> None:
        kind = self._table(list_id).kind
        self._store.delete_document(_LISTS, list_id)
        self._store.delete_documents(kind)
        del self._tables[list_id]

    def make(self, list_id: str, change: Change) -> None:
        """Change a list's entries, in the store first."""
        table = self._table(list_id)
        self._write(table, change)
        table.entries.make(change)
        self._dropped_minute = 0
        if table.written > 2 * len(table.entries) + _SMALL:
            self._rewrite(table)

    def drop_expired(self, now: float, semantics: Semantics) -> None:
        """Forget entries that have expired if the org does, in memory: read again, they will have expired again."""
        minute = minute_of(now)
        if semantics.dnc_expired_entries == "dropped" and minute > self._dropped_minute:
            for table in self._tables.values():
                table.entries.drop_expired(minute)
            self._dropped_minute = minute

    def _table(self, list_id: str) -> _Table:
        try:
            return self._tables[list_id]
        except KeyError:
            raise NotFound("The do not call list could not be found.", "dnc.list.not.found") from None

    def _save(self, table: _Table) -> None:
        saved = _Saved(table.dnc_list, table.generation)
        self._store.save_document(_LISTS, table.dnc_list.id, _encode(saved))
        self._tables[table.dnc_list.id] = table

    def _write(self, table: _Table, change: Change) -> None:
        self._store.save_document(table.kind, str(table.documents), _encode(change))
        table.documents += 1
        table.written += 1 + len(change.values)

    def _rewrite(self, table: _Table) -> None:
        """A stop in between leaves the old documents in force, and some new ones that the next rewriting replaces."""
        old = table.kind
        table.generation, table.documents, table.written = table.generation + 1, 0, 0
        self._store.delete_documents(table.kind)
        for change in table.entries.changes(_CHUNK):
            self._write(table, change)
        self._save(table)
        self._store.delete_documents(old)

    def _restore_table(self, raw: bytes) -> _Table:
        saved = _decode_saved(raw)
        table = _Table(saved.dnc_list, saved.generation)
        for document in self._store.documents(table.kind).values():
            change = _decode_change(document)
            table.entries.make(change)
            table.documents += 1
            table.written += 1 + len(change.values)
        return table
