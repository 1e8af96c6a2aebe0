"""Who may import whom, and what a start must not cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATCHING = {"locust", "gevent", "geventhttpclient"}  # importing them changes the process
HEAVY = {"locust", "gevent", "duckdb", "httpx", "aiohttp", "numpy", "altair", "jinja2"}
CORE = [
    "domain",
    "flow",
    *(f"api/{path.stem}" for path in (ROOT / "harness/api").glob("*.py")),
    "errors",
    "events",
    "retry",
    "oauth",
    "load/budget",
    *(f"strategies/{path.stem}" for path in (ROOT / "harness/strategies").glob("*.py")),
]
MODULES = [path for package in ("harness", "mockserver", "reports") for path in (ROOT / package).rglob("*.py")]


def imported(path):
    """Top-level names of what a module imports from outside its package, wherever in it the import stands."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_but_the_load_test_imports_locust(path):
    """Its import patches sockets, threads and clocks of the whole process."""
    if ROOT / "harness/locust_driver" not in path.parents:
        assert not imported(path) & PATCHING


@pytest.mark.parametrize("module", sorted(CORE))
def test_the_core_does_no_io(module):
    """No client, no loop, no clock: they are given to it."""
    outside = imported(ROOT / f"harness/{module}.py")
    assert not outside & {
        "httpx",
        "aiohttp",
        "asyncio",
        "time",
        "datetime",
        "socket",
        "sqlite3",
        "duckdb",
        "mockserver",
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_harness_and_mock_meet_on_the_wire(path):
    """Only the twin, which is the mock, knows both."""
    package, *inner = path.relative_to(ROOT).parts
    if package == "mockserver":
        assert not imported(path) & {"harness", "reports", "scenarios"}
    elif package == "harness" and inner[0] != "twin":
        assert "mockserver" not in imported(path)


@pytest.mark.parametrize("module", ["harness.cli", "mockserver"])
def test_a_start_is_quick(module):
    """Asking for help loads no client, no server, no database."""
    program = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert module.split(".")[0] in loaded
    assert not HEAVY & set(loaded)
