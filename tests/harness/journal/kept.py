"""Journals for tests, in a file or in a database."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from harness import events
from harness.domain import Shard
from harness.journal import Journal
from harness.journal.sqlite_journal import SqliteJournal

FACTS = {"strategy": "batch-api", "host": "http://127.0.0.1:8080"}
SHARDS = [
    Shard(number=0, first=0, count=3, list_name="leads 1/2"),
    Shard(number=1, first=3, count=3, list_name="leads 2/2"),
]
LISTED = (events.ListCreated(0, "list-1"), events.ListCreated(1, "list-2"))


@dataclass(frozen=True)
class InDatabase:
    """A run in a PostgreSQL database."""

    url: str
    run: str


def journal(path: Path | InDatabase, owner: str = "test") -> Journal:
    if isinstance(path, Path):
        return SqliteJournal(path)
    from harness.journal.postgres import PostgresJournal

    return PostgresJournal(path.url, path.run, owner)


def opened(path: Path | InDatabase) -> "closing[Journal]":
    return closing(journal(path))


def planned(path: Path | InDatabase, *saved: events.Event) -> None:
    """A journal with a plan and these events, closed again."""
    with opened(path) as ledger:
        ledger.plan(FACTS, SHARDS, "run-1")
        for event in saved:
            ledger.save(event)


def sending(first, *lead_ids, shard=0, attempt=1):
    return events.BatchSending(first=first, shard=shard, attempt=attempt, sha256="digest", lead_ids=lead_ids)


def acked(first, **mapping):
    return events.BatchAcked(first=first, mapping=mapping)
