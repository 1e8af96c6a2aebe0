"""DuckDB and the names of files: each file is itself, whatever it and its folders are called."""

import re
from pathlib import Path

import pytest

from harness.errors import Refused
from harness.files.duckdb_files import (
    CSV,
    LONGEST_LINE,
    MOST_COLUMNS,
    PARQUET,
    copy_to,
    csv_header,
    csv_table,
    database,
    parquet_table,
)

NAMES = [
    "q[3]",
    "[!a]",
    "[a-z]",
    "]",
    "what?",
    "all*",
    "**",
    "{a,b}",
    "back\\slash",
    "back\\[1]*?",
    "bytes \udce9",
    "lead_id=7",
    'o\'clock "now"',
    "line\nend",
    "~",
    "s3:",
    "file:",
    "x.csv.gz",
    "-rf $HOME %20 #1 ;&,",
]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_is_read_and_written_under_its_own_name(tmp_path, name):
    """Its twin, which the name as a pattern would find, is left alone; so are the names of folders."""
    folder = tmp_path / name
    for other in (tmp_path / "q3", tmp_path / "whatX", tmp_path / "all of it"):
        other.mkdir()
        (other / "leads.csv").write_text("lead_id\nother\n")
    folder.mkdir()
    (folder / "leads.csv").write_text("lead_id\nL1\n")
    with database(folder) as db:
        db.execute(copy_to(folder / "copy.parquet", f"FROM {csv_table(folder / 'leads.csv')}", PARQUET))
        db.execute(copy_to(folder / "copy.csv", f"FROM {parquet_table(folder / 'copy.parquet')}", CSV))
        assert db.execute(f"FROM {csv_table(folder / 'copy.csv')}").fetchall() == [("L1",)]
        columns = [
            column for column, *_ in db.execute(f"DESCRIBE FROM {parquet_table(folder / 'copy.parquet')}").fetchall()
        ]
    assert columns == ["lead_id"]
    assert sorted(path.name for path in folder.iterdir()) == ["copy.csv", "copy.parquet", "leads.csv"]


def test_a_relative_name_is_no_home_and_no_address(tmp_path, monkeypatch):
    """A folder called ~ or s3: is one, also where the name begins with it."""
    monkeypatch.chdir(tmp_path)
    for name in ("~", "s3:", "file:"):
        Path(name).mkdir()
        (Path(name) / "leads.csv").write_text(f"lead_id\n{name}\n")
        with database(Path(name)) as db:
            assert db.execute(f"FROM {csv_table(Path(name) / 'leads.csv')}").fetchall() == [(name,)]


@pytest.mark.parametrize("name", ["q[3]", "back\\slash", "a'b"])
def test_what_does_not_fit_in_memory_goes_beside_the_files(tmp_path, name):
    """More than the budget is sorted, in a folder whose name DuckDB itself would misread."""
    folder = tmp_path / name
    folder.mkdir()
    with database(folder) as db:
        db.execute("SET memory_limit = '30MB'")
        db.execute("CREATE TEMP TABLE big AS SELECT md5(range::VARCHAR) AS text FROM range(2_000_000)")
        assert list((folder / "spill").iterdir())
        assert db.execute("SELECT count(*) FROM big").fetchone() == (2_000_000,)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_no_other_module_names_a_file_to_duckdb():
    """A path within a query of its own would be a pattern again."""
    naming = re.compile(r"(FROM|JOIN) read_|read_parquet|read_csv|\bCOPY \(|\bATTACH '|\bTO \$|\bTO \{literal")
    allowed = {
        "harness/files/duckdb_files.py",
        "harness/leads/duplicates.py",
    }  # the latter reads columns without a header
    found = {
        str(path.relative_to(ROOT))
        for package in ("harness", "mockserver", "reports", "scenarios")
        for path in (ROOT / package).rglob("*.py")
        if naming.search(path.read_text())
    }
    assert found <= allowed


@pytest.mark.hardening("harness-8")
@pytest.mark.parametrize(
    "piece", ["a,", '"\n",', '"\n"'], ids=["columns without end", "over many lines", "one cell without end"]
)
def test_a_header_without_end(tmp_path, piece):
    """Exit 6 BAD_FILE: it is read no further than a line may be long, and nothing beyond that is looked at."""
    path = tmp_path / "export.csv"
    path.write_text(piece * (2 * LONGEST_LINE // len(piece)))
    with path.open("ab") as file:
        file.truncate(2**31)  # no more on the disk than before
    with pytest.raises(Refused, match="BAD_FILE"):
        csv_header(path)


@pytest.mark.hardening("harness-8")
def test_a_row_without_end(tmp_path):
    """Exit 6 BAD_FILE, however many lines one quoted cell goes over."""
    path = tmp_path / "export.csv"
    path.write_text('lead_id,note\n1,"' + "x\n" * LONGEST_LINE)
    with pytest.raises(Refused, match="BAD_FILE"), database(tmp_path) as db:
        db.execute(f"SELECT count(*) FROM {csv_table(path)}").fetchall()


def test_as_many_columns_as_a_file_may_have(tmp_path):
    (tmp_path / "export.csv").write_text(",".join(map(str, range(MOST_COLUMNS))) + "\n")
    assert len(csv_header(tmp_path / "export.csv")) == MOST_COLUMNS
