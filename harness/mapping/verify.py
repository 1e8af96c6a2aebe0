"""The proof: compares what the server exports with the mapping, lead by lead."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..files.atomic import atomic_file
from ..files.duckdb_files import CSV, copy_to, csv_table, database, identifier, literal
from ..files.spreadsheet_copy import twin_of, write_spreadsheet_copy
from ..journal.schema import ShardRecord
from .files import CONTACT_ID_COLUMN, RunFiles, check_export, union_of

# A Lead ID that came back empty is NULL, which is neither equal nor unequal to anything.
WRONG = "mapping.lead_id IS DISTINCT FROM contact.lead_id"
# Grouping spills to disk; counting distinct values does not.
DOUBLED = "SELECT lead_id FROM contact GROUP BY lead_id HAVING count(*) > 1"
KEY = "USING (contact_id, contact_list_id)"
# The contacts of each finding: as the server has them or, if lost, as it should have them.
NAMED = {
    "lost": f"FROM mapping ANTI JOIN contact {KEY}",
    "wrong": f"FROM contact JOIN mapping {KEY} WHERE {WRONG}",
    "orphaned": f"FROM contact ANTI JOIN mapping {KEY}",
    "doubled": f"FROM contact WHERE lead_id IN ({DOUBLED})",
}
# The numbers of lost, orphaned and wrong ones, by one join.
COUNTS = f"""
    SELECT count(*) FILTER (contact.here IS NULL), count(*) FILTER (mapping.here IS NULL),
        count(*) FILTER (contact.here AND mapping.here AND {WRONG})
    FROM (SELECT *, true AS here FROM mapping) AS mapping
    FULL JOIN (SELECT *, true AS here FROM contact) AS contact {KEY}
"""
FINDINGS = "findings.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFindings:
    """The numbers of leads or contacts that are not as they must be. All zero: proved."""

    lost: int = 0  # mapped contacts that the server does not have
    wrong: int = 0  # mapped contacts that hold another lead
    orphaned: int = 0  # contacts of the run's lists that the mapping does not know
    doubled: int = 0  # leads with more than one contact, over all lists

    @property
    def is_clean(self) -> bool:
        return not any(asdict(self).values())

    def __str__(self) -> str:
        return " ".join(f"{name}={count}" for name, count in asdict(self).items() if count) or "nothing amiss"


def compare_exports(files: RunFiles, shards: Sequence[ShardRecord]) -> ProofFindings:
    """Compare the exports in the run folder with its mapping, then remove them: they hold personal data."""
    exports = [(record.list_id, files.export_path(record)) for record in shards]
    if not exports:
        return ProofFindings()
    try:
        return compare(files.folder, files.mapping, exports, files.columns.lead_id, files.kept_mapping)
    finally:
        for _, path in exports:
            files.discard(path)


def compare(
    folder: Path, mapping: Path, exports: Sequence[tuple[str, Path]], lead_id_column: str, kept: Path | None = None
) -> ProofFindings:
    """Compare every exported contact with every mapped lead, and with those `kept` from former runs.

    `exports`: contact list id and file. `findings.csv` in the folder lists the contacts of the findings, if any.
    """
    for _, path in exports:
        check_export(path, lead_id_column)
    contacts = " UNION ALL ".join(
        f"SELECT {_ids(lead_id_column)}, {literal(list_id)} AS contact_list_id FROM {csv_table(path)}"
        for list_id, path in exports
    )
    with database(folder) as db:
        expected = " UNION ALL ".join(
            f"SELECT lead_id, contact_id, contact_list_id FROM {csv_table(path)}"
            for path in (mapping, kept)
            if path is not None
        )
        # Tables spill to disk; joining the files while they are read, with a buffer each, runs out of memory at 200 MB.
        db.execute(f"CREATE TEMP TABLE mapping AS {expected}")
        db.execute(f"CREATE TEMP TABLE contact AS {contacts}")
        lost, orphaned, wrong = db.execute(COUNTS).fetchone()
        doubled = db.execute(f"SELECT count(*) FROM ({DOUBLED})").fetchone()[0]
        findings = ProofFindings(lost=lost, wrong=wrong, orphaned=orphaned, doubled=doubled)
        for path in (folder / FINDINGS, twin_of(folder / FINDINGS)):
            path.unlink(missing_ok=True)
        if not findings.is_clean:
            _write_findings(db, folder / FINDINGS)
        return findings


def count_foreign(files: RunFiles, record: ShardRecord, parts: Sequence[Path]) -> int:
    """How many contacts of the list's export the run did not send: those whose Lead ID is none of the shard's, or that
    are not the contact which their lead became, as far as `parts` tell. Those of earlier months count as its own."""
    export = files.export_path(record)
    check_export(export, files.columns.lead_id)
    with database(files.folder) as db:
        db.execute(f"CREATE TEMP TABLE contact AS SELECT {_ids(files.columns.lead_id)} FROM {csv_table(export)}")
        db.execute(f"CREATE TEMP TABLE part AS {union_of(parts)}")
        sent = f"SELECT lead_id, contact_id FROM {files.shard_table(record)} LEFT JOIN part USING (lead_id)"
        if files.kept_mapping is not None:
            sent += f" UNION ALL SELECT lead_id, contact_id FROM {csv_table(files.kept_mapping)}"
        db.execute(f"CREATE TEMP TABLE sent AS {sent}")
        foreign = "sent.lead_id IS NULL OR sent.contact_id <> contact.contact_id"
        query = f"SELECT count(*) FROM contact LEFT JOIN sent USING (lead_id) WHERE {foreign}"
        return int(db.execute(query).fetchone()[0])


def _ids(lead_id_column: str) -> str:
    return f"{identifier(lead_id_column)} AS lead_id, {identifier(CONTACT_ID_COLUMN)} AS contact_id"


def _write_findings(db: Any, to: Path) -> None:
    columns = {name: "contact." if name == "wrong" else "" for name in NAMED}
    contacts = " UNION ALL ".join(
        f"SELECT {literal(name)} AS finding, {columns[name]}lead_id AS lead_id, contact_id, contact_list_id {rows}"
        for name, rows in NAMED.items()
    )
    with atomic_file(to) as temporary:
        db.execute(copy_to(temporary, f"SELECT * FROM ({contacts}) ORDER BY ALL", CSV))
    write_spreadsheet_copy(to, twin_of(to))
