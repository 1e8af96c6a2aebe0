"""The whole state of an org as one file, and back.

A file is a line with the format's name, then records: four bytes with the length, and MessagePack of `[kind, value]`.
The last record is the number of those before it, so a file that was cut is refused before anything is changed.

In it: lists, contacts, documents (templates, filters, DNC lists, events), tokens, seed and generators. Not in it:
profile, clients, fault rules, ledger, used rates, files of exports, and imports on their way, which are FAILED after.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, BinaryIO

import msgspec

from mockserver.errors import BadRequest
from mockserver.model import ContactList
from mockserver.services import Services
from mockserver.state.auth import Token
from mockserver.state.org import Org
from mockserver.state.retention import Queue
from mockserver.storage.store import Store

_FORMAT = b"contactbench snapshot 1\n"
_CHUNK_CONTACTS = 5_000
_LARGEST_RECORD = 1 << 31

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class _RandomState(msgspec.Struct):
    """Where the generators stand."""

    seed: int
    run: str
    ids: Any
    streams: dict[str, Any]


def snapshot(services: Services) -> Iterator[bytes]:
    """The file, in pieces, to be taken before anything else happens."""
    services.advance_to_now()
    yield _FORMAT
    count = 0
    for kind, value in _records(services.org):
        yield _frame([kind, value])
        count += 1
    yield _frame(["end", count])


def restore(services: Services, file: BinaryIO) -> None:
    """Make the org what it was. Raises BadRequest, and then nothing has changed."""
    _check(file)
    services.reset()
    for kind, value in _read(file):
        _RESTORES[kind](services.org, value)
    # What is kept beside the store is read from it anew.
    services.reload()


def _records(org: Org) -> Iterator[tuple[str, Any]]:
    tokens = [(token.hash, token.client_id, token.expires_at) for token in org.tokens]
    yield "tokens", tokens
    yield "queues", {list_id: (queue.joined, queue.kept, queue.first) for list_id, queue in org.queues.items()}
    imports = org.store.imports()
    for contact_list in org.store.contact_lists():
        yield "list", contact_list
        yield from _contacts(org.store, contact_list.id)
        if contact_list.id in imports:
            yield "import", (contact_list.id, imports[contact_list.id])
    for kind in org.store.document_kinds():
        for document_id, raw in org.store.documents(kind).items():
            yield "document", (kind, document_id, raw)
    yield "luck", _RandomState(org.seed, org.run, org.rng.getstate(), org.streams())


def _contacts(store: Store, list_id: str) -> Iterator[tuple[str, Any]]:
    taken = store.snapshot(list_id)
    for start in range(0, len(taken.ids), _CHUNK_CONTACTS):
        ids = taken.ids[start : start + _CHUNK_CONTACTS]
        at = start
        for created, same in groupby(store.created_at(list_id, ids)):
            end = at + len(list(same))
            yield "contacts", (list_id, taken.ids[at:end], taken.rows[at:end], created)
            at = end
    if taken.attributes:
        yield "attributes", (list_id, taken.attributes)


def _frame(record: object) -> bytes:
    raw = _encode(record)
    return len(raw).to_bytes(4, "big") + raw


def _check(file: BinaryIO) -> None:
    """Walk over the records without reading them, but for the last."""
    file.seek(0)
    if file.readline(len(_FORMAT)) != _FORMAT:
        raise BadRequest("This is not a snapshot of this mock.")
    count, last = 0, b""
    while length := file.read(4):
        last = file.read(int.from_bytes(length, "big"))
        if len(last) != int.from_bytes(length, "big"):
            break
        count += 1
    if not last or last != _encode(["end", count - 1]):
        raise BadRequest("The snapshot is incomplete.")


def _read(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    file.seek(len(_FORMAT))
    while length := file.read(4):
        kind, value = _decode(file.read(int.from_bytes(length, "big")))
        if kind != "end":
            yield kind, value


def _restore_random_state(org: Org, value: Any) -> None:
    luck = msgspec.convert(value, _RandomState)
    org.seed, org.run = luck.seed, luck.run
    org.rng.setstate(_state(luck.ids))
    org.set_streams({name: _state(state) for name, state in luck.streams.items()})


def _state(value: Any) -> Any:
    version, numbers, gauss = value
    return version, tuple(numbers), gauss


_RESTORES: dict[str, Any] = {
    "tokens": lambda org, value: org.tokens.restore(Token(*each) for each in value),
    "queues": lambda org, value: org.queues.update({list_id: Queue(*counts) for list_id, counts in value.items()}),
    "list": lambda org, value: org.store.create_list(msgspec.convert(value, ContactList)),
    "contacts": lambda org, value: org.store.add_contacts(*value),
    "attributes": lambda org, value: org.store.set_attributes(*value),
    "import": lambda org, value: org.store.save_import(*value),
    "document": lambda org, value: org.store.save_document(*value),
    "luck": _restore_random_state,
}
