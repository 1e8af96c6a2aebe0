from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.compare import Comparison, compare
from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.strategies import MAIN
from tests.end_to_end.processes import Mock

from .side_by_side import Table, side_by_side

TABLES = pytest.StashKey[list[Table]]()
HEADER = ("strategy", "seconds", "contacts/s", "requests", "MB moved", "virtual s")
FORMAT = "{:<20}{:>10}{:>12}{:>10}{:>10}{:>11}"


@dataclass(frozen=True)
class Row:
    strategy: str
    seconds: float  # median
    contacts_per_s: float
    requests: int
    bytes: int  # of bodies, both ways
    virtual_s: float  # the same leads under the default profile

    def __str__(self) -> str:
        figures = (f"{self.contacts_per_s:,.0f}", self.requests, f"{self.bytes / 1e6:,.1f}", f"{self.virtual_s:,.1f}")
        return FORMAT.format(self.strategy, f"{self.seconds:.2f}", *figures)


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
def virtual_durations(tmp_path_factory) -> Callable[[Path], dict[str, float]]:
    """A function: the virtual seconds that each main strategy takes for a file; each file is run once."""
    known: dict[Path, dict[str, float]] = {}

    def durations(leads: Path) -> dict[str, float]:
        if leads not in known:
            out = tmp_path_factory.mktemp("virtual")
            order = Comparison(leads=leads, strategies=MAIN, pace="virtual", profile="default", seed=1, out=out)
            known[leads] = {e["strategy"]: e["duration_s"] for e in compare(order, _quiet)["strategies"]}
        return known[leads]

    return durations


@pytest.fixture(scope="session")
def mock(tmp_path_factory) -> Iterator[Mock]:
    """A mock in a process of its own that neither waits nor limits."""
    started = Mock(tmp_path_factory.mktemp("mock"), "--pace", "none", "--seed", "1")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[list[Row]]:
    """Figures to be printed side by side when the module has ended."""
    found: list[Row] = []
    yield found
    plugin: Any = request.config.pluginmanager.get_plugin
    with plugin("capturemanager").global_and_fixture_disabled():
        for line in ("\n", FORMAT.format(*HEADER), *map(str, found)):
            plugin("terminalreporter").write_line(line)


def _quiet(line: str) -> None:
    del line


@pytest.fixture
def race(request: pytest.FixtureRequest, benchmark) -> Callable[..., Table]:
    """`side_by_side` with the benchmark of this test; its table is printed when all tests have ended."""

    def run(*contestants: Any, **about: Any) -> Table:
        table = side_by_side(contestants, benchmark, **about)
        request.config.stash.setdefault(TABLES, []).append(table)
        return table

    return run


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for table in config.stash.get(TABLES, []):
        for line in ("", *table.lines()):
            terminalreporter.write_line(line)
