"""Rebuilds a journal from what the org exports: leads found there are mapped, the others are still to be sent."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path

from .. import events
from ..api import SEARCH_PAGE, ImportProgress
from ..domain import ContactId, LeadId
from ..errors import VerifyFailed
from ..files.atomic import atomic_file
from ..files.duckdb_files import CSV, copy_to, csv_table, database, identifier, literal, parquet_table
from ..journal.schema import ShardRecord
from ..wording import quantity
from .files import CONTACT_ID_COLUMN, RunFiles
from .verify import compare

NAME = "journal.sqlite"


def require_one_contact_each(files: RunFiles, records: Sequence[ShardRecord]) -> None:
    """Raises VerifyFailed if a lead has two contacts, or one in a list that was not planned for it.

    `findings.csv` lists these contacts.
    """
    exports = [(record.list_id, files.export_path(record)) for record in records]
    if not exports:
        return
    found = files.work / "found.csv"
    planned = " UNION ALL ".join(_contacts(files, record) for record in records)
    everywhere = " UNION ALL ".join(_contacts(files, record, anywhere=True) for record in records)
    try:
        with database(files.folder) as db, atomic_file(found) as temporary:
            db.execute(copy_to(temporary, everywhere, CSV))
            (misplaced,) = db.execute(
                f"SELECT (SELECT count(*) FROM ({everywhere})) - (SELECT count(*) FROM ({planned}))"
            ).fetchone()
        findings = compare(files.folder, found, exports, files.columns.lead_id)
    finally:
        files.discard(found)
    if findings.doubled:
        raise VerifyFailed(
            "VERIFY_FAILED",
            f"{quantity(findings.doubled, 'lead has', 'leads have')} more than one contact; findings.csv names them."
            " Remove the surplus contacts by hand, then run the same command again.",
        )
    if misplaced:
        raise VerifyFailed(
            "VERIFY_FAILED",
            f"{quantity(misplaced, 'lead is', 'leads are')} in another list than planned; check that these are the"
            " lists of this input, in order.",
        )


def batches_found(files: RunFiles, record: ShardRecord, size: int) -> Iterator[events.PageMapped]:
    """The leads that the list holds, as acknowledged batches of `size` positions, cut as an upload cuts them."""
    for _, rows in groupby(_rows(files, record), key=lambda row: (row[0] - record.shard.first) // size):
        yield _page_event(record, list(rows))


def import_found(
    files: RunFiles, record: ShardRecord, status: ImportProgress, *, by_pages: bool
) -> Iterator[events.Event]:
    """How far the list's import has got: complete, under way, or unknown.

    A finished import has accounted for every row, so the leads it left out are rejects. Rows in the list without a
    finished import are the remains of a lost upload, which the next start finds in doubt. `by_pages`: the mapping
    comes from a search and is kept in the journal, not in a file; only a complete list has known pages.
    """
    part = files.map_export(record, files.export_path(record))
    sending = events.UploadSending(shard=record.shard.number, rows=record.shard.count, sha256="")
    if part.rows == record.shard.count or (part.rows and status.has_finished):
        yield sending
        yield events.UploadAccepted(record.shard.number)
        yield events.ShardImported(record.shard.number, part.rows)
        if not by_pages:
            yield events.ShardMapped(shard=record.shard.number, file=part.file, rows=part.rows, sha256=part.sha256)
        elif part.rows == record.shard.count:
            yield from batches_found(files, record, SEARCH_PAGE)
    elif status.state == "IN_PROGRESS":
        yield sending
        yield events.UploadAccepted(record.shard.number)
    elif part.rows or status.has_failed:
        yield sending


def put_in_place(rebuilt: Path) -> Path | None:
    """Give the rebuilt journal its name, and return where the former one was moved, if there was one."""
    path = rebuilt.with_name(NAME)
    number = 1
    while (aside := path.with_name(f"{NAME}.corrupt-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm"):  # first: SQLite would apply them to the new journal
        beside = path.with_name(NAME + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    if path.exists():
        os.link(path, aside)
    rebuilt.replace(path)
    return aside if aside.exists() else None


def _contacts(files: RunFiles, record: ShardRecord, *, anywhere: bool = False) -> str:
    """The contacts of a list that are leads of its shard, or of the run."""
    first, stop = record.shard.first, record.shard.first + record.shard.count
    where = "" if anywhere else f"WHERE leads.position >= {first} AND leads.position < {stop}"
    return (
        f"SELECT leads.lead_id, {identifier(CONTACT_ID_COLUMN)} AS contact_id,"
        f" {literal(record.list_id)} AS contact_list_id"
        f" FROM {csv_table(files.export_path(record))} AS export JOIN {parquet_table(files.leads)} AS leads"
        f" ON leads.lead_id = export.{identifier(files.columns.lead_id)} {where}"
    )


def _rows(files: RunFiles, record: ShardRecord) -> Iterator[tuple[int, LeadId, ContactId]]:
    """Position, Lead ID and contact id of each lead in the list.

    They go through a file, so that a caller who saves them one by one does not hold up other joins meanwhile.
    """
    path = files.work / f"found-{record.shard.number}.csv"
    query = (
        f"SELECT position, found.lead_id, contact_id FROM ({_contacts(files, record)}) AS found"
        f" JOIN {parquet_table(files.leads)} AS leads ON leads.lead_id = found.lead_id ORDER BY position"
    )
    try:
        with database(files.folder) as db:
            db.execute(copy_to(path, query, CSV))
        with path.open(newline="", encoding="utf-8") as file:
            for position, lead_id, contact_id in islice(csv.reader(file), 1, None):
                yield int(position), LeadId(lead_id), ContactId(contact_id)
    finally:
        files.discard(path)


def _page_event(record: ShardRecord, rows: Sequence[tuple[int, LeadId, ContactId]]) -> events.PageMapped:
    mapping: Mapping[LeadId, ContactId] = {lead_id: contact_id for _, lead_id, contact_id in rows}
    return events.PageMapped(first=rows[0][0], shard=record.shard.number, mapping=mapping)
