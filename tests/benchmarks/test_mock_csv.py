"""A CSV file into a list and out again: the mock, over HTTP and with all its checks, beside DuckDB on the bare file.

By CPU: the mock works on one core, DuckDB on all of them.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import duckdb
import pytest

from .references.served import Served, mock_org
from .references.work import csv_file
from .side_by_side import Contestant

LEADS = int(os.environ.get("CONTACTBENCH_BENCH_LEADS", "20000"))
ROWS = max(50_000, LEADS)
FEW = 1_000  # rows that warm the process up
BLOCK_BYTES = 1 << 20
SPARE_BYTES = 64 << 20
# An export of the platform has fourteen columns of its own for a list with one phone column.
SYSTEM = ", ".join(f"'{number % 2 or ''}' AS system_{number}" for number in range(14))

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def leads(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("csv") / "leads.csv"
    csv_file(path, ROWS)
    return path


@pytest.fixture
def mock(request, tmp_path) -> Iterator[Served]:
    """With its store in memory or on the disk."""
    store = str(tmp_path / "org.sqlite") if request.param == "kept" else ":memory:"
    with ExitStack() as stack:
        yield stack.enter_context(mock_org(tmp_path / "mock", "--store", store))


@pytest.mark.benchmark(group="mock: CSV import and export")
@pytest.mark.parametrize("mock", ["memory", "kept"], indirect=True)
def test_import_and_export_beside_duckdb(race, mock, leads, tmp_path, request):
    """At most twice the CPU."""
    store, numbers = request.node.callspec.params["mock"], count()

    def there_and_back(_: None) -> Path:
        mock.upload(leads)
        return mock.export(tmp_path / f"{next(numbers)}.csv")

    table = race(
        Contestant(
            name=f"mock ({store})",
            work=there_and_back,
            done=rows_in,
            prepare=mock.renew,
            cpu=mock.cpu_s,
        ),
        Contestant(name="duckdb", work=lambda out: by_duckdb(leads, out), done=rows_in, prepare=lambda: tmp_path / "d"),
        title=f"mock ({store}): import and export of {leads.stat().st_size / 1e6:,.0f} MB of CSV, CPU",
        unit="rows",
        units=ROWS,
        by="cpu",
    )
    table.hold("duckdb", 0.5)


@pytest.mark.benchmark(group="mock: memory of a CSV import and export")
@pytest.mark.parametrize("mock", ["memory", "kept"], indirect=True)
def test_a_file_takes_no_memory_of_its_own(benchmark, mock, leads, tmp_path):
    """At no moment does the process hold much more than the contacts that are stored in the end."""
    csv_file(few := tmp_path / "few.csv", FEW)
    mock.upload(few)
    rows_in(mock.export(tmp_path / "first.csv"))
    mock.renew()
    before = mock.begin_peak()
    benchmark.pedantic(mock.upload, args=(leads,), rounds=1)
    peak_of_import, stored = mock.peak() - before, mock.rss() - before
    mock.begin_peak()
    assert rows_in(mock.export(tmp_path / "second.csv")) == ROWS
    peaks = {"import": peak_of_import, "export": mock.peak() - before, "stored": stored}
    benchmark.extra_info.update({name: round(peak / ROWS) for name, peak in peaks.items()} | {"unit": "bytes a row"})
    assert max(peaks.values()) <= stored * 1.1 + SPARE_BYTES, benchmark.extra_info


def by_duckdb(leads: Path, folder: Path) -> Path:
    """Parsed, given ids, kept in a database on the disk, and exported with the ids."""
    folder.mkdir(exist_ok=True)
    database, out = folder / "contacts.duckdb", folder / "export.csv"
    database.unlink(missing_ok=True)
    with duckdb.connect(database) as db:
        read = "read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
        db.execute(f"CREATE TABLE contacts AS SELECT uuid() AS id, * FROM {read}", [str(leads)])
        db.execute(f"COPY (SELECT *, {SYSTEM} FROM contacts) TO '{out}' (HEADER, FORCE_QUOTE *)")
    return out


def rows_in(exported: Path) -> int:
    """Lines after the header, all of them with every column. The file is removed."""
    with exported.open("rb") as file:
        header, lines, quotes = file.readline(), 0, 0
        while block := file.read(BLOCK_BYTES):
            lines += block.count(b"\n")
            quotes += block.count(b'"')
    exported.unlink()
    assert quotes == lines * header.count(b'"')
    return lines
