"""What a strategy is told: the leads, the plan, and how far an earlier run came."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from ..domain import LeadColumns, LeadId, LeadReader
from ..flow import Flow
from ..journal.schema import BatchRecord, Learned, MappingPart, ShardRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be tuned. Times in seconds."""

    batch_size: int = 1000  # Source: contacts a POST may hold, official swagger of 2018-03-21
    body_bytes: int = 3_000_000  # Assumption: which of the platform's body caps applies to this call is not documented
    in_flight_grace_s: float = (
        60.0  # Assumption: after this long a lost request has either been carried out or never will be
    )
    consistency_wait_s: float = (
        5.0  # between two searches that must agree; Genesys asks for 5 s after a change of a list
    )
    poll_initial_s: float = 1.0
    poll_cap_s: float = 5.0
    stalled_s: float = 900.0  # a job without progress for this long
    sample: int = 500  # contacts of each list that a spot check reads

    @classmethod
    def for_target(cls, reach: "Reach", in_flight_grace_s: float | None = None, **tuned: int) -> "Settings":
        """Waiting times that fit the target, with overrides; `in_flight_grace_s` also bounds the consistency wait."""
        usual = cls(**PATIENCE[reach])  # type: ignore[arg-type]  # no count is among them
        in_flight_grace_s = usual.in_flight_grace_s if in_flight_grace_s is None else in_flight_grace_s
        return replace(
            usual,
            in_flight_grace_s=in_flight_grace_s,
            consistency_wait_s=min(usual.consistency_wait_s, in_flight_grace_s),
            **tuned,
        )


Reach = Literal["org", "local", "instant"]
PATIENCE: dict[Reach, dict[str, float]] = {
    "org": {},
    # Longer than the mock's shipped profiles let a write arrive after its request was answered 504.
    "local": {"in_flight_grace_s": 20.0, "poll_initial_s": 0.2},
    # An org without delays has no slow jobs: polling it in seconds would measure the polling.
    "instant": {"in_flight_grace_s": 2.0, "consistency_wait_s": 0.05, "poll_initial_s": 0.02, "poll_cap_s": 0.2},
}


class StoredProgress(Protocol):
    """What the journal knows."""

    def shards(self) -> Sequence[ShardRecord]: ...
    def batches(self) -> dict[int, BatchRecord]:
        """By their first position, in that order."""
        ...

    def leads_between(self, first: int, stop: int) -> tuple[set[LeadId], list[set[LeadId]]]:
        """Of the batches that begin at these positions: the leads that are settled, and those of each one in doubt."""
        ...


class LocalFiles(Protocol):
    """Work on the run folder's files, which flows ask for and the driver runs."""

    def write_upload(self, shard: ShardRecord) -> tuple[Path, int, str]:
        """The CSV file of a shard: its path, rows and sha256."""
        ...

    def export_path(self, shard: ShardRecord) -> Path: ...

    def map_export(self, shard: ShardRecord, export: Path) -> MappingPart:
        """Join an export with the leads of the shard."""
        ...

    def map_identity(self, shard: ShardRecord) -> MappingPart: ...

    def expected_contacts(self, shard: ShardRecord) -> int:
        """Contacts that the shard's list has to hold, once the mapping is finished."""
        ...

    def sample(self, shard: ShardRecord, count: int) -> dict[str, str]:
        """Contact id -> Lead ID of some mapped leads, the same ones each time."""
        ...

    def discard(self, path: Path) -> None:
        """Remove a file that held personal data and has served."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    leads: LeadReader
    progress: StoredProgress
    files: LocalFiles
    settings: Settings
    learned: Learned = field(default_factory=Learned)

    @property
    def columns(self) -> LeadColumns:
        return self.leads.columns


@dataclass(frozen=True, slots=True)
class Stage:
    """Flows that may run at the same time. The next stage begins when all of them have ended."""

    name: str
    flows: Iterable[Flow[object]]


@dataclass(frozen=True, slots=True)
class Verification:
    """How the mapping is proved: by a road to the server that did not make it."""

    method: str
    flows: Iterable[Flow[object]]
    by_export: bool


class Strategy(ABC):
    """How leads are loaded, how their contact ids are learned, and how that is proved."""

    name: str
    main_op: str  # the operation whose time a client asks for
    own_ids: bool  # the contact's id is the Lead ID
    may_skip: bool  # the server may leave leads out without a word: an import does, an answer to a POST does not

    @abstractmethod
    def stages(self, job: Job) -> Iterator[Stage]:
        """From nothing, or from where the journal stands, to a mapping of every lead."""

    @abstractmethod
    def verification(self, job: Job) -> Verification: ...
