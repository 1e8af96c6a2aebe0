"""A mock org inside the process of a test.

with MockGenesys(seed=7) as org:           # on a thread of its own
async with MockGenesys(seed=7) as org:     # on the running loop
    org.url, org.client_id, org.client_secret
    org.control.faults({"op": "contacts.add", "nth": 3, "action": {"status": 503}})
    org.assert_called("contacts.add", times=4)
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from mockserver.app import create_app
from mockserver.clock import MovableClock, SystemClock
from mockserver.config import Config, ConfigError, Pace, parse_client
from mockserver.control import inspection
from mockserver.control.org_control import OrgControl
from mockserver.serving import listening, opened_orgs

_PATIENCE_S = 30.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Served:
    url: str
    controls: dict[str, OrgControl]  # by the name of the org; "" is the first


class MockGenesys:
    """An org for as long as the context lasts. Attributes are there inside the context only.

    `clients` are written as for --client, the first of them ID:SECRET. `settings` change the profile and have dotted
    names: with pace "none" jobs are done at once, unless `settings` has {"jobs.progress": "polls"}. With `strict`,
    requests that /openapi.json does not have are refused, and such answers of the mock are a 500.
    """

    def __init__(
        self,
        *,
        profile: str | Path = "default",
        port: int = 0,
        pace: Pace = "none",
        seed: int = 0,
        clients: Sequence[str] = ("mock-client:mock-secret",),
        settings: Mapping[str, Any] | None = None,
        strict: bool = False,
    ) -> None:
        self._config = Config(
            profile=str(profile),
            port=port,
            pace=pace,
            seed=seed,
            clients=tuple(parse_client(text) for text in clients),
            strictness="fail" if strict else "off",
        )
        self._settings = settings or {}
        self._served: _Served | None = None
        self._thread: _ServerThread | None = None
        self._on_this_loop = AsyncExitStack()

    @property
    def url(self) -> str:
        """Where the API and the token endpoint are: "http://127.0.0.1:PORT"."""
        return self._inside.url

    @property
    def control(self) -> OrgControl:
        return self._inside.controls[""]

    def control_of(self, org: str) -> OrgControl:
        """Of another org at the same address, which clients written ID:SECRET@ORG have. Raises KeyError."""
        return self._inside.controls[org]

    @property
    def client_id(self) -> str:
        return self._config.clients[0].id

    @property
    def client_secret(self) -> str:
        return self._config.clients[0].secret

    def assert_called(self, op: str, times: int | None = None, *, status: int | None = None) -> None:
        """Fail unless `op` was asked `times` times, at least once if no number is given; with `status`, answered so."""
        __tracebackhide__ = True
        if problem := inspection.complaint(self.control.counts(), op, times, status):
            raise AssertionError(problem)

    def assert_not_called(self, op: str) -> None:
        __tracebackhide__ = True
        self.assert_called(op, times=0)

    def assert_contacts(self, list_id: str, count: int) -> None:
        """Fail unless the list holds so many contacts."""
        __tracebackhide__ = True
        sizes = {item["id"]: item["size"] for item in self.control.state()["lists"]}
        if sizes.get(list_id) != count:
            raise AssertionError(f"expected {count} contacts in list {list_id}; the lists hold {sizes or 'nothing'}")

    def assert_faults_fired(self) -> None:
        """Fail if a fault rule has not fired as often as it was planned to, or never."""
        __tracebackhide__ = True
        if idle := [rule for rule in self.control.fired() if rule["fired"] < (rule["planned"] or 1)]:
            seen = inspection.summary(self.control.counts())
            raise AssertionError(f"these fault rules have not fired as planned: {idle}. Requests so far: {seen}")

    def __enter__(self) -> "MockGenesys":
        self._thread = _ServerThread(self._serving)
        try:
            self._served = self._thread.start()
        except BaseException:
            self._thread = None
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread is not None:
            self._thread.stop()
        self._thread = self._served = None

    async def __aenter__(self) -> "MockGenesys":
        self._served = await self._on_this_loop.enter_async_context(self._serving(lambda function: function()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._served = None
        await self._on_this_loop.aclose()

    @property
    def _inside(self) -> _Served:
        if self._served is None:
            raise ConfigError("This org is there inside `with` or `async with` only.")
        return self._served

    @asynccontextmanager
    async def _serving(self, in_turn: Callable[[Callable[[], Any]], Any]) -> AsyncIterator[_Served]:
        """The org, served on the running loop."""
        clock = MovableClock(SystemClock())
        with opened_orgs(self._config, clock) as (services, *others):
            for each in (services, *others):
                OrgControl(each, clock, lambda function: function()).profile(self._settings)
            controls = {each.org.name: OrgControl(each, clock, in_turn) for each in (services, *others)}
            app = create_app(services, others=others, strictness=self._config.strictness)
            async with listening(app, self._config.host, self._config.port) as url:
                yield _Served(url, controls)


class _ServerThread:
    """A loop on a thread of its own, which serves until it is stopped."""

    def __init__(self, serving: Callable[[Callable[[Callable[[], Any]], Any]], Any]) -> None:
        self._serving = serving
        self._started: Future[_Served] = Future()
        self._thread = threading.Thread(target=self._run, name="contactbench mock", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    def start(self) -> _Served:
        """Return when the org can be asked. Raises ConfigError if it cannot start."""
        self._thread.start()
        return self._started.result(_PATIENCE_S)

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_PATIENCE_S)

    def in_turn(self, function: Callable[[], T]) -> T:
        """What the function returns or raises, on the loop's thread."""
        if self._loop is None or threading.current_thread() is self._thread:
            return function()

        async def call() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(_PATIENCE_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self._serving(self.in_turn) as served:
            self._started.set_result(served)
            await self._stop.wait()
