"""The files of a run, the joins between them, and the disk space they need.

`leads.parquet` lists the leads in order (position, line, lead_id); a part is a CSV of lead_id, contact_id,
contact_list_id; all parts joined with the leads make `mapping.csv`. Parts and leads hold no personal data but ids.
Uploads and exports do: they are kept in `work/` and removed as soon as they have been used.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..domain import LeadColumns, LeadReader, Reject
from ..errors import GaveUp, Refused, UsageError, VerifyFailed
from ..files.atomic import atomic_file, private_opener, remove_stale_drafts
from ..files.duckdb_files import CSV, copy_to, csv_header, csv_table, database, identifier, literal, parquet_table
from ..journal.checksummed_tables import NotAsStored
from ..journal.database_errors import corruption_error
from ..journal.schema import MappingPart, ShardRecord
from ..leads.shard_csv import csv_text, write_upload
from ..wording import quantity

CONTACT_ID_COLUMN = "inin-outbound-id"  # Source: exports read by public third-party code
CHUNK_ROWS = 1000
BLOCK_BYTES = 1 << 20
KEPT = "kept.csv"
PART = ("lead_id", "contact_id", "contact_list_id")
SAMPLE = 1000  # leads from which the length of a row is estimated
# Measured with 60,000 leads of 116 bytes: at most 521 bytes a lead at once, 222 of them the export, by `batch-api`.
STATE_BYTES = 320  # per lead: journal, mapping, the part it is made of, leads.parquet
SYSTEM_COLUMNS_BYTES = 150  # per lead: what the platform's own columns add to an export
LEAST = 4 * 1024 * 1024  # of any run: logs, and the write-ahead log up to its checkpoint


@dataclass(frozen=True, slots=True)
class RunFiles:
    folder: Path
    source: LeadReader
    leads: Path  # leads.parquet

    @property
    def columns(self) -> LeadColumns:
        return self.source.columns

    @property
    def work(self) -> Path:
        path = self.folder / "work"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    @property
    def mapping(self) -> Path:
        return self.folder / "mapping.csv"

    @property
    def kept_mapping(self) -> Path | None:
        """A mapping of contacts that were in the run's lists before and have to stay; None: the lists are its own."""
        path = self.folder / KEPT
        return path if path.exists() else None

    # --- used by flows ------------------------------------------------------------------------------------------------

    def write_upload(self, record: ShardRecord) -> tuple[Path, int, str]:
        path = self.work / f"upload-{record.shard.number}.csv"
        upload = write_upload(self.source, path, record.shard.first, record.shard.count)
        return path, upload.rows, upload.sha256

    def export_path(self, record: ShardRecord) -> Path:
        return self.work / f"export-{record.shard.number}.csv"

    def map_export(self, record: ShardRecord, export: Path) -> MappingPart:
        """Each exported lead of the shard with its contact id. Raises VerifyFailed for a lead with two contacts."""
        check_export(export, self.columns.lead_id)
        lead_id = identifier(self.columns.lead_id)
        query = (
            f"SELECT shard.lead_id, {identifier(CONTACT_ID_COLUMN)} AS contact_id,"
            f" {literal(record.list_id)} AS contact_list_id FROM {csv_table(export)} AS export"
            f" JOIN {self.shard_table(record)} AS shard ON shard.lead_id = export.{lead_id} ORDER BY shard.position"
        )
        part, doubled, shared = self._part(record, query)
        if doubled:
            raise VerifyFailed(
                "VERIFY_FAILED",
                f"list={record.list_id}: {quantity(doubled, 'lead has', 'leads have')} a second contact.",
            )
        if shared:
            raise GaveUp(
                "EXPORT_MISMATCH",
                f"op=export.file list={record.list_id}: {quantity(shared, 'contact id stands', 'contact ids stand')}"
                " for more than one lead each; run the same command again, which makes a new export.",
            )
        return part

    def map_identity(self, record: ShardRecord) -> MappingPart:
        query = (
            f"SELECT lead_id, lead_id AS contact_id, {literal(record.list_id)} AS contact_list_id"
            f" FROM {self.shard_table(record)} ORDER BY position"
        )
        return self._part(record, query)[0]

    def expected_contacts(self, record: ShardRecord) -> int:
        """How many contacts the list has to hold: those of the finished mapping and those kept."""
        rows = " UNION ALL ".join(
            f"SELECT contact_list_id FROM {csv_table(path)}" for path in (self.mapping, self.kept_mapping) if path
        )
        with database(self.folder) as db:
            query = f"SELECT count(*) FROM ({rows}) WHERE contact_list_id = {literal(record.list_id)}"
            return int(db.execute(query).fetchone()[0])

    def sample(self, record: ShardRecord, count: int) -> dict[str, str]:
        with database(self.folder) as db:
            rows = db.execute(
                f"SELECT contact_id, lead_id FROM {csv_table(self.mapping)}"
                f" WHERE contact_list_id = {literal(record.list_id)} ORDER BY md5(contact_id) LIMIT {count}"
            ).fetchall()
        return dict(rows)

    def discard(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def remove_stale_drafts(self) -> None:
        """Remove the drafts of killed processes, which may hold rows. The folder must be locked."""
        remove_stale_drafts(self.folder)
        remove_stale_drafts(self.work)

    def discard_rows(self) -> None:
        """Remove every upload and export, however the run ended; the next start makes those it needs."""
        for path in [*self.work.glob("upload-*.csv"), *self.work.glob("export-*.csv")]:
            self.discard(path)

    def part(self, record: ShardRecord) -> Path:
        """The file of a mapped shard. Raises StateError unless it is the one that was written."""
        path = self.folder / str(record.file)
        if not path.is_file() or record.file_sha256 not in (None, _sha256(path)):
            raise corruption_error(NotAsStored(f"the mapping of list {record.contact_list_id}"), path)
        return path

    # --- the mapping --------------------------------------------------------------------------------------------------

    def write_part(self, rows: Iterable[tuple[str, str, str]]) -> Path:
        """Write a part from rows of the journal."""
        path = self.work / "acknowledged.csv"
        with open(path, "w", newline="", encoding="utf-8", opener=private_opener) as file:
            file.write(csv_text((name,) for name in PART))
            left = iter(rows)
            while chunk := list(islice(left, CHUNK_ROWS)):
                file.write(csv_text(zip(*chunk, strict=True)))
        return path

    def write_mapping(self, parts: list[Path]) -> list[Reject]:
        """Write `mapping.csv` in the order of the input, completely or not at all; the leads in no part, as rejects."""
        with database(self.folder) as db, atomic_file(self.mapping) as temporary:
            db.execute(f"CREATE TEMP VIEW leads AS SELECT * FROM {parquet_table(self.leads)}")
            db.execute(f"CREATE TEMP TABLE part AS {union_of(parts)}")
            mapped = "SELECT part.lead_id, contact_id, contact_list_id, 'mapped' AS status FROM leads JOIN part"
            db.execute(copy_to(temporary, f"{mapped} USING (lead_id) ORDER BY position", CSV))
            unmapped = db.execute("SELECT lead_id, line FROM leads ANTI JOIN part USING (lead_id) ORDER BY position")
            return [
                Reject(
                    lead_id=lead_id,
                    line=line,
                    code="NOT_IMPORTED",
                    message="the import ended without it, no reason given",
                )
                for lead_id, line in unmapped.fetchall()
            ]

    def write_manifest(self, **facts: Any) -> dict[str, Any]:
        """Describe `mapping.csv` in its manifest, which is written last: without it there is no mapping."""
        manifest = {"file": self.mapping.name, "sha256": _sha256(self.mapping), **facts}
        write_json(self.folder / "mapping.manifest.json", manifest)
        return manifest

    def all_mapped(self) -> int:
        with database(self.folder) as db:
            return int(db.execute(f"SELECT count(*) FROM {csv_table(self.mapping)}").fetchone()[0])

    # ------------------------------------------------------------------------------------------------------------------

    def shard_table(self, record: ShardRecord) -> str:
        """The shard's leads as SQL: position, line, lead_id."""
        first, stop = record.shard.first, record.shard.first + record.shard.count
        return f"(SELECT * FROM {parquet_table(self.leads)} WHERE position >= {first} AND position < {stop})"

    def _part(self, record: ShardRecord, query: str) -> tuple[MappingPart, int, int]:
        """Write the part's file. Also counts the leads with two contacts in it, and the contacts with two leads."""
        name = f"part-{record.shard.number}.csv"
        with database(self.folder) as db, atomic_file(self.folder / name) as temporary:
            db.execute(f"CREATE TEMP TABLE part AS {query}")
            db.execute(copy_to(temporary, "FROM part", CSV))
            twice = "(SELECT count(*) FROM (SELECT 1 FROM part GROUP BY {} HAVING count(*) > 1))"
            counts = f"count(*), {twice.format('lead_id')}, {twice.format('contact_id')}"
            rows, doubled, shared = db.execute(f"SELECT {counts} FROM part").fetchone()
            sha256 = _sha256(temporary)
        return MappingPart(name, int(rows), sha256), int(doubled), int(shared)


def union_of(parts: Iterable[Path]) -> str:
    """The query that reads every row of the parts."""
    return " UNION ALL ".join(f"SELECT * FROM {csv_table(part)}" for part in parts) or _EMPTY_PART


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


_EMPTY_PART = "SELECT ''::VARCHAR AS lead_id, ''::VARCHAR AS contact_id, ''::VARCHAR AS contact_list_id WHERE false"


def check_export(path: Path, lead_id_column: str) -> None:
    """Raises Refused unless the file names both columns once, GaveUp unless its last line is complete: DuckDB reads a
    file that was cut off, and leaves out a last row whose quote is never closed."""
    header = csv_header(path)
    for column in (CONTACT_ID_COLUMN, lead_id_column):
        if header.count(column) != 1:
            raise Refused(
                "COLUMN_MISMATCH", f"the export names column {column!r} {header.count(column)} times, not once."
            )
    quotes, last = 0, b""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            quotes, last = quotes + block.count(b'"'), block[-1:]
    if last != b"\n" or quotes % 2:
        raise GaveUp("EXPORT_TRUNCATED", "the export does not end with a line end; run the same command again.")


def write_json(path: Path, value: Any) -> None:
    with atomic_file(path) as temporary:
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def needed_bytes(leads: int, source: LeadReader) -> int:
    """The disk space that a run of these leads needs at its peak."""
    sample = next(source.batches(SAMPLE), None)
    rows = [] if sample is None else sample.rows
    row = sum(len(cell.encode()) + 1 for cells in rows for cell in cells) // max(1, len(rows))
    return LEAST + leads * (STATE_BYTES + SYSTEM_COLUMNS_BYTES + row)


def require_disk_space(folder: Path, need: int, free: int | None = None) -> None:
    """Raises UsageError unless the disk of `folder` has `need` bytes free."""
    left = shutil.disk_usage(folder).free if free is None else free
    if left < need:
        raise UsageError(
            "NO_ROOM",
            f"{folder}: free={left} need={need} bytes; nothing was sent. Free space, or name a --run folder on a larger"
            " disk, then run the same command again.",
        )
