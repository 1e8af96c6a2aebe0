"""Joins in little memory: however many lists, months or threads ask for one, and whatever columns are called."""

import csv
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.domain import GivenList, LeadColumns
from harness.errors import LocalResource
from harness.files.duckdb_files import CSV, copy_to, database, keep_database_open
from harness.leads.csv_leads import CsvLeads
from harness.leads.preflight import check
from harness.mapping.files import RunFiles
from harness.mapping.verify import compare
from harness.monthly import Former, Joins

from ..fakes import shard

LISTS = 16
PART = ("lead_id", "contact_id", "contact_list_id")


def write(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run_files(folder, columns, rows):
    source = CsvLeads.from_file(
        write(folder / "input.csv", columns.names, rows), lead_id=columns.lead_id, phone="Phone"
    )
    preflight = check(source, folder / "leads.parquet")
    return RunFiles(folder, preflight.source, folder / "leads.parquet")


def test_sixteen_lists_at_once(tmp_path):
    """Their exports are joined, made one mapping and proved in memory that two of them could not share."""
    count, wide = 2500, "x" * 2000  # an export of 5 MB
    columns = LeadColumns(names=("Lead ID", "Phone"), lead_id="Lead ID", phone="Phone")
    files = run_files(tmp_path, columns, ((f"L{n}", f"+1555010{n % 10000:04}") for n in range(LISTS * count)))
    records = [shard(number=n, first=n * count, count=count) for n in range(LISTS)]
    for record in records:
        first = record.shard.first
        rows = ((f"c{n}", f"L{n}", wide) for n in reversed(range(first, first + count)))
        write(files.export_path(record), ("inin-outbound-id", "Lead ID", "Note"), rows)
    with keep_database_open(tmp_path, memory="24MB"), ThreadPoolExecutor(LISTS) as at_once:
        parts = list(at_once.map(lambda record: files.map_export(record, files.export_path(record)), records))
        assert files.write_mapping([tmp_path / part.file for part in parts]) == []
        exports = [(record.list_id, files.export_path(record)) for record in records]
        assert compare(tmp_path, files.mapping, exports, "Lead ID").is_clean
    assert [row["contact_id"] for row in read(files.mapping)] == [f"c{n}" for n in range(LISTS * count)]


def test_two_years_of_months(tmp_path):
    """The leads of all former months take more room than there is; each is where its newest month has it."""
    count = 10_000
    months = [
        write(
            tmp_path / f"{m}.csv",
            PART,
            ((f"L{n}", f"c{m}-{n}", f"list-{m}") for n in range(m * 9000, m * 9000 + count)),
        )
        for m in range(24)
    ]
    newest = [f"L{n}" for n in range(23 * 9000, 23 * 9000 + 2 * count)]
    leads = write(tmp_path / "month.csv", ("Lead ID", "Phone"), ((lead_id, "+15550100123") for lead_id in newest))
    joins = Joins(tmp_path, leads, "Lead ID", months)
    with keep_database_open(tmp_path, memory="24MB"):
        assert joins.count() == (2 * count, count)
        assert joins.count_known() == 23 * 9000 + count
        assert len(joins.missing_leads()) == 23 * 9000
        joins.write_kept(tmp_path / "kept.csv", [GivenList(list_id="list-21", name="", leads=0)])
    assert [row["contact_id"] for row in read(tmp_path / "kept.csv")] == [
        f"c21-{n}" for n in range(21 * 9000, 22 * 9000)
    ]


def test_a_month_whose_columns_have_the_names_of_the_joins(tmp_path):
    """Every column of the input is in the file that is loaded, in its place: new leads where there is room."""
    header = ("lead_id", "rank", "number", "first", "list_id", "position", "age", "Phone")
    rows = [(f"L{n}", *(f"{name} {n}" for name in header[1:-1]), "+15550100123") for n in range(6)]
    leads = write(tmp_path / "month.csv", header, rows)
    former = write(
        tmp_path / "former.csv", PART, [("L4", "c4", "list-b"), ("L1", "c1", "list-a"), ("L9", "c9", "list-b")]
    )
    joins = Joins(tmp_path, leads, "lead_id", [former])
    lists = joins.write_by_list(tmp_path / "by-list.csv", [Former("list-a", "a"), Former("list-b", "b")], most=3)
    assert [(one.list_id, one.leads) for one in lists] == [("list-a", 3), ("list-b", 2), ("", 1)]
    written = read(tmp_path / "by-list.csv")
    assert [row["lead_id"] for row in written] == ["L0", "L1", "L2", "L3", "L4", "L5"]
    assert [tuple(row.values()) for row in written] == rows


@pytest.mark.parametrize("name", ["lead_id", "LEAD_ID", "position", "line"])
def test_a_lead_id_column_that_has_the_name_of_one_of_ours(tmp_path, name):
    """An export with such a column is joined like any other."""
    columns = LeadColumns(names=(name, "Phone"), lead_id=name, phone="Phone")
    files = run_files(tmp_path, columns, [("A", "+15550100001"), ("B", "+15550100002")])
    export = files.export_path(shard(count=2))
    write(export, ("inin-outbound-id", name, "Phone"), [("c2", "B", "+15550100002"), ("c1", "A", "+15550100001")])
    part = files.map_export(shard(count=2), export)
    assert [tuple(row.values()) for row in read(tmp_path / part.file)] == [("A", "c1", "list-1"), ("B", "c2", "list-1")]


@pytest.mark.parametrize(
    ("place", "query", "code"),
    [
        ("/dev/full", "SELECT range FROM range(100000)", "DISK_FULL"),
        ("no such folder/file.csv", "SELECT 1", "NOT_WRITTEN"),
        ("file.csv", "SELECT list(range) FROM range(10000000)", "OUT_OF_MEMORY"),
    ],
)
def test_what_ran_out_is_told_apart(tmp_path, place, query, code):
    """Advice to make room helps nobody whose folder cannot be written."""
    with keep_database_open(tmp_path, memory="24MB"), pytest.raises(LocalResource) as raised, database(tmp_path) as db:
        db.execute(copy_to(tmp_path / place, query, CSV))
    assert raised.value.code == code
