"""Whether the disk has room for a run, asked before anything is sent."""

import shutil
from pathlib import Path

from ..domain import LeadReader
from ..errors import UsageError

SAMPLE = 1000  # leads whose rows tell how long a row is
# Measured with 60,000 leads of 116 bytes: at most 521 bytes a lead at once, 222 of them the export, by `batch-api`.
STATE_BYTES = 320  # a lead: journal, mapping, the part it is made of, leads.parquet
SYSTEM_COLUMNS_BYTES = 150  # a lead: what the platform's own columns add to an export
LEAST = 4 * 1024 * 1024  # of any run: logs, and the write-ahead log up to its checkpoint


def needed_bytes(leads: int, source: LeadReader) -> int:
    """What a run of these leads lays down at its fullest."""
    sample = next(source.batches(SAMPLE), None)
    rows = [] if sample is None else sample.rows
    row = sum(len(cell.encode()) + 1 for cells in rows for cell in cells) // max(1, len(rows))
    return LEAST + leads * (STATE_BYTES + SYSTEM_COLUMNS_BYTES + row)


def require_room(folder: Path, need: int, free: int | None = None) -> None:
    """Raises UsageError unless the disk of `folder` has so many bytes free."""
    left = shutil.disk_usage(folder).free if free is None else free
    if left < need:
        raise UsageError(
            "NO_ROOM",
            f"{folder}: free={left} need={need} bytes; nothing was sent. Make room, or name a --run folder on a larger"
            " disk, then run the same command again.",
        )
