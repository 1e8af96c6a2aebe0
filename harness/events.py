"""The events of a run. A flow saves each one before it takes the next step; the journal keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .domain import ContactId, LeadId, Reject


@dataclass(frozen=True, slots=True)
class ListCreated:
    shard: int
    contact_list_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSending:
    """Intent: from now on these leads may have become contacts, whether or not an answer arrives."""

    first: int  # position of the batch's first lead; names the batch
    shard: int
    attempt: int
    sha256: str
    lead_ids: Sequence[LeadId]


@dataclass(frozen=True, slots=True)
class BatchSplit:
    """A batch that was refused as a whole is sent in these parts, which are in doubt until answered."""

    parts: Sequence[BatchSending]


@dataclass(frozen=True, slots=True)
class LeadRefused:
    """The platform refuses this lead; `first` names the batch that held nothing else."""

    first: int
    reject: Reject


@dataclass(frozen=True, slots=True)
class BatchInDoubt:
    first: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAcked:
    """The server's answer, checked. It is stored together with the mapping, or not at all."""

    first: int
    mapping: Mapping[LeadId, ContactId]
    adopted: int = 0  # of these, found by search after a lost answer

    @property
    def mapped_leads(self) -> int:
        return len(self.mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSending:
    """Intent: from now on the file's rows may be in the list."""

    shard: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class UploadAccepted:
    shard: int


@dataclass(frozen=True, slots=True)
class ImportFailed:
    """The platform aborted the import: some of the rows may be in the list, and the next start uploads them again."""

    shard: int


@dataclass(frozen=True, slots=True)
class ShardAbandoned:
    """A shard's list may hold part of an upload, its rows indistinguishable: it is deleted and created anew."""

    shard: int


@dataclass(frozen=True, slots=True)
class ShardImported:
    """Every row of the shard is in its list, as far as the import says."""

    shard: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardMapped:
    """The shard's complete mapping is in `file` (a name in the run's folder)."""

    shard: int
    file: str
    rows: int
    sha256: str | None = None  # of the file

    @property
    def mapped_leads(self) -> int:
        return self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMapped:
    """A page of search results: contacts read back, at `first` among the positions of the run."""

    first: int
    shard: int
    mapping: Mapping[LeadId, ContactId]

    @property
    def mapped_leads(self) -> int:
        return len(self.mapping)


@dataclass(frozen=True, slots=True)
class StageEnded:
    """The stage is complete."""

    stage: str
    at_s: float  # since the run began


@dataclass(frozen=True, slots=True)
class LeadsRejected:
    rejects: Sequence[Reject]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsLearned:
    """Limits learned from a refusal; None: nothing new."""

    body_bytes: int | None = None
    contacts: int | None = None
    atomic: bool | None = None


Event = (
    ListCreated
    | BatchSending
    | BatchSplit
    | LeadRefused
    | BatchInDoubt
    | BatchAcked
    | UploadSending
    | UploadAccepted
    | ImportFailed
    | ShardAbandoned
    | ShardImported
    | ShardMapped
    | PageMapped
    | LeadsRejected
    | StageEnded
    | CapsLearned
)
