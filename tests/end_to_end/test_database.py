"""The commands with a journal in PostgreSQL: one folder, one database, and a password that nobody sees."""

from contextlib import closing

import psycopg
import pytest

from .. import oracle

LEADS, SECRET = 400, "geheim-0815"


@pytest.fixture
def url(postgres):
    """The address with a password, which this server does not ask for."""
    return postgres.url(user=f"postgres:{SECRET}")


def stored(url, query):
    with closing(psycopg.connect(url)) as db:
        return db.execute(query).fetchall()


@pytest.mark.hardening("harness-1")
def test_a_run_from_the_upload_to_the_clean_up(mock, contactbench, make_leads, upload_of, tmp_path, url):
    """Uploaded, gone on with, verified, copied into a table, removed from the org."""
    leads, run = make_leads(LEADS), tmp_path / f"run-{tmp_path.name}"
    arguments = [*upload_of(leads, "batch-api", mock.url), "--run", str(run), "--batch-size", "100"]
    bare, there = url.replace(f":{SECRET}", ""), {"CONTACTBENCH_JOURNAL": url}
    first = contactbench(*arguments, **there)
    assert (first.code, oracle.complaints(mock.contacts(), run, leads)) == (0, []), first.err
    sent = mock.count("contacts.add")
    again = contactbench(*arguments, "--journal", bare, PGPASSWORD=SECRET)
    assert (again.code, mock.count("contacts.add")) == (0, sent), again.err
    assert contactbench("verify", run, "--json").complaint == "JOURNAL_ELSEWHERE"
    assert contactbench("verify", run, "--json", **there).document["verified"]
    table = f"mapping {tmp_path.name}"
    copied = contactbench(
        "mapping", run, "--to", bare.replace("/postgres?", f"/postgres/{table}?"), "--json", PGPASSWORD=SECRET
    )
    assert (copied.code, copied.document["rows"]) == (0, LEADS), copied.err
    in_table = stored(url, f'SELECT lead_id, contact_id, contact_list_id, status FROM "{table}"')
    assert sorted(in_table) == sorted(tuple(row.values()) for row in oracle.table(run / "mapping.csv"))
    assert stored(url, f"SELECT count(*) FROM contactbench.mapping WHERE run = '{run.name}'") == [(LEADS,)]
    removed = contactbench("cleanup", run, "--yes", "--json", **there)
    assert (removed.code, removed.document["removed"]) == (0, 1), removed.err
    said = "".join(ran.out + ran.err for ran in (first, again, copied, removed))
    kept = [path.name for path in run.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert (SECRET in said, kept) == (False, [])


@pytest.mark.parametrize(
    ("journal", "code", "word"),
    [
        ("mysql://a/b", 2, "BAD_JOURNAL"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/leads", 5, "JOURNAL_AWAY"),
    ],
)
def test_a_journal_that_cannot_be(mock, contactbench, make_leads, upload_of, journal, code, word):
    """Said in one sentence, without the password, before anything is sent."""
    ran = contactbench(*upload_of(make_leads(3), "batch-api", mock.url), CONTACTBENCH_JOURNAL=journal)
    assert (ran.code, ran.complaint, mock.count("contacts.add")) == (code, word, 0)
    assert SECRET not in ran.out + ran.err
