"""A database whose schema somebody has altered, so that reading it would do something."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from harness.journal.schema import open_database
from mockserver.storage.log import _open as open_store

from ...end_to_end.conftest import contactbench, contactbench_in

__all__ = ["contactbench", "contactbench_in"]
ROOT = Path(__file__).parents[3]


@pytest.mark.hardening("harness-25")
@pytest.mark.parametrize("opened", [open_database, open_store], ids=["journal", "store"])
def test_a_view_that_calls_a_function(tmp_path, opened):
    """Whoever reads the view is refused before the function is called."""
    path, calls = tmp_path / "altered.sqlite", []
    opened(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE VIEW learned AS SELECT effect() AS value")
    with closing(opened(path)) as db:
        db.create_function("effect", 0, lambda: calls.append("called"))
        with pytest.raises(sqlite3.OperationalError, match="unsafe use of effect"):
            db.execute("SELECT value FROM learned").fetchall()
    assert calls == []


@pytest.mark.hardening("harness-25")
def test_every_database_is_opened_that_way():
    """Nobody else connects to one; nothing is unpickled, evaluated or loaded as YAML."""
    packages = ("harness", "mockserver", "reports", "scenarios")
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text() for each in packages for path in (ROOT / each).rglob("*.py")
    }
    connecting = {name for name, source in sources.items() if "sqlite3.connect(" in source}
    code = re.compile(r"(?<![\w.])(?:eval|exec)\(|\b(?:pickle|shelve|marshal|yaml)\.\w+\(")
    forbidden = [(name, code.findall(source)) for name, source in sources.items() if code.search(source)]
    assert (connecting, forbidden) == ({"harness/journal/schema.py", "mockserver/storage/log.py"}, [])


@pytest.mark.hardening("harness-25")
def test_a_report_leaves_the_journal_alone(contactbench, tmp_path):
    """It is drawn from run.json: a journal that cannot even be read is neither opened nor altered."""
    sample = ROOT / "reports" / "sample" / "run.json"
    (tmp_path / "run.json").write_bytes(sample.read_bytes())
    journal = tmp_path / "journal.sqlite"
    journal.write_bytes(b"no database")
    before = {path.name for path in tmp_path.iterdir()}
    ran = contactbench("report", tmp_path)
    assert ran.code == 0, ran.err
    assert (journal.read_bytes(), {path.name for path in tmp_path.iterdir()} - before) == (
        b"no database", {"report.html", "report.md"},
    )  # fmt: skip
