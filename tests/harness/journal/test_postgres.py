"""A journal in a database: believed only as it was stored, owned by one, and silent about its password."""

import subprocess
import sys
from contextlib import closing

import psycopg
import pytest

from harness import events
from harness.errors import GaveUp, LocalResource, RunError, StateError, UsageError
from harness.journal.postgres.connection import connect, public_address, run_error
from harness.wording import redact_passwords

from .kept import FACTS, LISTED, SHARDS, InDatabase, acked, journal, opened, planned, sending

SECRET = "geheim"


def sql(place, *statements):
    """As somebody with psql."""
    with psycopg.connect(place.url, autocommit=True) as db:
        return [db.execute(statement, prepare=False) for statement in statements][-1]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE contactbench.batch SET mapping = replace(mapping, 'c1', 'c9') WHERE run = '{run}'", "batch 0"),
        ("UPDATE contactbench.batch SET state = 'acked' WHERE run = '{run}' AND first = 3", "batch 3"),
        ("DELETE FROM contactbench.batch WHERE run = '{run}' AND first = 3", "table batch"),
        ("UPDATE contactbench.seal SET rows = 1 WHERE run = '{run}' AND name = 'shard'", "table shard"),
        ("UPDATE contactbench.meta SET value = 'x' WHERE run = '{run}' AND key = 'host'", "meta 'host'"),
    ],
)
def test_what_was_altered_is_not_believed(postgres_run, change, named):
    """The message names the row, and the command that mends it."""
    planned(postgres_run, *LISTED, sending(0, "A"), acked(0, A="c1"), sending(3, "B", shard=1))
    sql(postgres_run, change.format(run=postgres_run.run))
    with pytest.raises(StateError, match=named) as refused:
        journal(postgres_run)
    assert "reconcile --from-server" in str(refused.value)


def test_runs_in_one_database_do_not_touch_each_other(postgres_run):
    """Each has its own rows, and its own lock."""
    other = InDatabase(postgres_run.url, postgres_run.run + " too")
    planned(other, *LISTED, sending(0, "A"))
    with opened(postgres_run) as first, opened(other) as second:
        assert (first.facts(), list(second.batches())) == ({}, [0])


@pytest.mark.hardening("harness-23")
def test_a_run_that_is_erased(postgres_run):
    """Not one of its rows is left in any table; other runs keep theirs."""
    other = InDatabase(postgres_run.url, postgres_run.run + " too")
    planned(other, *LISTED, sending(0, "A"))
    planned(postgres_run, *LISTED, sending(0, "A", "B"), acked(0, A="c1", B="c2"))
    with opened(postgres_run) as journal_of_run:
        journal_of_run.erase()
    counts = "SELECT count(*) FROM contactbench.{} WHERE run = '{}'"
    for table in ("meta", "shard", "batch", "reject", "learned", "seal"):
        assert sql(postgres_run, counts.format(table, postgres_run.run)).fetchone() == (0,)
    with opened(other) as kept:
        assert list(kept.batches()) == [0]


def test_the_view_is_for_anybody_with_psql(postgres_run):
    """Leads, contacts and lists, by run."""
    planned(postgres_run, *LISTED, sending(0, "A", "B"), acked(0, A="c1", B="c2"), sending(2, "C"))
    rows = sql(postgres_run, f"SELECT * FROM contactbench.mapping WHERE run = '{postgres_run.run}' ORDER BY lead_id")
    assert [row[1:] for row in rows.fetchall()] == [("A", "c1", "list-1"), ("B", "c2", "list-1")]


def test_who_was_thought_gone_writes_nothing_any_more(postgres_run):
    """A run that was taken over is left to its new owner."""
    with opened(postgres_run) as former:
        former.plan(FACTS, SHARDS, "run-1")
        sql(postgres_run, f"UPDATE contactbench.run SET owner = 'x' WHERE name = '{postgres_run.run}'")
        with pytest.raises(StateError, match="taken over"):
            former.save(LISTED[0])
    with opened(postgres_run) as now:
        assert now.shards()[0].state == "planned"


# nextval is not taken back with its transaction, so the trouble passes after a number of times
TROUBLE = """
    CREATE SEQUENCE {name}; CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.run = '{run}' AND nextval('{name}') <= {times} THEN
    RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER {name} BEFORE UPDATE OR INSERT ON contactbench.batch FOR EACH ROW EXECUTE FUNCTION {name}()"""


@pytest.fixture
def trouble(postgres_run):
    """Makes the database refuse what is written of a batch, so many times, with a SQLSTATE."""
    name = "trouble"

    def begin(state, times):
        sql(postgres_run, TROUBLE.format(name=name, run=postgres_run.run, state=state, times=times))

    yield begin
    sql(postgres_run, f"DROP FUNCTION IF EXISTS {name}() CASCADE", f"DROP SEQUENCE IF EXISTS {name}")


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_f154_a_transaction_that_was_taken_back_is_repeated(postgres_run, trouble, state):
    """The transaction is repeated from its beginning and stored once."""
    planned(postgres_run, *LISTED)
    trouble(state, 4)
    planned(postgres_run, sending(0, "A"))
    with opened(postgres_run) as kept:
        assert kept.batches()[0].leads == 1


@pytest.mark.parametrize(
    ("state", "error", "code"),
    [
        ("40001", GaveUp, "JOURNAL_BUSY"),
        ("53100", LocalResource, "DISK_FULL"),
        ("53200", LocalResource, "NOT_WRITTEN"),
        ("57014", LocalResource, "NOT_WRITTEN"),
        ("25006", LocalResource, "NOT_WRITTEN"),
        ("42501", LocalResource, "NOT_WRITTEN"),
    ],
)
def test_f155_a_commit_that_the_database_does_not_take(postgres_run, trouble, state, error, code):
    """The error says why, this process does not try again, and the next one finds the former state."""
    planned(postgres_run, *LISTED)
    trouble(state, 99)
    with opened(postgres_run) as kept:
        with pytest.raises(error) as refused:
            kept.save(sending(0, "A"))
        with pytest.raises(GaveUp):
            kept.save(LISTED[1])
    assert (refused.value.code, state in str(refused.value) or code == "JOURNAL_BUSY") == (code, True)
    with opened(postgres_run) as kept:
        assert kept.batches() == {}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://somebody:{}@127.0.0.1:1/leads",  # nobody listens
        "postgresql://nobody:{}@/postgres?host={host}",
        "postgresql://postgres:{}@/nothing?host={host}",
        "postgresql://postgres@/nothing?host={host}&password={}",
        "postgresql://postgres:{}@[/leads",
    ],
)
def test_no_password_is_told(postgres, url):
    """Neither of an address that is none, nor by a server that refuses it."""
    with pytest.raises(RunError) as refused:
        connect(url.format(SECRET, host=postgres.folder))
    assert refused.value.exit_code in (2, 5, 6)
    assert SECRET not in str(refused.value)
    assert SECRET not in redact_passwords(f"upload --journal '{url.format(SECRET, host=postgres.folder)}' --seed 1")


def test_an_address_is_shown_without_its_secrets():
    """Where the database is, and nothing else."""
    assert public_address(f"postgresql://me:{SECRET}@db.example:5433/leads?sslmode=require") == "db.example:5433/leads"
    assert SECRET not in str(run_error(psycopg.OperationalError(f"no {SECRET}"), f"postgresql://me:{SECRET}@db/leads"))


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_f156_a_server_that_may_forget(postgres, postgres_run, setting):
    """Nothing is sent by a run whose journal a crash of the server could take back."""
    try:
        sql(postgres_run, f"ALTER SYSTEM SET {setting} = off", "SELECT pg_reload_conf()")
        with pytest.raises(UsageError, match=f"{setting} = off"):
            _until_refused(postgres_run)
    finally:
        sql(postgres_run, f"ALTER SYSTEM RESET {setting}", "SELECT pg_reload_conf()")


def _until_refused(place):
    """The server reads its settings a moment after it was told to."""
    for _ in range(1000):
        connect(place.url).close()


def test_f156_a_role_whose_commits_are_late(postgres_run):
    """The session overrides its role's default, so that what is confirmed is on the disk."""
    with closing(connect(postgres_run.url + "&options=-c%20synchronous_commit%3Doff")) as db:
        assert db.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_an_event_with_everything_is_kept(postgres_run):
    """Of every table a row, and all of it is there again."""
    part = events.ShardMapped(shard=1, file="part-1.csv", rows=3, sha256="cd" * 32)
    planned(postgres_run, *LISTED, part, events.CapsLearned(body_bytes=512, atomic=True))
    with opened(postgres_run) as kept:
        learned, shard = kept.learned_limits(), kept.shards()[1]
    assert (learned.body_bytes, learned.contacts, learned.atomic) == (512, None, True)
    assert (shard.state, shard.file, shard.rows, shard.file_sha256) == ("mapped", "part-1.csv", 3, "cd" * 32)


def test_nobody_else_loads_the_client():
    """A run whose journal is a file does not even import it."""
    modules = "harness.runs.prepare, harness.commands.verify, harness.runs.cleanup, harness.mapping.copy_mapping"
    program = f"import sys, {modules}; print('psycopg' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
