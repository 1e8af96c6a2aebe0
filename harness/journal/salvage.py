"""What a run's folder still says when its journal is damaged or lost: hints, each from an intact row."""

import csv
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from .checksummed_tables import NotAsStored, SqliteTables
from .schema import open_database

LISTS_OF = "contact_list_id"


@dataclass(slots=True)
class Salvage:
    """Facts of the plan by name, and ids of contact lists, as far as they were found."""

    facts: dict[str, str] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)

    def add(self, list_id: str | None) -> None:
        if list_id and list_id not in self.lists:
            self.lists.append(list_id)


def salvage(folder: Path) -> Salvage:
    """The facts and lists in journal.sqlite, run.json and requests.csv, in this order of trust."""
    found = Salvage()
    _from_journal(folder / "journal.sqlite", found)
    _from_document(folder / "run.json", found)
    _from_requests(folder / "requests.csv", found)
    return found


def _from_journal(path: Path, found: Salvage) -> None:
    """From rows whose digest fits; a journal of an earlier version has no digests and is not trusted."""
    if not path.is_file():
        return
    try:
        with closing(open_database(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            for row in _intact_rows(db, "meta", "key"):
                found.facts[row["key"]] = row["value"]
            for row in _intact_rows(db, "shard", "number"):
                found.add(row[LISTS_OF])
    except (sqlite3.Error, UnicodeError):
        return  # the rows read until then are intact


def _intact_rows(db: sqlite3.Connection, table: str, key: str) -> list[dict[str, Any]]:
    tables, rows = SqliteTables(db), []
    for (value,) in db.execute(f"SELECT {key} FROM {table} ORDER BY {key}").fetchall():
        try:
            rows.append(tables.row(table, value))
        except NotAsStored:
            continue
    return [row for row in rows if row is not None]


def _from_document(path: Path, found: Salvage) -> None:
    try:
        document = msgspec.json.decode(path.read_bytes())
        (entry,) = document["strategies"]
        lists = [item["id"] for item in entry["lists"]]
        facts = {"strategy": str(entry["strategy"]), "run_id": str(document["run_id"])}
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return
    found.facts = facts | found.facts
    for list_id in lists:
        found.add(list_id)


def _from_requests(path: Path, found: Salvage) -> None:
    """From the lists that the run's requests name; a list that was replaced since is no longer in the org."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.add(row.get(LISTS_OF))
    except (OSError, csv.Error, UnicodeError):
        return
