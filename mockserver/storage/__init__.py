"""Where contact lists and contacts are kept. A contact is its id and the JSON object of its `data`, as bytes.

Everything else an org keeps is small documents: bytes with an id, by kind.

Bytes, because the garbage collector walks dicts and a million of them stop a server for seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from mockserver.model import ContactList

Row = bytes  # the JSON object of a contact's `data`: column name -> string


class ContactSnapshot(NamedTuple):
    """The contacts of a list at one moment, in order of creation. Cheap: it shares the stored rows."""

    ids: Sequence[str]
    rows: Sequence[Row]
    attributes: Mapping[str, bytes] = MappingProxyType({})  # of the few contacts that have any; empty in a page
    created: Sequence[float] = ()  # in a page: when each was created, in seconds since the epoch, 0 if unknown


class Store(Protocol):
    """Methods raise `NotFound` (contact.list.not.found) for a list that does not exist. Writes are all or nothing."""

    def create_list(self, contact_list: ContactList) -> None: ...
    def contact_list(self, list_id: str) -> ContactList: ...
    def contact_lists(self) -> Sequence[ContactList]:
        """In order of creation."""
        ...

    def replace_list(self, contact_list: ContactList) -> None: ...
    def delete_list(self, list_id: str) -> None: ...

    def size(self, list_id: str) -> int: ...
    def total_size(self) -> int: ...

    def add_contacts(self, list_id: str, ids: Sequence[str], rows: Sequence[Row], created: float = 0.0) -> None:
        """Append contacts whose ids are known to be new (the server has just drawn them): no index is needed."""
        ...

    def put_contacts(self, list_id: str, ids: Sequence[str], rows: Sequence[Row], created: float = 0.0) -> int:
        """Insert or replace by id, later ones winning; return how many were new. Replaced ones keep their date."""
        ...

    def existing(self, list_id: str, ids: Sequence[str]) -> dict[str, Row]:
        """The stored rows of those `ids` that exist."""
        ...

    def delete_contacts(self, list_id: str, ids: Sequence[str]) -> int:
        """Delete those that exist; return how many did."""
        ...

    def clear(self, list_id: str) -> None: ...

    def snapshot(self, list_id: str) -> ContactSnapshot: ...
    def page(self, list_id: str, offset: int, limit: int) -> ContactSnapshot:
        """In order of creation; cheap at any offset as long as the list is not being changed between pages."""
        ...

    def created_at(self, list_id: str, ids: Sequence[str]) -> list[float]:
        """When each of these contacts, which have to exist, was created."""
        ...

    def created_until(self, list_id: str, moment: float) -> int:
        """How many of the contacts, in order of creation, come before the first that was created after `moment`."""
        ...

    def find(self, list_id: str, column: str, values: Sequence[str]) -> list[str]:
        """Ids of the contacts whose `column` equals one of `values`, in order of creation. Costs O(values)."""
        ...

    def attributes(self, list_id: str, contact_id: str) -> bytes | None:
        """JSON object of what a contact carries besides `data` (callable, phoneNumberStatus, ...), if ever set."""
        ...

    def set_attributes(self, list_id: str, attributes: Mapping[str, bytes]) -> None:
        """Set them for contacts the caller knows to exist."""
        ...

    def save_import(self, list_id: str, record: bytes) -> None:
        """Keep what must be known of the list's newest import after a restart. Gone with the list."""
        ...

    def imports(self) -> Mapping[str, bytes]:
        """What was last saved, by list id."""
        ...

    def iter_ids(self, list_id: str) -> Iterator[str]: ...

    def save_document(self, kind: str, document_id: str, raw: bytes) -> None:
        """Insert or replace; a replaced document keeps its place."""
        ...

    def delete_document(self, kind: str, document_id: str) -> None:
        """Delete it if it exists."""
        ...

    def delete_documents(self, kind: str) -> None:
        """Delete all of a kind, in one step."""
        ...

    def documents(self, kind: str) -> Mapping[str, bytes]:
        """By id, in order of creation."""
        ...

    def document_kinds(self) -> Sequence[str]:
        """Those that have documents."""
        ...

    def close(self) -> None: ...
