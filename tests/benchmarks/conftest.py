from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.leads.synthetic import SyntheticLeads, write_csv
from tests.end_to_end.processes import Mock

from .side_by_side import Table, side_by_side

TOLD = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def leads_file(tmp_path_factory) -> Callable[[int], Path]:
    """A function: a file of so many invented leads."""
    folder = tmp_path_factory.mktemp("leads")

    def made(count: int) -> Path:
        path = folder / f"{count}.csv"
        if not path.exists():
            write_csv(SyntheticLeads(count, seed=1), path)
        return path

    return made


@pytest.fixture(scope="session")
def mock(tmp_path_factory) -> Iterator[Mock]:
    """A mock in a process of its own that neither waits nor limits."""
    started = Mock(tmp_path_factory.mktemp("mock"), "--pace", "none", "--seed", "1")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Callable[[list[str]], None]:
    """A function: lines to be printed when all tests have ended."""
    told = request.config.stash.setdefault(TOLD, [])
    return lambda lines: told.extend(["", *lines])


@pytest.fixture
def race(benchmark, tell) -> Callable[..., Table]:
    """`side_by_side` with the benchmark of this test; its table is printed."""

    def run(*contestants: Any, **about: Any) -> Table:
        table = side_by_side(contestants, benchmark, **about)
        tell(table.lines())
        return table

    return run


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash.get(TOLD, []):
        terminalreporter.write_line(line)
