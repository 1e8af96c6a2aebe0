"""The sources of leads: the interface, and opening a file by its suffix."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, Self

from harness.domain import LeadColumns, Leads
from harness.errors import InputBad
from harness.files.regular_file import stamp_of
from harness.leads.csv_leads import COMMA, CsvLeads
from harness.leads.rows import Block, RowRules

COMPRESSED = {".gz", ".bz2", ".xz", ".zip", ".zst"}


class LeadSource(Protocol):
    """Leads that can be read more than once, each time the same."""

    @property
    def name(self) -> str:
        """The file's name without its folder, or "synthetic"."""

    @property
    def columns(self) -> LeadColumns: ...

    @property
    def rules(self) -> RowRules: ...

    @property
    def digest(self) -> str:
        """SHA-256 of everything that determines the leads. The first call reads the file once."""

    @property
    def notices(self) -> Sequence[str]:
        """How ambiguous values were read. May read the file once; raises InputBad for values that have no text."""

    def accepting(self, rules: RowRules) -> Self:
        """The same source with other rules for accepting rows."""

    def is_unchanged(self) -> bool:
        """Whether the input is still the one that was opened."""

    def blocks(self) -> Iterator[Block]:
        """Every data row, some hundreds at a time."""

    def read(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        """(line, cells) of every data row, accepted or not, after the first `start` ones."""

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        """Accepted leads at positions `start` to `stop`, `size` at a time. Rows before `start` are read too."""


def open_leads(path: Path, *, lead_id: str, phone: str, separator: str = COMMA) -> LeadSource:
    """The leads of a .csv, .parquet or .xlsx file, its header checked. `separator`: of a CSV file. Raises InputBad."""
    if str(path) == "-":
        raise InputBad("INPUT_BAD", "-: standard input cannot be read twice; save it as a regular file and name that")
    stamp_of(path)
    match path.suffix.lower():
        case ".csv":
            return CsvLeads.from_file(path, lead_id=lead_id, phone=phone, separator=separator)
        case ".parquet":
            from harness.leads.parquet_leads import ParquetLeads

            return ParquetLeads.from_file(path, lead_id=lead_id, phone=phone)
        case ".xlsx" | ".xlsm":
            from harness.leads.xlsx_leads import XlsxLeads

            return XlsxLeads.from_file(path, lead_id=lead_id, phone=phone)
        case ".xls" | ".xlsb" | ".ods":
            raise InputBad("INPUT_BAD", f"{path}: of spreadsheets only .xlsx is read; save it as that, or as CSV UTF-8")
        case suffix if suffix in COMPRESSED:
            raise InputBad("INPUT_BAD", f"{path}: a regular file that can be re-read is needed; unpack it first")
        case _:
            raise InputBad("INPUT_BAD", f"{path}: a .csv, .parquet or .xlsx file is needed; convert or rename it")
