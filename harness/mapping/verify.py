"""The proof: what the server exports, against what the mapping says, lead by lead."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .duck import csv_table, database, identifier, literal
from .files import CONTACT_ID_COLUMN, RunFiles, check_export
from .records import ShardRecord

# A Lead ID that came back empty is NULL here, and NULL is neither equal nor unequal to anything.
WRONG = "mapping.lead_id IS DISTINCT FROM contact.lead_id"
# Grouping spills to the disk where it must; counting distinct values does not.
DOUBLED = "SELECT lead_id FROM contact GROUP BY lead_id HAVING count(*) > 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """How many leads or contacts are not as they must be. All zero: proved."""

    lost: int = 0  # mapped contacts that the server does not have
    wrong: int = 0  # mapped contacts that hold another lead
    orphaned: int = 0  # contacts of the run's lists that the mapping does not know
    doubled: int = 0  # leads with more than one contact, over all lists

    @property
    def proved(self) -> bool:
        return not any(asdict(self).values())

    def __str__(self) -> str:
        return " ".join(f"{name}={count}" for name, count in asdict(self).items() if count) or "nothing amiss"


def compare_exports(files: RunFiles, shards: Sequence[ShardRecord]) -> Findings:
    """The exports that lie in the run folder against its mapping. They hold personal data and are removed."""
    exports = [(record.list_id, files.export_path(record)) for record in shards]
    if not exports:
        return Findings()
    try:
        return compare(files.folder, files.mapping, exports, files.columns.lead_id)
    finally:
        for _, path in exports:
            files.discard(path)


def compare(folder: Path, mapping: Path, exports: Sequence[tuple[str, Path]], lead_id_column: str) -> Findings:
    """Every exported contact against every mapped lead. `exports`: contact list id and file."""
    for _, path in exports:
        check_export(path, lead_id_column)
    contacts = " UNION ALL ".join(
        f"SELECT {identifier(lead_id_column)} AS lead_id, {identifier(CONTACT_ID_COLUMN)} AS contact_id,"
        f" {literal(list_id)} AS contact_list_id FROM {csv_table(path)}"
        for list_id, path in exports
    )
    with database(folder) as db:
        db.execute(f"CREATE TABLE mapping AS SELECT lead_id, contact_id, contact_list_id FROM {csv_table(mapping)}")
        db.execute(f"CREATE TABLE contact AS {contacts}")
        key = "USING (contact_id, contact_list_id)"
        return Findings(
            lost=_count(db, f"SELECT count(*) FROM mapping ANTI JOIN contact {key}"),
            orphaned=_count(db, f"SELECT count(*) FROM contact ANTI JOIN mapping {key}"),
            wrong=_count(db, f"SELECT count(*) FROM mapping JOIN contact {key} WHERE {WRONG}"),
            doubled=_count(db, f"SELECT count(*) FROM ({DOUBLED})"),
        )


def _count(db: Any, query: str) -> int:
    return int(db.execute(query).fetchone()[0])
