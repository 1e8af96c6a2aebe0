"""Files with awkward names and contents: the org holds what the file says, or a message says why nothing was sent."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from harness.cli import app
from mockserver.in_process import MockGenesys

from .awkward_contents import members
from .awkward_names import NAMES, NOT_TEXT

STRATEGIES = ("batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids", "csv-import-search")
FORMATS = ("csv", "parquet")
COMBINATIONS = list(product(NAMES, STRATEGIES, FORMATS))
COLUMNS = ("Lead ID", "Phone", "month", "Name")
TENTH = 10
WRITES = ("lists.create", "contacts.add", "import.upload", "presigned.put", "lists.delete")
MEMBERS = members()
CONTENTS = list(product(MEMBERS, ("batch-api", "csv-import-export")))  # one that posts JSON, one that sends a CSV file


@dataclass(frozen=True)
class Ended:
    code: int
    said: str


@pytest.fixture(scope="session")
def shared_org() -> Iterator[MockGenesys]:
    with MockGenesys() as org:
        yield org


@pytest.fixture
def org(shared_org) -> MockGenesys:
    """An empty org; what is given to it comes over real sockets."""
    shared_org.control.reset()
    return shared_org


@pytest.fixture
def upload(org, tmp_path, monkeypatch):
    """A function: the command, given a file by its relative name, into a run folder."""
    monkeypatch.chdir(tmp_path)

    def ended(leads: Path, run: Path, strategy: str) -> Ended:
        told = ["--lead-id", "Lead ID", "--phone", "Phone", "--target", org.url, "--strategy", strategy]
        done = CliRunner().invoke(app, ["upload", "--leads", str(leads), "--run", str(run), *told])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"a traceback instead of a message, after {done.output!r}") from done.exception
        return Ended(done.exit_code, done.output)

    return ended


def _about(combination: tuple[str, str, str]) -> str:
    name, strategy, kind = combination
    return f"{ascii(name)[1:-1][:30]}-{strategy}-{kind}"


def _drawn(combinations: list, number: int) -> object:
    """A tenth of them runs by default, with each name, strategy and format among it; all of them by tox -e smoke."""
    return (
        combinations[number]
        if number % TENTH == (number // TENTH) % TENTH
        else pytest.param(combinations[number], marks=pytest.mark.smoke)
    )


@pytest.mark.parametrize(
    "combination", [_drawn(COMBINATIONS, number) for number in range(len(COMBINATIONS))], ids=_about
)
def test_a_name(org, upload, combination):
    """File, its folder and the run folder have the name; beside the file lies what the name could be taken for."""
    name, strategy, kind = combination
    leads = _leads("L")
    for other in NAMES[name]:
        _write(Path(other) / f"{other}.{kind}", _leads("X"))
        _write(Path(name) / f"{other}.{kind}", _leads("Y"))
    path = _write(Path(name) / f"{name}.{kind}", leads)
    run = Path("runs") / name
    for other in NAMES[name]:
        assert upload(Path(other) / f"{other}.{kind}", run.with_name(other), strategy).code == 0
        org.control.reset()
    ended = upload(path, run, strategy)
    if name in NOT_TEXT:
        assert (ended.code, "the name is not UTF-8" in ended.said, _writes(org)) == (2, True, []), ended.said
        return
    assert ended.code == 0, ended.said
    assert _wrong(org, run, leads) == []


def test_a_run_folder_that_is_no_text(org, upload):
    """The same for the folder alone: no report could name it."""
    (name,) = NOT_TEXT
    ended = upload(_write(Path("a/a.csv"), _leads("L")), Path("runs") / name, "batch-api")
    assert (ended.code, "the name is not UTF-8" in ended.said, _writes(org)) == (2, True, []), ended.said


@pytest.mark.parametrize(
    "content", [_drawn(CONTENTS, number) for number in range(len(CONTENTS))], ids=lambda pair: f"{pair[0]}-{pair[1]}"
)
def test_a_content(org, upload, content):
    """Loaded to the letter; or refused before anything is sent, and the message names the file and what is wrong."""
    member, strategy = content
    path, run = Path(member.name), Path("run")
    path.write_bytes(member.data)
    ended = upload(path, run, strategy)
    if ended.code in (0, 3) and member.leads is not None:
        assert _wrong(org, run, member.leads) == [], ended.said
        assert _rejects(run) in member.rejects, ended.said
        assert ended.code == (3 if _rejects(run) else 0), ended.said
        assert not member.notice or _has_one(ended.said, member.notice), ended.said
    else:
        assert ended.code == 2, ended.said
        assert member.refused, f"to be loaded, but: {ended.said}"
        assert path.name in ended.said
        assert _has_one(ended.said, member.refused), ended.said
        assert _writes(org) == []


def _writes(org: MockGenesys) -> list[str]:
    return [op for op in WRITES if org.control.counts().get(op)]


def _has_one(text: str, words: tuple[str, ...]) -> bool:
    return any(word.lower() in text.lower() for word in words)


def _leads(letter: str) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, (f"{letter}{n}", f"+1555010000{n}", "March", f"Ann {n}"), strict=True)) for n in range(4)]


def _write(path: Path, leads: list[dict[str, str]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *(lead.values() for lead in leads)])
        return path
    rows = ", ".join(str(tuple(lead.values())) for lead in leads)
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    plain = path.parent.parent / "plain.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT * FROM (VALUES {rows}) AS t({names})) TO '{plain}' (FORMAT parquet)")
    plain.rename(path)
    return path


def _wrong(org: MockGenesys, run: Path, leads: list[dict[str, str]]) -> list[str]:
    """What the org's store and mapping.csv have other than `leads`, read without a line of the harness."""
    lists = [each["id"] for each in org.control.state()["lists"]]
    stored = {(contact["id"], one): contact["data"] for one in lists for contact in org.control.contacts(one)}
    found = []
    if sorted(map(str, _in_order(stored.values()))) != sorted(map(str, _in_order(leads))):
        found.append(f"the org holds {list(stored.values())}, not {leads}")
    with (run / "mapping.csv").open(newline="", encoding="utf-8") as file:
        mapping = list(csv.DictReader(file))
    if [row["lead_id"] for row in mapping] != [lead["Lead ID"] for lead in leads]:
        found.append(f"the mapping names {[row['lead_id'] for row in mapping]}")
    for row in mapping:
        contact = stored.get((row["contact_id"], row["contact_list_id"]), {})
        if contact.get("Lead ID") != row["lead_id"]:
            found.append(f"{row} is contact {contact}")
    return found


def _in_order(contacts) -> list[dict[str, str]]:
    return [dict(sorted(contact.items())) for contact in contacts]


def _rejects(run: Path) -> int:
    path = run / "rejects.csv"
    if not path.exists():
        return 0
    with path.open(newline="", encoding="utf-8") as file:
        return len(list(csv.DictReader(file)))


def test_the_matrix_is_as_large_as_it_says():
    """40 names, 5 strategies, 2 formats; 60 contents and more; the tenth that always runs has every name."""
    drawn = {COMBINATIONS[n][0] for n in range(len(COMBINATIONS)) if n % TENTH == (n // TENTH) % TENTH}
    assert (len(NAMES), len(COMBINATIONS), len(drawn)) == (40, 400, 40)
    assert len(MEMBERS) >= 60
    assert os.sep not in "".join(NAMES)
