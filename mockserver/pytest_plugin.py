"""Fixtures for tests against a mock org: `genesys_org`, `genesys_org_async`, `genesys_org_factory`.

Loaded by pytest in every project that has contactbench installed, so it imports nothing else until a fixture is used.
"""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.in_process import MockGenesys

_FIXTURES = ("genesys_org", "genesys_org_async")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("genesys", "mock Genesys Cloud org")
    for name, metavar, default, text in (
        ("profile", "NAME|FILE", "default", "profile of the mock org"),
        ("seed", "N", "0", "seed of its ids"),
    ):
        group.addoption(f"--genesys-{name}", metavar=metavar, default=None, help=f"{text} [{default}]")
        parser.addini(f"genesys_{name}", text, default=default)
    parser.addini("genesys_strict", "refuse what /openapi.json does not have", type="bool", default=False)


@pytest.fixture(scope="session")
def genesys_org_factory(pytestconfig: pytest.Config) -> "Callable[..., MockGenesys]":
    """A function that makes a `MockGenesys` as the options say; its arguments go before them."""
    from mockserver.in_process import MockGenesys

    def make(**options: Any) -> MockGenesys:
        return MockGenesys(**(_options(pytestconfig) | options))

    return make


@pytest.fixture(scope="session")
def _genesys_server(genesys_org_factory: "Callable[..., MockGenesys]") -> "Iterator[MockGenesys]":
    with genesys_org_factory() as org:
        yield org


@pytest.fixture
def genesys_org(_genesys_server: "MockGenesys") -> "MockGenesys":
    """A running org as new. All tests share its server, which is quick; each finds it empty."""
    _genesys_server.control.reset()
    return _genesys_server


@pytest.fixture
async def genesys_org_async(genesys_org_factory: "Callable[..., MockGenesys]") -> "AsyncIterator[MockGenesys]":
    """An org of its own on the test's loop, for anyio's plugin, or pytest-asyncio's in its auto mode."""
    async with genesys_org_factory() as org:
        yield org


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test what its org was asked last."""
    report = yield
    if report.failed and call.when == "call":
        for name in _FIXTURES:
            org = getattr(item, "funcargs", {}).get(name)
            if org is not None:
                report.sections.append(("requests to the mock org", _last_requests(org)))
    return report


def _options(config: pytest.Config) -> dict[str, Any]:
    profile = config.getoption("--genesys-profile") or config.getini("genesys_profile")
    seed = config.getoption("--genesys-seed") or config.getini("genesys_seed")
    if not str(seed).isdecimal():
        raise pytest.UsageError(f"the seed of the mock org must be a whole number, not {seed!r}")
    return {"profile": profile, "seed": int(seed), "strict": config.getini("genesys_strict")}


def _last_requests(org: "MockGenesys") -> str:
    from mockserver.control.inspection import newest

    try:
        return newest(org.control.journal()) or "none"
    except Exception as error:  # the org may be gone already, and the test's own failure matters more
        return f"unknown: {error}"
