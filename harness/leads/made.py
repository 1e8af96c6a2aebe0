"""Leads written as a file of the kind that its name says."""

from pathlib import Path

from harness.domain import LeadReader
from harness.errors import UsageError
from harness.leads.private_file import private_folder, written
from harness.leads.shard_csv import write_csv
from harness.mapping.duck import PARQUET, copy_to, csv_table, database


def write_leads(source: LeadReader, to: Path) -> None:
    """Write every accepted lead of `source` to a .csv or .parquet file (0600), whole or not at all."""
    match to.suffix.lower():
        case ".csv":
            write_csv(source, to)
        case ".parquet":
            with private_folder(to) as folder, database(folder) as db, written(to) as temporary:
                write_csv(source, folder / "leads.csv")
                db.execute(copy_to(temporary, f"FROM {csv_table(folder / 'leads.csv')}", PARQUET))
        case _:
            raise UsageError("BAD_TARGET", f"{to}: leads are written as .csv or .parquet; name such a file.")
