"""Files of a run: written atomically, private to their owner, read and joined in bounded memory.

Here is which of them hold people's data, for the report that says so and the purge that removes them.
"""

from collections.abc import Iterator
from pathlib import Path

# By name, in the folder of a run, of its canaries, and of each strategy of a comparison. Everything else there holds
# figures, ids of requests and lists, and digests; or is the user's own.
NAMES = (
    *("rejects.csv", "rejects.for-spreadsheets.csv", "delta.csv", "upsert.csv", "work/*", "spill/*"),  # whole rows
    *("mapping.csv", "part-*.csv", "kept.csv", "dnc.csv", "findings.csv", "findings.for-spreadsheets.csv"),  # ids
    *("leads.parquet", "leads-*.parquet", "journal.sqlite*", "rebuilt.sqlite*"),
    *(".*.csv*", ".*.parquet*", "tmp_.*"),  # files that a kill left half written
)
INSERTED = "canary/*/leads.csv"  # left by a kill: anywhere else a file of this name is the user's own


def run_folders(folder: Path) -> list[Path]:
    """`folder` and those within it that have files of a run."""
    locks = [*folder.glob("*/journal.lock"), *folder.glob("canary/*/journal.lock")]
    return [folder, *sorted(path.parent for path in locks)]


def personal_files(folder: Path) -> Iterator[Path]:
    """The files of the run, or comparison, that hold rows of leads, Lead IDs or contact ids."""
    found = {path for place in run_folders(folder) for pattern in NAMES for path in place.glob(pattern)}
    yield from sorted(path for path in {*found, *folder.glob(INSERTED)} if path.is_file() or path.is_symlink())
