"""The journal of a run: what it has begun and what it has done, kept durably and protected by digests.

It is independent of its database: events go in, records come out.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import singledispatchmethod
from typing import Any

import msgspec

from .. import events
from ..domain import ContactId, LeadId, Reject, Shard
from ..errors import StateError
from .checksummed_tables import ChecksummedTables
from .schema import BatchRecord, BatchState, Learned, ShardRecord

REJECT = ("lead_id", "line", "code", "message")
LEARNED = ("body_bytes", "contacts", "atomic")
ABOUT = "about the input"
FACTS = {  # in words, for messages
    "input": "the input",
    "host": "the org at",
    "org": "the org",
    "lead_id": "the Lead ID column",
    "phone": "the phone column",
    "contacts_per_list": "lists with this number of contacts at most:",
    "batch_size": "batches of",
    "body_bytes": "bodies with this number of bytes at most:",
}
ENDED = "ended "  # followed by a stage: the key of the fact when it ended

encode, decode = msgspec.json.encode, msgspec.json.decode


class Journal(ABC):
    """Raises StateError for a state that cannot be trusted, LocalResource or GaveUp when it cannot be written."""

    _tables: ChecksummedTables
    saves = 0  # events, of this process

    @abstractmethod
    def close(self) -> None:
        """Release the run."""

    @abstractmethod
    def erase(self) -> None:
        """Remove all that is stored of the run outside of its folder. The journal is of no use after that."""

    @abstractmethod
    def _translate_errors(self) -> AbstractContextManager[None]:
        """Raise the database's errors as this project's."""

    @abstractmethod
    def _commit(self, change: Callable[[], None]) -> None:
        """Apply `change` in a transaction, durable when this returns."""

    # --- the plan -----------------------------------------------------------------------------------------------------

    def plan(self, facts: dict[str, str], shards: list[Shard], run_id: str, about: str = "") -> str:
        """Store the plan of a new run. Returns the run's id: `run_id`, or that of the first start.

        `about`: the input in words. Raises StateError if the folder's run has another plan.
        """
        known = self.facts()
        if known:
            for key, value in facts.items():
                if known.get(key) != value:
                    raise _mismatch(key, known, value, about)
            return str(known["run_id"])
        self._commit(lambda: self._plan({**facts, "run_id": run_id, ABOUT: about}, shards))
        return run_id

    def _plan(self, facts: dict[str, str], shards: list[Shard]) -> None:
        for key, value in facts.items():
            self._tables.put("meta", key, {"value": value})
        for shard in shards:
            planned = {"first": shard.first, "count": shard.count, "list_name": shard.list_name}
            self._tables.put("shard", shard.number, {**planned, "state": "planned"})

    def facts(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self._rows("meta") if not row["key"].startswith(ENDED)}

    def stage_ends(self) -> dict[str, float]:
        """The end of each finished stage, in seconds since the run began."""
        ends = [row for row in self._rows("meta") if row["key"].startswith(ENDED)]
        return {row["key"].removeprefix(ENDED): float(row["value"]) for row in ends}

    # --- events -------------------------------------------------------------------------------------------------------

    def save(self, event: events.Event) -> None:
        """Durable when this returns."""
        self._commit(lambda: self._apply(event))
        self.saves += 1

    @singledispatchmethod
    def _apply(self, event: Any) -> None:
        raise TypeError(f"not an event: {event!r}")

    @_apply.register
    def _(self, event: events.ListCreated) -> None:
        self._shard(event, state="listed", contact_list_id=event.contact_list_id)

    @_apply.register
    def _(self, event: events.BatchSending) -> None:
        self._put_batch(event, "sending")

    @_apply.register
    def _(self, event: events.BatchSplit) -> None:
        for part in event.parts:
            self._put_batch(part, "in_doubt")

    def _put_batch(self, event: events.BatchSending, state: BatchState) -> None:
        about = {"shard": event.shard, "attempt": event.attempt, "sha256": event.sha256, "adopted": 0, "mapping": None}
        self._batch(event.first, state, lead_ids=encode(event.lead_ids).decode(), **about)

    @_apply.register
    def _(self, event: events.LeadRefused) -> None:
        self._batch(event.first, "refused")
        self._apply(events.LeadsRejected([event.reject]))

    @_apply.register
    def _(self, event: events.BatchInDoubt) -> None:
        self._batch(event.first, "in_doubt")

    @_apply.register
    def _(self, event: events.BatchAcked) -> None:
        self._batch(event.first, "acked", mapping=encode(event.mapping).decode(), adopted=event.adopted)

    @_apply.register
    def _(self, event: events.UploadSending) -> None:
        self._shard(event, state="sending", rows=event.rows, sha256=event.sha256)

    @_apply.register
    def _(self, event: events.UploadAccepted) -> None:
        self._shard(event, state="uploaded")

    @_apply.register
    def _(self, event: events.ImportFailed) -> None:
        self._shard(event, state="sending")

    @_apply.register
    def _(self, event: events.ShardAbandoned) -> None:
        self._shard(event, state="planned", contact_list_id=None)

    @_apply.register
    def _(self, event: events.ShardImported) -> None:
        self._shard(event, state="imported")

    @_apply.register
    def _(self, event: events.ShardMapped) -> None:
        self._shard(event, state="mapped", file=event.file, rows=event.rows, file_sha256=event.sha256)

    @_apply.register
    def _(self, event: events.PageMapped) -> None:
        lead_ids, mapping = encode(list(event.mapping)).decode(), encode(event.mapping).decode()
        about = {"shard": event.shard, "attempt": 1, "sha256": "", "adopted": 0}
        self._batch(event.first, "acked", lead_ids=lead_ids, mapping=mapping, **about)

    @_apply.register
    def _(self, event: events.LeadsRejected) -> None:
        known = self._tables.count("reject")
        for number, reject in enumerate(event.rejects, known):
            self._tables.put("reject", number, {name: getattr(reject, name) for name in REJECT})

    @_apply.register
    def _(self, event: events.StageEnded) -> None:
        self._tables.put("meta", ENDED + event.stage, {"value": f"{event.at_s:.6f}"})

    @_apply.register
    def _(self, event: events.CapsLearned) -> None:
        for name in LEARNED:
            if (value := getattr(event, name)) is not None:
                self._tables.put("learned", name, {"value": int(value)})

    def _shard(self, event: Any, **changes: object) -> None:
        self._tables.put("shard", event.shard, changes)

    def _batch(self, first: int, state: BatchState, **changes: object) -> None:
        self._tables.put("batch", first, {**changes, "state": state})

    def _doubt(self) -> None:
        """Mark the batches that a former process was sending as in doubt."""
        for first in [row["first"] for row in self._tables.rows("batch", "state = 'sending'")]:
            self._batch(first, "in_doubt")

    # --- reading ------------------------------------------------------------------------------------------------------

    def shards(self) -> list[ShardRecord]:
        return [
            ShardRecord(
                shard=Shard(**{name: row[name] for name in ("number", "first", "count", "list_name")}),
                **{name: row[name] for name in ("contact_list_id", "state", "rows", "file", "file_sha256")},
            )
            for row in self._rows("shard")
        ]

    def batches(self) -> dict[int, BatchRecord]:
        return {
            row["first"]: BatchRecord(
                row["first"], row["state"], row["attempt"], row["sha256"], len(decode(row["lead_ids"]))
            )
            for row in self._rows("batch")
        }

    def leads_between(self, first: int, stop: int) -> tuple[set[LeadId], list[set[LeadId]]]:
        """Of the batches that begin in this range: the settled leads, and the leads of each batch in doubt."""
        settled: set[LeadId] = set()
        doubtful: list[set[LeadId]] = []
        for row in self._rows("batch", f"first >= {first:d} AND first < {stop:d}"):
            if row["state"] in ("acked", "refused"):
                settled.update(decode(row["lead_ids"]))
            else:
                doubtful.append(set(decode(row["lead_ids"])))
        return settled, doubtful

    def mapping(self) -> Iterator[tuple[LeadId, ContactId, str]]:
        """Every acknowledged lead with its contact and list, in the order of the input."""
        lists = {record.shard.number: record.contact_list_id or "" for record in self.shards()}
        for row in self._rows("batch", "state = 'acked'"):
            contact_ids = decode(row["mapping"])
            for lead_id in decode(row["lead_ids"]):
                if lead_id in contact_ids:
                    yield lead_id, contact_ids[lead_id], lists[row["shard"]]

    def rejects(self) -> list[Reject]:
        rejects = [Reject(**{name: row[name] for name in REJECT}) for row in self._rows("reject")]
        return sorted(rejects, key=lambda reject: (reject.line, reject.lead_id))

    def learned_limits(self) -> Learned:
        """The limits learned from the platform's refusals so far."""
        known = {row["key"]: row["value"] for row in self._rows("learned")}
        atomic = known.pop("atomic", None)
        return Learned(**known, atomic=None if atomic is None else bool(atomic))

    def _rows(self, table: str, condition: str = "") -> Iterator[dict[str, Any]]:
        with self._translate_errors():
            yield from self._tables.rows(table, condition)


def _mismatch(key: str, known: dict[str, str], value: str, about: str) -> StateError:
    """The error for a run folder with another plan."""
    former = known.get(key, "none")
    if key == "input":  # a digest does not show which file it was
        former, value = known.get(ABOUT) or "another file, or another version of this one", about or "this one"
    return StateError(
        "STATE_MISMATCH",
        f"this run folder belongs to {FACTS.get(key, key)} {former}, not {value}; give what the run began with to"
        " resume it, or another run folder to start a new one.",
    )
