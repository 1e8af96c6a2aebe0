import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from harness.leads.synthetic import SyntheticLeads, write_csv

from .processes import TIMEOUT_S, Mock, Ran, ended, start


@pytest.fixture(scope="session")
def fast_mock(tmp_path_factory) -> Iterator[Mock]:
    """One mock without limits and latencies for all tests that change no setting."""
    mock = Mock(tmp_path_factory.mktemp("mock"), "--pace", "none", "--seed", "1")
    yield mock
    mock.stop()


@pytest.fixture
def mock(fast_mock) -> Mock:
    """An empty org without limits and latencies."""
    fast_mock.reset()
    return fast_mock


@pytest.fixture
def start_mock(tmp_path) -> Iterator[Callable[..., Mock]]:
    """A function: a mock of the test's own, with the options given."""
    mocks: list[Mock] = []

    def started(*options: str) -> Mock:
        mocks.append(Mock(tmp_path / f"mock-{len(mocks)}", *options))
        return mocks[-1]

    yield started
    for one in mocks:
        one.stop()


@pytest.fixture(scope="session")
def contactbench_in() -> Callable[..., Ran]:
    """A function: `contactbench` with the arguments given, to its end, in the folder given."""

    def ran(folder: Path, *arguments: object, timeout_s: float = TIMEOUT_S, **environ: str) -> Ran:
        return ended(start([str(argument) for argument in arguments], folder, **environ), timeout_s)

    return ran


@pytest.fixture
def contactbench(contactbench_in, tmp_path) -> Callable[..., Ran]:
    """A function: `contactbench` with the arguments given, to its end, in a folder of the test's own."""
    return partial(contactbench_in, tmp_path)


@pytest.fixture
def make_leads(tmp_path) -> Callable[[int], Path]:
    """A function: a file of so many invented leads."""
    numbers = itertools.count()

    def made(count: int) -> Path:
        path = tmp_path / f"leads-{next(numbers)}.csv"
        write_csv(SyntheticLeads(count, seed=1), path)
        return path

    return made


@pytest.fixture
def upload_of(tmp_path) -> Callable[..., list[str]]:
    """A function: the arguments of an upload into the folder `run`."""

    def arguments(leads: Path, strategy: str, url: str, *more: object) -> list[str]:
        fixed = ["--leads", leads, "--lead-id", "Lead ID", "--phone", "Phone", "--target", url, "--strategy", strategy]
        return ["upload", *map(str, [*fixed, "--run", tmp_path / "run", "--json", *more])]

    return arguments
