"""Background traffic of an org while leads are loaded: flows that read contacts which are there already."""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from .. import api
from ..client.request_context import EventSink
from ..domain import ContactId, LeadId
from ..events import BatchAcked
from ..flow import Flow, Reply, reply_to
from ..journal.schema import ShardRecord
from ..strategies.flows import poll_until

READY_TRIES, READY_PAUSE_S = 20, 1.0  # how often an export is asked for
KEPT = 64  # batches from which a contact is picked


@dataclass(frozen=True, slots=True)
class MappedContact:
    """A contact, as the mapping has it."""

    list_id: str
    lead_id: LeadId
    contact_id: ContactId


@dataclass(slots=True)
class RecentBatches:
    """Passes events on to the journal, and remembers the batches mapped last."""

    sink: EventSink
    _batches: deque[BatchAcked] = field(default_factory=lambda: deque(maxlen=KEPT))

    def save(self, event: Any) -> None:
        self.sink.save(event)
        if isinstance(event, BatchAcked) and event.mapping:
            self._batches.append(event)

    def pick(self, shards: Sequence[ShardRecord], rng: random.Random) -> MappedContact | None:
        """One of their contacts; None while there is none."""
        if not self._batches:
            return None
        batch = rng.choice(self._batches)
        lead_id = rng.choice(list(batch.mapping))
        record = max((one for one in shards if one.shard.first <= batch.first), key=lambda one: one.shard.first)
        return MappedContact(record.list_id, lead_id, batch.mapping[lead_id])


# --- flows: what was not as the mapping says, or nothing --------------------------------------------------------------


def read(one: MappedContact, column: str) -> Flow[str]:
    """The contact by its id."""
    reply = yield api.get_contact(one.list_id, one.contact_id)
    return _differs(one, [api.lead_of(reply, column)]) if reply.ok else ""


def search(one: MappedContact, column: str) -> Flow[str]:
    """The contact by its lead. A search may not see what is new, so none is no mistake."""
    reply = yield api.search_leads(one.list_id, column, [one.lead_id])
    found = api.found_contacts(reply, column).pairs if reply.ok else []
    return "" if found in ([], [(one.lead_id, one.contact_id)]) else f"lead {one.lead_id}: {len(found)} other contacts"


def export(one: MappedContact, column: str) -> Flow[str]:
    """An export of the list, until it is ready. It is not downloaded: it would hold personal data."""
    del column
    reply: Reply = yield api.start_export(one.list_id)
    if reply.ok:
        pauses = repeat(READY_PAUSE_S, READY_TRIES - 1)
        yield from poll_until(lambda: reply_to(api.get_export(one.list_id)), _is_ready, pauses)
    return ""


def _is_ready(reply: Reply) -> bool:
    return reply.ok and api.export_of(reply) is not None


def _differs(one: MappedContact, lead_ids: Sequence[LeadId]) -> str:
    return "" if list(lead_ids) == [one.lead_id] else f"contact {one.contact_id} is not lead {one.lead_id}"
