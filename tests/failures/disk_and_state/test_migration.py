"""A journal that an earlier version wrote is read by this one, and its run goes on."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from harness.errors import StateError
from harness.journal import schema
from harness.journal.sqlite_journal import SqliteJournal
from harness.leads.synthetic import SyntheticLeads
from harness.strategies import MAIN

FIXTURES = Path(__file__).parent / "fixtures"  # as version 1 wrote them: the first half of 30 leads had been sent
FIRST_HALF = 15


@pytest.fixture
def former(rig):
    """A function: the folder of a run of version 1, and the org as that run had left it."""

    def of(name):
        shutil.copy(FIXTURES / "leads.csv", rig.leads)
        rig.foreign_list("contactbench v1 run 1/2", 0)
        (list_id,) = rig.lists()
        ids, rows = sent(name)
        rig.org.store.add_contacts(list_id, ids, rows)
        folder = rig.folder / "run"
        folder.mkdir()
        with closing(sqlite3.connect(folder / "journal.sqlite")) as db:
            text = (FIXTURES / f"v1-{name}.sql").read_text()
            db.executescript(text.replace("HOST", rig.target.api).replace("LIST-1", list_id))
        return folder

    return of


def sent(name):
    """Contact ids and rows of what the run had sent; of `batch-api` the last of its batches never arrived."""
    columns = SyntheticLeads(1, 1).columns
    (leads,) = SyntheticLeads(FIRST_HALF, 1).batches(FIRST_HALF)
    count = 10 if name == "batch-api" else FIRST_HALF
    ids = [lead_id if "own" in name else f"contact of {lead_id}" for lead_id in leads.ids[:count]]
    return ids, [msgspec.json.encode(dict(zip(columns.names, row, strict=True))) for row in leads.rows[:count]]


@pytest.mark.parametrize("name", MAIN)
def test_f133_a_run_of_the_former_version_goes_on(rig, former, name):
    """Its journal is migrated, its contents are kept, the rest is sent: ALL."""
    folder = former(name)
    options = {"batch_size": 5, "lists": 2, "contacts_per_list": 1_000_000}
    end = rig.upload(name, **options)
    rig.check(end, name, **options)
    with closing(sqlite3.connect(folder / "journal.sqlite")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_f133_a_journal_of_a_later_version_is_left_as_it_is(tmp_path):
    """Exit 7, byte for byte the same afterwards, also the part that is still in the write-ahead log."""
    path = tmp_path / "journal.sqlite"
    with closing(SqliteJournal(path)) as journal:
        journal.plan({"host": "h"}, [], "run")
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        before = {file.name: file.read_bytes() for file in tmp_path.glob("journal.sqlite*") if "shm" not in file.name}
        copy = tmp_path / "copy"
        copy.mkdir()
        for name, content in before.items():
            (copy / name).write_bytes(content)
    with pytest.raises(StateError, match="newer version") as refused:
        SqliteJournal(copy / "journal.sqlite")
    assert refused.value.exit_code == 7
    assert {name: (copy / name).read_bytes() for name in before} == before


def test_a_migration_that_fails_leaves_the_former_journal(tmp_path):
    """A file that only says that it is of version 1 is refused, and is still the same."""
    path = tmp_path / "journal.sqlite"
    SqliteJournal(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")
    before = path.read_bytes()
    with pytest.raises(StateError):
        SqliteJournal(path)
    assert path.read_bytes() == before
