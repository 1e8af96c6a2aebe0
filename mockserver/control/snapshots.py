"""The whole state of an org as one file, and back.

A file is a line with the format's name; then records: four bytes with the length, and MessagePack of `[kind, value]`;
then the SHA-256 of all that. What was cut or altered is refused before anything is changed, and so is format 1, which
had no digest: who keeps such a file takes it anew.

In it: lists, contacts, documents (templates, filters, DNC lists, events), tokens, seed and generators. Not in it:
profile, clients, fault rules, ledger, used rates, files of exports, and imports on their way, which are FAILED after.
"""

import hashlib
import os
from collections.abc import Iterator
from itertools import groupby
from typing import Any, BinaryIO

import msgspec

from mockserver.errors import ApiError, BadRequest
from mockserver.model import ContactList
from mockserver.services import Services
from mockserver.state import Org
from mockserver.state.auth import Token
from mockserver.state.retention import Queue
from mockserver.storage import Store

_FORMAT = b"contactbench snapshot 2\n"
_CHUNK_CONTACTS = 5_000
_DIGEST_BYTES = hashlib.sha256().digest_size
_BLOCK_BYTES = 256 * 1024

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
    digest = hashlib.sha256(_FORMAT)
    yield _FORMAT
    for record in _records(services.org):
        raw = _encode(record)
        for piece in (len(raw).to_bytes(4, "big"), raw):
            digest.update(piece)
            yield piece
    yield digest.digest()


def restore(services: Services, file: BinaryIO) -> None:
    """Make the org what it was. Raises BadRequest, and then nothing has changed.

    If somebody has put a right digest to wrong contents, it raises BadRequest and leaves the org empty.
    """
    end = _checked_end(file)
    services.reset()
    try:
        for kind, value in _read(file, end):
            _RESTORES[kind](services.org, value)
        _require_ids_once(services.org.store)
        # What is kept beside the store is read from it anew.
        services.reload()
    except (ApiError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError):
        services.reset()
        raise BadRequest("The snapshot holds what no org of this mock can be; the org is empty now.") from None


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


def _checked_end(file: BinaryIO) -> int:
    """Where the records end. Raises BadRequest for a file that is not as it was taken."""
    end = file.seek(0, os.SEEK_END) - _DIGEST_BYTES
    file.seek(0)
    if file.readline(len(_FORMAT)) != _FORMAT:
        raise BadRequest("This is not a snapshot of this version of the mock.")
    digest, rest = hashlib.sha256(_FORMAT), max(0, end - len(_FORMAT))
    while rest and (block := file.read(min(rest, _BLOCK_BYTES))):
        digest.update(block)
        rest -= len(block)
    if file.read() != digest.digest():
        raise BadRequest("The snapshot was cut or altered: it does not have its digest.")
    return end


def _require_ids_once(store: Store) -> None:
    """Raises ValueError for a list with two contacts of one id: what is restored is not looked up by its id."""
    for contact_list in store.contact_lists():
        ids = store.snapshot(contact_list.id).ids
        if len(set(ids)) < len(ids):
            raise ValueError("a contact twice")


def _read(file: BinaryIO, end: int) -> Iterator[tuple[str, Any]]:
    file.seek(len(_FORMAT))
    while file.tell() < end:
        kind, value = _decode(file.read(int.from_bytes(file.read(4), "big")))
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
