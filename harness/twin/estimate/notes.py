"""What a strategy is told of its own progress and files, kept in memory for as long as it is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...domain import LeadId, Shard
from ...events import ListCreated, ShardAbandoned, ShardImported, ShardMapped, UploadAccepted, UploadSending
from ...mapping.records import BatchRecord, Part, ShardRecord


@dataclass(slots=True)
class Notes:
    """A journal that forgets batches: nobody goes on with a recording."""

    records: list[ShardRecord]
    shard_of: dict[str, int] = field(default_factory=dict)  # by the list's id

    @classmethod
    def of(cls, shards: Sequence[Shard]) -> "Notes":
        return cls([ShardRecord(shard=s, contact_list_id=None, state="planned", rows=None, file=None) for s in shards])

    def shards(self) -> Sequence[ShardRecord]:
        return list(self.records)

    def batches(self) -> dict[int, BatchRecord]:
        return {}

    def leads_between(self, first: int, stop: int) -> tuple[set[LeadId], list[set[LeadId]]]:
        return set(), []

    def save(self, event: Any) -> None:
        match event:
            case ListCreated():
                self.shard_of[event.contact_list_id] = event.shard
                self._change(event.shard, contact_list_id=event.contact_list_id, state="listed")
            case UploadSending():
                self._change(event.shard, state="sending", rows=event.rows)
            case UploadAccepted():
                self._change(event.shard, state="uploaded")
            case ShardAbandoned():
                self._change(event.shard, state="planned", contact_list_id=None)
            case ShardImported():
                self._change(event.shard, state="imported")
            case ShardMapped():
                self._change(event.shard, state="mapped", rows=event.rows, file=event.file)

    def _change(self, number: int, **fields: Any) -> None:
        self.records[number] = replace(self.records[number], **fields)


@dataclass(frozen=True, slots=True)
class NoFiles:
    """Files that are never written: every shard is whole, every export names all of it."""

    def write_upload(self, shard: ShardRecord) -> tuple[Path, int, str]:
        return Path("upload"), shard.shard.count, ""

    def export_path(self, shard: ShardRecord) -> Path:
        return Path("export")

    def map_export(self, shard: ShardRecord, export: Path) -> Part:
        return Part("part", shard.shard.count, "")

    def map_identity(self, shard: ShardRecord) -> Part:
        return Part("part", shard.shard.count, "")

    def mapped(self, shard: ShardRecord) -> int:
        return shard.shard.count

    def sample(self, shard: ShardRecord, count: int) -> dict[str, str]:
        """Each contact is called as its lead: `canned` reads them back so."""
        return {name: name for name in map(str, range(min(count, shard.shard.count)))}

    def discard(self, path: Path) -> None:
        return None
