from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.leads.synthetic import SyntheticLeads, write_csv

from ...end_to_end.processes import Mock
from .case import Case
from .processes import ForkServer, MortalMock
from .sizes import BATCH, LEADS
from .tally import Tally

TALLY = Tally()


@pytest.fixture(scope="session")
def tally() -> Tally:
    """What the suite has seen; told at the end of the session."""
    return TALLY


def pytest_terminal_summary(terminalreporter) -> None:
    for line in TALLY.lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    one = ForkServer()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def fast_mock(tmp_path_factory) -> Iterator[Mock]:
    """One mock without limits and latencies for all tests that do not kill it."""
    mock = Mock(tmp_path_factory.mktemp("mock"), "--pace", "none", "--seed", "1")
    yield mock
    mock.stop()


@pytest.fixture
def mock(fast_mock) -> Mock:
    """An empty org, with the luck of its first day."""
    fast_mock.reset()
    return fast_mock


@pytest.fixture
def mortal_mock(fork_server, tmp_path) -> Iterator[MortalMock]:
    """A mock with a store on the disk, that may be killed and started again."""
    mock = MortalMock(fork_server, tmp_path / "mock", "--pace", "none", "--store", str(tmp_path / "store"))
    yield mock
    mock.stop()


@pytest.fixture(scope="session")
def leads_of(tmp_path_factory) -> Callable[[int], Path]:
    """A function: a file of so many invented leads."""
    folder = tmp_path_factory.mktemp("leads")

    def made(count: int) -> Path:
        path = folder / f"{count}.csv"
        if not path.exists():
            write_csv(SyntheticLeads(count, seed=1), path)
        return path

    return made


@pytest.fixture
def case_of(fork_server, mock, tmp_path, leads_of) -> Callable[..., Case]:
    """A function: a case of the strategy, in a folder of its own."""
    made = []

    def case(strategy: str, leads: int = LEADS, batch: int = BATCH, **more) -> Case:
        folder = tmp_path / f"case-{len(made)}"
        folder.mkdir()
        made.append(Case(fork_server, more.pop("mock", mock), folder, leads_of(leads), strategy, batch, **more))
        return made[-1]

    return case
