"""What leads in a file have in common, whatever its format."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from harness.domain import LeadColumns, Leads
from harness.files.regular_file import Stamp, is_unchanged
from harness.leads import rows
from harness.leads.rows import Block, RowRules


@dataclass(frozen=True, eq=False, kw_only=True)
class FileLeads(ABC):
    path: Path
    stamp: Stamp
    rules: RowRules

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def columns(self) -> LeadColumns:
        return self.rules.columns

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def accepting(self, rules: RowRules) -> Self:
        """The same file under other rules for its rows."""
        return replace(self, rules=rules)

    def is_unchanged(self) -> bool:
        return is_unchanged(self.path, self.stamp)

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """Every data row, some thousands at a time."""

    def read(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        return rows.numbered_rows(self.blocks(), start)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        return rows.lead_batches(self.blocks(), self.rules, size, start, stop)
