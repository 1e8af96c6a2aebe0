"""Contacts that survive a kill: the memory store, and a log of every change on the disk before it is made.

Opening replays the log. A change is checked, logged and then made, so the log and the memory agree, or neither has it.
An import that was loading at a kill has logged some of its rows; the job engine finds its saved record unfinished and
reports it FAILED: it is never complete and short.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mockserver.model import ContactList
from mockserver.storage import Row
from mockserver.storage.log import Record, StoreError, StoreLog, UnusableError
from mockserver.storage.memory_store import MemoryStore, check_lengths

__all__ = ["DurableStore", "StoreError", "UnusableError"]

_CHUNK_CONTACTS = 1_000
_SMALL_BYTES = 1_000_000  # a log not worth rewriting, however little of it is still true

_encode = msgspec.msgpack.Encoder().encode
_Contacts = tuple[list[str], list[Row]]
_DatedContacts = tuple[list[str], list[Row], float]


class DurableStore(MemoryStore):
    """Raises StoreError if the file cannot be opened or written."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._log = StoreLog(path)
        try:
            self._replay()
            if self._log.payload_bytes() > 2 * self._live_bytes() + _SMALL_BYTES:
                self._log.rewrite(self._live_records())
        except BaseException:
            self._log.close()
            raise

    def create_list(self, contact_list: ContactList) -> None:
        self.check_new(contact_list)
        self._log_change("create_list", contact_list.id, contact_list)
        super().create_list(contact_list)

    def replace_list(self, contact_list: ContactList) -> None:
        self.contact_list(contact_list.id)
        self._log_change("replace_list", contact_list.id, contact_list)
        super().replace_list(contact_list)

    def delete_list(self, list_id: str) -> None:
        self.contact_list(list_id)
        self._log_change("delete_list", list_id, None)
        super().delete_list(list_id)

    def add_contacts(self, list_id: str, ids: Sequence[str], rows: Sequence[Row], created: float = 0.0) -> None:
        self.contact_list(list_id)
        check_lengths(ids, rows)
        self._log_change("add_contacts_at", list_id, (ids, rows, created))
        super().add_contacts(list_id, ids, rows, created)

    def put_contacts(self, list_id: str, ids: Sequence[str], rows: Sequence[Row], created: float = 0.0) -> int:
        self.contact_list(list_id)
        check_lengths(ids, rows)
        self._log_change("put_contacts_at", list_id, (ids, rows, created))
        return super().put_contacts(list_id, ids, rows, created)

    def delete_contacts(self, list_id: str, ids: Sequence[str]) -> int:
        self.contact_list(list_id)
        self._log_change("delete_contacts", list_id, ids)
        return super().delete_contacts(list_id, ids)

    def clear(self, list_id: str) -> None:
        self.contact_list(list_id)
        self._log_change("clear", list_id, None)
        super().clear(list_id)

    def set_attributes(self, list_id: str, attributes: Mapping[str, bytes]) -> None:
        self.contact_list(list_id)
        self._log_change("set_attributes", list_id, attributes)
        super().set_attributes(list_id, attributes)

    def save_import(self, list_id: str, record: bytes) -> None:
        self.contact_list(list_id)
        self._log_change("save_import", list_id, record)
        super().save_import(list_id, record)

    def save_document(self, kind: str, document_id: str, raw: bytes) -> None:
        self._log_change("save_document", kind, (document_id, raw))
        super().save_document(kind, document_id, raw)

    def delete_document(self, kind: str, document_id: str) -> None:
        if document_id in self._documents.get(kind, {}):
            self._log_change("delete_document", kind, document_id)
            super().delete_document(kind, document_id)

    def delete_documents(self, kind: str) -> None:
        if kind in self._documents:
            self._log_change("delete_documents", kind, None)
            super().delete_documents(kind)

    def close(self) -> None:
        self._log.close()

    def _log_change(self, kind: str, list_id: str, payload: object) -> None:
        """`list_id` is the list's that is changed, or a kind of documents."""
        self._log.append(Record(kind, list_id, _encode(payload)))

    def _replay(self) -> None:
        for kind, list_id, payload in self._log.records():
            try:
                decode, apply = _KINDS[kind]
                apply(self, list_id, decode(payload))
            except (KeyError, msgspec.DecodeError) as error:
                raise StoreError(f"the store holds a record that cannot be read ({kind}: {error})") from error

    def _live_bytes(self) -> int:
        return self._document_bytes() + sum(
            len(contact_id) + len(row)
            for contact_list in self.contact_lists()
            for contact_id, row in zip(*self.snapshot(contact_list.id)[:2], strict=True)
        )

    def _document_bytes(self) -> int:
        return sum(len(id_) + len(raw) for each in self._documents.values() for id_, raw in each.items())

    def _live_records(self) -> Iterator[Record]:
        imports = self.imports()
        for contact_list in self.contact_lists():
            list_id = contact_list.id
            ids, rows, attributes, _ = self.snapshot(list_id)
            yield Record("create_list", list_id, _encode(contact_list))
            for part, created in self._chunks(list_id):
                yield Record("add_contacts_at", list_id, _encode((ids[part], rows[part], created)))
            yield Record("set_attributes", list_id, _encode(attributes))
            if list_id in imports:
                yield Record("save_import", list_id, _encode(imports[list_id]))
        for kind, documents in self._documents.items():
            for document in documents.items():
                yield Record("save_document", kind, _encode(document))

    def _chunks(self, list_id: str) -> Iterator[tuple[slice, float]]:
        """The contacts of a list in parts that are not too large, each of one date."""
        ids, _, times = self._table(list_id).live_contacts()
        for start, stop, created in times.spans(0, len(ids)):
            for first in range(start, stop, _CHUNK_CONTACTS):
                yield slice(first, min(first + _CHUNK_CONTACTS, stop)), created


def _decoder(type_: Any) -> Callable[[bytes], Any]:
    return msgspec.msgpack.Decoder(type_).decode


def _unpacking(method: Callable[..., object]) -> Callable[[MemoryStore, str, Any], object]:
    """The method, given the parts of a record's value one by one; of None there are none."""
    return lambda memory, key, value: method(memory, key, *(value or ()))


# How each kind of record is read, and what it does to the memory. The names are in files: they never change.
_KINDS: dict[str, tuple[Callable[[bytes], Any], Callable[[MemoryStore, str, Any], object]]] = {
    "create_list": (_decoder(ContactList), lambda memory, _, value: MemoryStore.create_list(memory, value)),
    "replace_list": (_decoder(ContactList), lambda memory, _, value: MemoryStore.replace_list(memory, value)),
    "delete_list": (_decoder(None), _unpacking(MemoryStore.delete_list)),
    "add_contacts": (_decoder(_Contacts), _unpacking(MemoryStore.add_contacts)),
    "add_contacts_at": (_decoder(_DatedContacts), _unpacking(MemoryStore.add_contacts)),
    "put_contacts": (_decoder(_Contacts), _unpacking(MemoryStore.put_contacts)),
    "put_contacts_at": (_decoder(_DatedContacts), _unpacking(MemoryStore.put_contacts)),
    "delete_contacts": (_decoder(list[str]), MemoryStore.delete_contacts),
    "clear": (_decoder(None), _unpacking(MemoryStore.clear)),
    "set_attributes": (_decoder(dict[str, bytes]), MemoryStore.set_attributes),
    "save_import": (_decoder(bytes), MemoryStore.save_import),
    "save_document": (_decoder(tuple[str, bytes]), _unpacking(MemoryStore.save_document)),
    "delete_document": (_decoder(str), MemoryStore.delete_document),
    "delete_documents": (_decoder(None), _unpacking(MemoryStore.delete_documents)),
}
