"""Uploads whose journal is in PostgreSQL, and what may become of that server and the way to it."""

import tempfile
from pathlib import Path

import pytest

from harness.journal.postgres import PostgresJournal
from harness.journal.postgres.connection import parse_address

from .database_proxy import proxied
from .rig import BATCHES

STRATEGIES = ["batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids"]


@pytest.fixture
def proxy(postgres):
    """Before the session's server; `url` is the way through it."""
    with tempfile.TemporaryDirectory(prefix="cbdb") as folder, proxied(Path(folder), _socket(postgres)) as between:
        yield between, f"postgresql://postgres@/postgres?host={folder}"


def _socket(server):
    return Path(parse_address(server.url())["host"]) / ".s.PGSQL.5432"


def options(rig, url):
    """The run is called like its folder, so each test has a folder of its own."""
    return {"folder": rig.folder.name, "journal": url}


def check(rig, end, name, **about):
    rig.check(end, name, **about)
    kept = PostgresJournal(about["journal"], about["folder"], "who looks", new=False)
    assert all(record.is_settled for record in kept.batches().values())
    kept.close()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_run_whose_journal_is_in_a_database(rig, postgres, name):
    """ALL, as with one in the folder; and nothing of the address is left in the run's files."""
    about = options(rig, postgres.url(user="postgres:geheim"))
    check(rig, rig.upload(name, **about), name, **about)
    files = [path for path in (rig.folder / about["folder"]).rglob("*") if path.is_file()]
    assert [path.name for path in files if b"geheim" in path.read_bytes()] == []
    assert "journal.postgres" in {path.name for path in files}


@pytest.mark.parametrize("name", ["batch-api", "csv-import-export"])
def test_f151_the_server_is_killed_within_a_transaction(rig, postgres, proxy, name):
    """The server is back at once: the transaction is repeated and the run continues by itself: ALL."""
    between, url = proxy

    def kill():
        postgres.kill()
        postgres.start()
        return "lose the commit"

    between.at[7] = kill
    about = options(rig, url)
    check(rig, rig.upload(name, **about), name, **about)
    assert between.done == ["lose the commit"]


@pytest.mark.parametrize("fate", ["lose the commit", "lose the answer"])
@pytest.mark.parametrize("nth", [3, 7, 8])
def test_f152_the_connection_is_lost_during_commit(rig, proxy, fate, nth):
    """The database is asked what became of it before anything is sent: each batch is sent once, ALL."""
    between, url = proxy
    between.at[nth] = lambda: fate
    about = options(rig, url)
    check(rig, rig.upload("batch-api", concurrency=2, **about), "batch-api", **about)
    assert (between.done, rig.count("contacts.add")) == ([fate], BATCHES)


@pytest.mark.slow
def test_f153_the_server_stays_away(rig, postgres, proxy):
    """Nothing is sent that cannot be saved first: exit 5; once the server is back, the same command: ALL."""
    between, url = proxy
    sent = []

    def stop():
        postgres.kill()
        sent.append(rig.count("contacts.add"))
        return "lose the commit"

    between.at[9] = stop
    about = options(rig, url)
    end = rig.upload("batch-api", concurrency=1, **about)
    assert (end.code, end.word, rig.count("contacts.add")) == (5, "JOURNAL_AWAY", sent[0])
    postgres.start()
    check(rig, rig.upload("batch-api", **about), "batch-api", **about)


def test_f153_there_is_no_server(rig, postgres):
    """Reported before anything is sent; the same command starts once there is a server."""
    about = options(rig, "postgresql://postgres@127.0.0.1:1/leads")
    end = rig.upload("batch-api", **about)
    assert (end.code, rig.requests()) == (5, 0)
    about = options(rig, postgres.url())
    check(rig, rig.upload("batch-api", **about), "batch-api", **about)


def test_a_folder_keeps_to_its_store(rig, postgres):
    """Neither store is taken for the other: in the wrong one nothing would be known of what was sent."""
    about = options(rig, postgres.url())
    assert rig.upload("batch-api", **about).code == 0
    writes = rig.writes()
    assert rig.upload("batch-api", folder=about["folder"]).word == "JOURNAL_ELSEWHERE"
    assert rig.upload("batch-api", folder="plain").code == 7  # its leads are in the org already
    assert rig.upload("batch-api", folder="plain", journal=postgres.url()).word == "STATE_MISMATCH"
    assert rig.writes() == writes


def test_a_database_that_has_lost_the_run(rig, postgres):
    """A run has been here: to begin anew would double what it sent (exit 7)."""
    about = options(rig, postgres.url())
    assert rig.upload("batch-api", **about).code == 0
    kept = PostgresJournal(postgres.url(), about["folder"], "who forgets")
    kept._db.execute("DELETE FROM contactbench.run WHERE name = %s", (about["folder"],))
    kept.close()
    end = rig.upload("batch-api", **about)
    assert (end.code, end.word, rig.count("contacts.add")) == (7, "STATE_LOST", BATCHES)
