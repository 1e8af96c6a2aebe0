"""Contacts go into the store: ids drawn, updates merged, capacity kept."""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from .contact_rows import Batch
from .errors import BadRequest
from .ids import new_ids
from .org import Org
from .profile import Limits
from .store import Row, Store

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Written(NamedTuple):
    """The contacts a request has made or changed, as they are stored now, in the order of the answer."""

    ids: Sequence[str]
    rows: Sequence[Row]
    attributes: dict[str, bytes]


def write(org: Org, list_id: str, batch: Batch, *, clear_system_data: bool = False) -> Written:
    """Store the batch, whole or not at all, unless the profile says otherwise. Raises NotFound, BadRequest.

    With `bad_batch = "partial"` the contacts before the bad one are stored, and its problem is raised all the same.
    """
    if batch.ids is None:
        written = _append(org, list_id, batch)
    else:
        written = _put(org, list_id, batch, clear_system_data=clear_system_data)
    if batch.problem is not None:
        raise batch.problem
    return _shuffled(written, org.rng) if org.profile.semantics.answer_order == "shuffled" else written


def merged(old: bytes, new: bytes) -> bytes:
    """The JSON object `old` with the keys of `new` replaced."""
    return msgspec.json.encode(_decode(old) | _decode(new))


def _append(org: Org, list_id: str, batch: Batch) -> Written:
    """All ids are the server's: every contact is new, and nobody need ask for it."""
    count = min(_room(org, list_id, len(batch.rows)), len(batch.rows))
    ids, rows = new_ids(org.rng, count), batch.rows[:count]
    org.store.add_contacts(list_id, ids, rows, org.clock.now())
    attributes = {ids[at]: value for at, value in batch.attributes.items() if at < count}
    if attributes:
        org.store.set_attributes(list_id, attributes)
    return Written(ids, rows, attributes)


def _put(org: Org, list_id: str, batch: Batch, *, clear_system_data: bool) -> Written:
    """Insert or update by id. Of one id twice in a request the last wins, and is answered once (Assumption)."""
    ids = _with_drawn(org.rng, batch.ids or ())
    rows = dict(zip(ids, batch.rows, strict=True))
    existing = org.store.existing(list_id, list(rows))
    room = _room(org, list_id, len(rows) - len(existing))
    rows = _that_fit(rows, existing, room)
    if org.profile.semantics.update == "merge" and not batch.is_complete:
        rows |= {id_: merged(old, rows[id_]) for id_, old in existing.items()}
    org.store.put_contacts(list_id, list(rows), list(rows.values()), org.clock.now())
    given = {ids[at]: value for at, value in batch.attributes.items() if ids[at] in rows}
    attributes = set_attributes(org.store, list_id, list(existing), given, replace=clear_system_data)
    return Written(list(rows), list(rows.values()), attributes)


def set_attributes(
    store: Store, list_id: str, existing: Sequence[str], given: dict[str, bytes], *, replace: bool
) -> dict[str, bytes]:
    """Store what was given, over what the `existing` contacts have, or instead of it; return what all of them have."""
    stored = {id_: value for id_ in existing if (value := store.attributes(list_id, id_)) is not None}
    changed = dict.fromkeys(stored, b"{}") if replace else {}
    changed |= {id_: value if replace else merged(stored.get(id_, b"{}"), value) for id_, value in given.items()}
    if changed:
        store.set_attributes(list_id, changed)
    return stored | changed


def _with_drawn(rng: random.Random, ids: Sequence[str | None]) -> list[str]:
    drawn = iter(new_ids(rng, ids.count(None)))
    return [next(drawn) if id_ is None else id_ for id_ in ids]


def _that_fit(rows: dict[str, Row], existing: dict[str, Row], room: int) -> dict[str, Row]:
    """All updates, and the first `room` new contacts."""
    if room >= len(rows) - len(existing):
        return rows
    fitting = set([id_ for id_ in rows if id_ not in existing][:room])
    return {id_: row for id_, row in rows.items() if id_ in existing or id_ in fitting}


def _room(org: Org, list_id: str, wanted: int) -> int:
    """How many new contacts fit. Raises BadRequest if `wanted` is more and the profile refuses that."""
    limits = org.profile.limits
    in_list = limits.contacts_per_list - org.store.size(list_id)
    in_org = limits.contacts_per_org - org.store.total_size()
    room = max(0, min(in_list, in_org))
    if room < wanted and org.profile.semantics.over_capacity == "reject":
        raise _full(limits, of_list=in_list < wanted)
    return room


def _full(limits: Limits, *, of_list: bool) -> BadRequest:
    """Assumption: the codes. No source names them; imports report EXCEEDED_CONTACT_LIMIT."""
    if of_list:
        return BadRequest(
            f"The contact list limit of {limits.contacts_per_list} contacts would be exceeded.",
            "contact.list.limit.exceeded",
        )
    return BadRequest(
        f"The organization limit of {limits.contacts_per_org} contacts would be exceeded.",
        "organization.contact.limit.exceeded",
    )


def _shuffled(written: Written, rng: random.Random) -> Written:
    order = list(range(len(written.ids)))
    rng.shuffle(order)
    return Written([written.ids[at] for at in order], [written.rows[at] for at in order], written.attributes)
