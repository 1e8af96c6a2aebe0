"""The terms of the problem: leads, contacts, shards, rejects. Imports nothing from this project."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NewType, Protocol

LeadId = NewType("LeadId", str)
ContactId = NewType("ContactId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadColumns:
    """The columns of an input, and which of them hold the Lead ID and the phone number."""

    names: tuple[str, ...]
    lead_id: str
    phone: str

    @property
    def lead_id_index(self) -> int:
        return self.names.index(self.lead_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """Consecutive leads. A row has one string per column, in the order of the input's columns."""

    first: int  # position of the first lead among all accepted leads, from 0
    ids: Sequence[LeadId]
    rows: Sequence[Sequence[str]] = field(repr=False)  # personal data, kept out of logs

    def __len__(self) -> int:
        return len(self.ids)


class LeadReader(Protocol):
    """Leads that can be read as often as needed, in batches, from any position."""

    @property
    def columns(self) -> LeadColumns: ...

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenList:
    """A contact list that a run continues with; without an id it is created under its name."""

    list_id: str
    name: str
    leads: int  # of this run
    clear: bool = False  # empty the list first


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The leads that go into one contact list. Fixed when the run is planned, never recomputed."""

    number: int
    first: int
    count: int
    list_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A lead that is not in the mapping, and why. `line` is its line in the input file, from 1; 0 if unknown."""

    lead_id: str
    line: int
    code: str
    message: str
