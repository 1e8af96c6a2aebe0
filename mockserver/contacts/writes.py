"""Contacts go into the store: ids drawn, updates merged, capacity kept."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from mockserver.contacts.rows import ContactBatch
from mockserver.errors import BadRequest
from mockserver.ids import new_ids
from mockserver.profile import PlatformLimits
from mockserver.state import Org
from mockserver.state.contact_attributes import merge_json, with_priority, without_system_data
from mockserver.state.retention import with_expiry
from mockserver.storage import Row

Forget = Callable[[bytes], bytes]  # stored attributes -> what is left of them before new ones are set


class Written(NamedTuple):
    """The contacts a request has made or changed, as they are stored now, in the order of the answer."""

    ids: Sequence[str]
    rows: Sequence[Row]
    attributes: dict[str, bytes]
    created: Sequence[float]


class Options(NamedTuple):
    """The flags of POST contacts. Source: SDK 269.0.0 outbound_api.py; what an absent one means is an assumption."""

    priority: bool | None = None  # absent: the priority a contact has stays
    clear_system_data: bool = False
    do_not_queue: bool = False


NO_OPTIONS = Options()


def write(org: Org, list_id: str, batch: ContactBatch, options: Options = NO_OPTIONS) -> Written:
    """Store the batch, whole or not at all, unless the profile says otherwise. Raises NotFound, BadRequest.

    With `bad_batch = "partial"` the contacts before the bad one are stored, and its problem is raised all the same.
    """
    written = _append(org, list_id, batch, options) if batch.ids is None else _put(org, list_id, batch, options)
    if batch.problem is not None:
        raise batch.problem
    return _shuffle(written, org.rng) if org.profile.semantics.answer_order == "shuffled" else written


def set_attributes(
    org: Org, list_id: str, existing: Sequence[str], given: Mapping[str, bytes], forget: Forget | None = None
) -> dict[str, bytes]:
    """Store what was given, over what is left of what the `existing` contacts have; return what all of them have."""
    store = org.store
    stored = {id_: value for id_ in existing if (value := store.attributes(list_id, id_)) is not None}
    changed = {id_: forget(value) for id_, value in stored.items()} if forget else {}
    if given:
        before, now, zone = stored | changed, org.clock.now(), store.contact_list(list_id).time_zone
        changed |= {
            id_: merge_json(before.get(id_, b"{}"), with_expiry(value, now, zone)) for id_, value in given.items()
        }
    if changed:
        store.set_attributes(list_id, changed)
        org.retention.note(list_id, changed)
    return stored | changed


def _append(org: Org, list_id: str, batch: ContactBatch, options: Options) -> Written:
    """All ids are the server's: every contact is new, and nobody need ask for it."""
    count = min(_capacity(org, list_id, len(batch.rows)), len(batch.rows))
    ids, rows, now = new_ids(org.rng, count), batch.rows[:count], org.clock.now()
    org.store.add_contacts(list_id, ids, rows, now)
    _queue(org, list_id, options, new=count, updated=0)
    given = _attributes_to_set(ids, batch, options)
    return Written(ids, rows, set_attributes(org, list_id, (), given) if given else {}, [now])


def _put(org: Org, list_id: str, batch: ContactBatch, options: Options) -> Written:
    """Insert or update by id. Of one id twice in a request the last wins, and is answered once (Assumption)."""
    ids, now = _with_drawn(org.rng, batch.ids or ()), org.clock.now()
    rows = dict(zip(ids, batch.rows, strict=True))
    existing = org.store.existing(list_id, list(rows))
    room = _capacity(org, list_id, len(rows) - len(existing))
    rows = _that_fit(rows, existing, room)
    if org.profile.semantics.update == "merge" and not batch.is_complete:
        rows |= {id_: merge_json(old, rows[id_]) for id_, old in existing.items()}
    org.store.put_contacts(list_id, list(rows), list(rows.values()), now)
    _queue(org, list_id, options, new=len(rows) - len(existing), updated=len(existing))
    given = {id_: value for id_, value in _attributes_to_set(ids, batch, options).items() if id_ in rows}
    forget = without_system_data if options.clear_system_data else None
    attributes = set_attributes(org, list_id, list(existing), given, forget)
    created = org.store.created_at(list_id, list(rows)) if existing else [now]
    return Written(list(rows), list(rows.values()), attributes, created)


def _attributes_to_set(ids: Sequence[str], batch: ContactBatch, options: Options) -> dict[str, bytes]:
    """The attributes to set, by contact: those of the batch, and the priority of all of it."""
    given = {ids[at]: value for at, value in batch.attributes.items() if at < len(ids)}
    if options.priority is None:
        return given
    return {id_: with_priority(given.get(id_, b"{}"), options.priority) for id_ in ids}


def _queue(org: Org, list_id: str, options: Options, *, new: int, updated: int) -> None:
    org.queues[list_id].note(
        new=new, updated=updated, priority=bool(options.priority), do_not_queue=options.do_not_queue
    )


def _with_drawn(rng: random.Random, ids: Sequence[str | None]) -> list[str]:
    drawn = iter(new_ids(rng, ids.count(None)))
    return [next(drawn) if id_ is None else id_ for id_ in ids]


def _that_fit(rows: dict[str, Row], existing: dict[str, Row], room: int) -> dict[str, Row]:
    """All updates, and the first `room` new contacts."""
    if room >= len(rows) - len(existing):
        return rows
    fitting = set([id_ for id_ in rows if id_ not in existing][:room])
    return {id_: row for id_, row in rows.items() if id_ in existing or id_ in fitting}


def _capacity(org: Org, list_id: str, wanted: int) -> int:
    """How many new contacts fit. Raises BadRequest if `wanted` is more and the profile refuses that."""
    limits = org.profile.limits
    in_list = limits.contacts_per_list - org.store.size(list_id)
    in_org = limits.contacts_per_org - org.store.total_size()
    room = max(0, min(in_list, in_org))
    if room < wanted and org.profile.semantics.over_capacity == "reject":
        raise _full(limits, of_list=in_list < wanted)
    return room


def _full(limits: PlatformLimits, *, of_list: bool) -> BadRequest:
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


def _shuffle(written: Written, rng: random.Random) -> Written:
    order = list(range(len(written.ids)))
    rng.shuffle(order)
    created = written.created if len(written.created) == 1 else [written.created[at] for at in order]
    return Written([written.ids[at] for at in order], [written.rows[at] for at in order], written.attributes, created)
