"""What the journal tells of shards and batches: plain values, so that strategies need no database."""

from dataclasses import dataclass
from typing import Literal

from ..domain import Shard

ShardState = Literal["planned", "listed", "sending", "uploaded", "imported", "mapped"]
BatchState = Literal["sending", "in_doubt", "acked", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRecord:
    shard: Shard
    contact_list_id: str | None
    state: ShardState
    rows: int | None
    file: str | None
    file_sha256: str | None = None

    @property
    def list_id(self) -> str:
        """The contact list's id, once it is made."""
        if self.contact_list_id is None:
            raise ValueError(f"shard {self.shard.number} has no contact list yet")
        return self.contact_list_id


@dataclass(frozen=True, slots=True)
class MappingPart:
    """A file of the run's folder with a part of the mapping."""

    file: str
    rows: int
    sha256: str


@dataclass(slots=True)
class Learned:
    """What the platform's refusals taught this run; shared by its flows."""

    body_bytes: int | None = None  # a smaller cap than the settings say
    contacts: int | None = None  # fewer contacts a POST
    atomic: bool | None = None  # a refused batch leaves nothing behind
    refused: int = 0  # leads


@dataclass(frozen=True, slots=True)
class BatchRecord:
    first: int
    state: BatchState
    attempt: int
    sha256: str
    leads: int = 0

    @property
    def is_settled(self) -> bool:
        return self.state in ("acked", "refused")
