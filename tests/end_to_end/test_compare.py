import csv
import json
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from harness.strategies import MAIN, STRATEGIES

LEADS = 5_000
KEYS = {"strategy", "leads", "mapped", "rejected", "duration_s", "requests", "verified"}


@pytest.fixture(scope="module")
def compared(contactbench_in, tmp_path_factory):
    """A function: a folder and the document of a comparison of all strategies; each seed and number is run once."""
    folder = tmp_path_factory.mktemp("compare")

    def ran(number: int, seed: int):
        out = folder / f"{seed}-{number}"
        strategies = ",".join(STRATEGIES)
        common = ("compare", "--leads", LEADS, "--strategies", strategies, "--out", out, "--json")
        done = contactbench_in(folder, *common, "--seed", seed)
        assert done.code == 0, done.err
        return out, done.document

    return ran


@pytest.fixture(scope="module")
def first(compared):
    return compared(1, seed=7)


@pytest.fixture(scope="module")
def second(compared):
    return compared(2, seed=7)


@pytest.fixture(scope="module")
def other(compared):
    return compared(1, seed=8)


def test_the_document(first):
    """One document says of every strategy what scripts rely on, and run.json is that document."""
    out, document = first
    assert [entry["strategy"] for entry in document["strategies"]] == list(STRATEGIES)
    for entry in document["strategies"]:
        assert entry.keys() >= KEYS
        assert (entry["leads"], entry["mapped"], entry["rejected"], entry["verified"]) == (LEADS, LEADS, 0, True)
    assert json.loads((out / "run.json").read_text()) == document


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_mapping(first, strategy):
    """One row a lead and one lead a contact, and a manifest of that very file."""
    folder, entry = first[0] / strategy, _entry(first, strategy)
    with (folder / "mapping.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["lead_id", "contact_id", "contact_list_id", "status"]
    assert len({row[0] for row in rows}) == len({row[1] for row in rows}) == len(rows) == LEADS
    assert {row[3] for row in rows} == {"mapped"}
    assert entry["mapping"]["sha256"] == sha256((folder / "mapping.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_requests(first, strategy):
    """Every request is a row, and none was refused."""
    with duckdb.connect() as db:
        rows = db.execute(f"SELECT op, status FROM '{first[0] / strategy / 'requests.parquet'}'").fetchall()
    assert len(rows) == _entry(first, strategy)["requests"]
    assert {(op, status) for op, status in rows if status >= 400} <= {("export.get", 404)}  # no export to be had yet


def test_who_can_read_it(first):
    """Folders are 0700 and files 0600: all of it belongs to whoever ran it."""
    out, _ = first
    modes = {path.relative_to(out): path.stat().st_mode & 0o777 for path in [out, *out.rglob("*")]}
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    assert (out / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_seed_again(first, second, other, strategy):
    """A seed decides every id and every second; another seed decides otherwise."""
    assert _mapping(first, strategy) == _mapping(second, strategy)
    assert _entry(first, strategy)["duration_s"] == _entry(second, strategy)["duration_s"]
    assert _entry(first, strategy)["operations"] == _entry(second, strategy)["operations"]
    assert _entry(first, strategy)["duration_s"] != _entry(other, strategy)["duration_s"]


@pytest.mark.parametrize("strategy", MAIN)
def test_own_ids_are_the_lead_ids(first, strategy):
    """A mapping says what was done: own ids are the Lead IDs, the server's are not."""
    rows = [line.split(",") for line in _mapping(first, strategy).decode().splitlines()[1:]]
    assert all((row[0] == row[1]) == strategy.endswith("own-ids") for row in rows)


def _entry(comparison, strategy: str) -> dict:
    return next(entry for entry in comparison[1]["strategies"] if entry["strategy"] == strategy)


def _mapping(comparison, strategy: str) -> bytes:
    return (Path(comparison[0]) / strategy / "mapping.csv").read_bytes()
