"""The words of the problem. Imports nothing from this project."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NewType, Protocol

LeadId = NewType("LeadId", str)
ContactId = NewType("ContactId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadColumns:
    """The columns of an input, and which of them say who a lead is and how to call it."""

    names: tuple[str, ...]
    lead_id: str
    phone: str

    @property
    def lead_id_index(self) -> int:
        return self.names.index(self.lead_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """Consecutive leads. A row has one string a column, in the order of the input's columns."""

    first: int  # position of the first one among all accepted leads, from 0
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
    """A contact list that a run goes on with; without an id it is made under its name."""

    list_id: str
    name: str
    leads: int  # of this run
    clear: bool = False  # what it holds goes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The part of the leads that goes into one contact list. Fixed when the run is planned, never recomputed."""

    number: int
    first: int
    count: int
    list_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A lead that is not in the mapping, and why. `line` is the line in the input file, from 1; 0 where unknown."""

    lead_id: str
    line: int
    code: str
    message: str
