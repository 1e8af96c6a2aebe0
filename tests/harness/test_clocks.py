"""Which clocks the harness reads."""

import ast
from pathlib import Path

import harness

ROOT = Path(harness.__file__).parent
WALL = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime"}
WALL |= {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.fromtimestamp"}
# Names of a run and of a profile's source; the date of a file in a message; the time column of Locust's own CSV files.
NAMES_ONLY = {
    ("runs/prepare.py", "datetime.now"),
    ("cli/experiments.py", "datetime.now"),
    ("files/regular_file.py", "datetime.fromtimestamp"),
    ("locust_driver/web.py", "time.time"),
}


def called(path):
    """The dotted names of what a module calls."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def test_nothing_is_counted_by_the_wall_clock():
    """It may jump or be wrong by a year: it is used for names, in UTC, never to measure or compare times."""
    found = {(str(path.relative_to(ROOT)), name) for path in ROOT.rglob("*.py") for name in called(path) & WALL}
    assert found == NAMES_ONLY
