"""Work on files beside the plain way to do it: the check of an input, the file of an import, the join of an export.

The references promise less: csv tells no line of a bad row, and a plain query leaves out what it does not understand.
"""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from harness.domain import Shard
from harness.journal.schema import ShardRecord
from harness.leads.csv_leads import CsvLeads
from harness.leads.preflight import check
from harness.leads.shard_csv import write_upload
from harness.mapping.files import CONTACT_ID_COLUMN, RunFiles

from .side_by_side import Contestant

LEADS = int(os.environ.get("CONTACTBENCH_BENCH_LEADS", "50000"))
COLUMNS = {"lead_id": "Lead ID", "phone": "Phone"}

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


@pytest.fixture
def leads(leads_file) -> Path:
    return leads_file(LEADS)


@pytest.fixture
def checked(leads, tmp_path) -> RunFiles:
    """A run's files after the check of its input."""
    preflight = check(CsvLeads.from_file(leads, **COLUMNS), tmp_path / "leads.parquet")
    return RunFiles(tmp_path, preflight.source, tmp_path / "leads.parquet")


@pytest.fixture
def record() -> ShardRecord:
    return ShardRecord(
        shard=Shard(number=0, first=0, count=LEADS, list_name="list"),
        contact_list_id="list-1",
        state="imported",
        rows=LEADS,
        file=None,
    )


@pytest.fixture
def export(leads, tmp_path) -> Path:
    """What an org exports of these leads: its own columns first."""
    path = tmp_path / "export.csv"
    with leads.open(newline="") as source, path.open("w", newline="") as to:
        rows, writer = csv.reader(source), csv.writer(to, lineterminator="\n")
        writer.writerow([CONTACT_ID_COLUMN, "inin-list", *next(rows)])
        writer.writerows([f"contact-{row[0]}", "list-1", *row] for row in rows)
    return path


def contestant(name: str, work: Callable[[], Any], done: Callable[[Any], int]) -> Contestant:
    return Contestant(name=name, work=lambda _: work(), done=done)


@pytest.mark.benchmark(group="harness: files")
def test_check_of_an_input(race, leads, tmp_path):
    """Text, header, quotes, cells, doubled and alike Lead IDs: not four times as long as to read and count by csv."""
    to = tmp_path / "leads.parquet"
    table = race(
        contestant("check", lambda: check(CsvLeads.from_file(leads, **COLUMNS), to).leads, int),
        contestant("csv module, ids in a set", lambda: len(_ids(leads)), int),
        contestant("DuckDB, distinct ids", lambda: _distinct(leads), int),
        title=f"an input of {LEADS:,} leads checked",
        unit="leads",
        units=LEADS,
        by="cpu",
    )
    table.hold("csv module, ids in a set", 1 / 4)


@pytest.mark.benchmark(group="harness: files")
def test_file_of_an_import(race, leads, checked, tmp_path):
    """Read, checked row by row, written and hashed: faster than csv reads and writes it."""
    ours, theirs = tmp_path / "upload.csv", tmp_path / "copy.csv"
    table = race(
        contestant("write_upload", lambda: write_upload(checked.source, ours, 0, LEADS).rows, int),
        contestant("csv module", lambda: _copied(leads, theirs), int),
        title=f"the file of an import of {LEADS:,} leads",
        unit="leads",
        units=LEADS,
        by="cpu",
    )
    assert len(_ids(ours)) == LEADS
    table.hold("csv module", 1.0)


@pytest.mark.benchmark(group="harness: files")
def test_join_of_an_export(race, leads, checked, record, export):
    """Joined, doubled leads and contacts looked for, ordered, hashed and settled on the disk."""
    table = race(
        contestant("map_export", lambda: checked.map_export(record, export).rows, int),
        contestant("csv module, a dict", lambda: _joined(leads, export), int),
        contestant("DuckDB, the join alone", lambda: _join(leads, export), int),
        title=f"an export of {LEADS:,} contacts joined with the leads",
        unit="leads",
        units=LEADS,
        by="cpu",
    )
    table.hold("csv module, a dict", 1.0)


def _ids(path: Path) -> set[str]:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        place = next(rows).index("Lead ID")
        return {row[place] for row in rows}


def _distinct(path: Path) -> int:
    with duckdb.connect() as db:
        return db.execute(f"SELECT count(DISTINCT \"Lead ID\") FROM '{path}'").fetchone()[0]


def _copied(path: Path, to: Path) -> int:
    with path.open(newline="") as file, to.open("w", newline="") as out:
        rows, writer = csv.reader(file), csv.writer(out, lineterminator="\n")
        writer.writerow(next(rows))
        return sum(1 for row in rows if writer.writerow(row))


def _joined(leads: Path, export: Path) -> int:
    with export.open(newline="") as file:
        contacts = {row["Lead ID"]: row[CONTACT_ID_COLUMN] for row in csv.DictReader(file)}
    with leads.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return sum(row[0] in contacts for row in rows)


def _join(leads: Path, export: Path) -> int:
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE part AS SELECT * FROM '{export}' JOIN '{leads}' USING (\"Lead ID\")")
        return db.execute("SELECT count(*) FROM part").fetchone()[0]
