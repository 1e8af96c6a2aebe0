"""Parquet files and workbooks as others write them, under names as others give them, judged by the org's store."""

import csv
import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from harness.cli import app
from mockserver.in_process import MockGenesys

PHONES = ["+15550100001", "+15550100002"]


def parquet(path, ids, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"Lead ID": ids, "Phone": PHONES[: len(ids)]} | columns), path)
    return path


@pytest.fixture(scope="module")
def shared_org():
    with MockGenesys() as org:
        yield org


@pytest.fixture
def org(shared_org):
    """An empty org behind real sockets."""
    shared_org.control.reset()
    return shared_org


@pytest.fixture
def contactbench(tmp_path, monkeypatch):
    """A function: the exit code of a command given as on a command line, and what it said."""
    monkeypatch.chdir(tmp_path)

    def ended(*arguments):
        done = CliRunner().invoke(app, list(map(str, arguments)))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"a traceback after {done.output!r}") from done.exception
        return done.exit_code, done.output

    return ended


@pytest.fixture
def upload(contactbench, org):
    """A function: what an upload of the file ended with, what it said, and the rows that the org holds then."""

    def ended(leads, run="run", strategy="batch-api", *more):
        fixed = ["--lead-id", "Lead ID", "--phone", "Phone", "--target", org.url, "--again"]
        code, told = contactbench("upload", "--strategy", strategy, "--leads", leads, "--run", run, *fixed, *more)
        return code, told, held_by(org)

    return ended


def held_by(org):
    """The cells of every contact, whichever list it is in."""
    lists = org.control.state()["lists"]
    return [contact["data"] for one in lists for contact in org.control.contacts(one["id"])]


def mapped(folder):
    with (folder / "mapping.csv").open(newline="") as file:
        return [row["lead_id"] for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("name", "twin"), [("march[1]", "march1"), ("what?", "whatX"), ("all*", "all of it"), ("a\\b[1]*", "ab1")]
)
def test_a_name_that_is_a_pattern_loads_its_own_file(upload, tmp_path, name, twin):
    """The twin beside it is what a pattern would have found."""
    parquet(tmp_path / f"{twin}.parquet", ["OLD1", "OLD2"])
    code, told, held = upload(parquet(tmp_path / f"{name}.parquet", ["M1"]))
    assert code == 0, told
    assert [row["Lead ID"] for row in held] == mapped(tmp_path / "run") == ["M1"]


@pytest.mark.parametrize("folder", ["Phone=1", "month=2026-03", "Lead ID=7", "more=1"])
def test_folders_are_not_columns(upload, tmp_path, folder):
    """Spark's folders say what its readers know already; the file says what is loaded."""
    code, told, held = upload(parquet(tmp_path / folder / "part.parquet", ["L1", "L2"], month=["March", "May"]))
    assert code == 0, told
    assert held == [
        {"Lead ID": "L1", "Phone": PHONES[0], "month": "March"},
        {"Lead ID": "L2", "Phone": PHONES[1], "month": "May"},
    ]


@pytest.mark.parametrize(
    ("name", "twin", "strategy"),
    [
        ("q[3]", "q3", "batch-api"),
        pytest.param("q[4]", "q4", "csv-import-export", marks=pytest.mark.slow),
        ("lead_id=7", "other", "csv-import-search"),
        pytest.param("contact_id=zz", "other", "csv-import-export", marks=pytest.mark.slow),
        pytest.param("a\\?*", "a1", "csv-import-own-ids", marks=pytest.mark.slow),
    ],
)
def test_a_run_folder_of_any_name_is_itself(upload, contactbench, org, tmp_path, name, twin, strategy):
    """Upload, gate, proof, report and the copy of the mapping know nothing of the folder beside it."""
    assert upload(parquet(tmp_path / "other.parquet", ["X1"]), f"runs/{twin}", strategy)[0] == 0
    org.control.reset()
    leads = parquet(tmp_path / "leads.parquet", ["L1", "L2"])
    code, told, held = upload(leads, f"runs/{name}", strategy, "--batch-size", "1")
    assert code == 0, told
    run, copy = tmp_path / "runs" / name, tmp_path / f"{name}.parquet"
    assert sorted(row["Lead ID"] for row in held) == sorted(mapped(run)) == ["L1", "L2"]
    sent = json.loads((run / "run.json").read_text())["strategies"][0]["requests"]
    for command in (
        ["gate", "--run", run, "--threshold", f"count(*)=={sent}"],
        ["verify", run],
        ["report", run],
        ["mapping", run, "--to", copy],
    ):
        code, told = contactbench(*command)
        assert code == 0, told
    assert pq.read_table(pa.OSFile(str(copy)))["lead_id"].to_pylist() == mapped(run)


def test_a_workbook_is_loaded_as_it_looks(upload, tmp_path):
    """Numbers without a point, dates as ISO 8601, the sheet's rows as lines."""
    book = Workbook()
    for row in [["Lead ID", "Phone", "Since"], [300120000001, 15550100001, date(2026, 3, 1)], ["", PHONES[1], None]]:
        book.active.append(row)
    book.save(tmp_path / "leads [new].xlsx")
    code, told, held = upload(tmp_path / "leads [new].xlsx", strategy="csv-import-export")
    assert (code, "1 date or time is written" in told) == (3, True), told
    assert held == [{"Lead ID": "300120000001", "Phone": "15550100001", "Since": "2026-03-01"}]
    assert "\n3,EMPTY_LEAD_ID," in (tmp_path / "run" / "rejects.csv").read_text().replace("\r", "")


def test_spoiled_values_are_refused_before_anything_is_sent(upload, org, tmp_path):
    """A float that lost digits, in Parquet and in a workbook: no list is made."""
    book = Workbook()
    book.active.append(["Lead ID", "Phone"])
    book.active.append([12345678901234567890, PHONES[0]])
    book.save(tmp_path / "leads.xlsx")
    for leads in (tmp_path / "leads.xlsx", parquet(tmp_path / "leads.parquet", [1e19])):
        code, told, held = upload(leads)
        assert (code, held) == (2, []), told
        assert "column 'Lead ID' holds" in told
    assert org.control.counts() == {}


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".PARQUET"])
def test_invented_leads_are_what_their_name_says(contactbench, upload, tmp_path, suffix):
    """What `leads` writes, `upload` reads."""
    leads = tmp_path / f"made [1]{suffix}"
    assert contactbench("leads", "--count", "30", "--to", leads)[0] == 0
    assert leads.stat().st_mode & 0o777 == 0o600
    code, told, held = upload(leads)
    assert (code, len(held)) == (0, 30), told


@pytest.mark.parametrize("name", ["made.xlsx", "made.txt", "made"])
def test_leads_are_not_written_under_a_name_that_says_something_else(contactbench, tmp_path, name):
    """Exit 2, and no file."""
    code, told = contactbench("leads", "--count", "3", "--to", name)
    assert (code, "BAD_TARGET" in told, list(tmp_path.iterdir())) == (2, True, [])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_whose_name_is_no_text_is_not_written(contactbench, tmp_path, suffix):
    """Bytes that are not UTF-8 could be told on no screen and in no document: exit 2 beforehand."""
    code, told = contactbench("leads", "--count", "3", "--to", f"made \udce9{suffix}")
    assert (code, "the name is not UTF-8" in told, list(tmp_path.iterdir())) == (2, True, [])
