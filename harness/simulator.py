"""A mock org for a run: in this process on virtual time, or a server process of its own on real time.

On virtual time, client and server run in one process on real sockets, on a loop whose clock jumps to the next timer
whenever no I/O is ready: a minute of rate-limit waiting costs nothing, and the order of events depends on the program
alone. Work for an executor runs inline: it takes no virtual time, and no thread can finish sooner or later than in the
run before.

`python -m harness.simulator` is the server process. It lives as long as the process that started it, which holds the
other end of its standard input: that closes however the process ends, SIGKILL included.
"""

import asyncio
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar

from mockserver.loaded_profile import LoadedProfile as LoadedProfile
from mockserver.loaded_profile import ProfileError, flat, load
from mockserver.loaded_profile import not_probed as not_probed

from .client.secret_sources import environment_of_children
from .client.target import Target
from .errors import RunError, UsageError

if TYPE_CHECKING:
    from typer.core import TyperCommand

    from mockserver.services import Services
    from mockserver.storage import Store


EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z: the moment at which every virtual run begins
START_TIMEOUT_S = 60.0  # a machine may have other work


def load_profile(profile: str) -> LoadedProfile:
    """The profile of that name or file. Raises UsageError."""
    try:
        return load(profile)
    except ProfileError as error:
        raise UsageError("BAD_PROFILE", f"{error}.") from None


def settings(profile: LoadedProfile) -> dict[str, dict[str, Any]]:
    """Every setting in force with its source, for the report."""
    values = flat(profile.profile)
    return {name: {"value": value, "source": profile.sources.get(name, "")} for name, value in values.items()}


@asynccontextmanager
async def serve_in_process(
    profile: LoadedProfile, seed: int, store: "Store | None" = None
) -> AsyncIterator[tuple[Target, "Services"]]:
    """An org on the running loop, and the Unix socket it is reached by. On a virtual loop it lives in virtual time.

    `store`: what it holds already; closed at the end. A server is only loaded where one begins.
    """
    from aiohttp import web

    from mockserver.app import create_app
    from mockserver.clock import LoopClock
    from mockserver.config import DEFAULT_CLIENTS
    from mockserver.services import create_services
    from mockserver.storage.memory_store import MemoryStore
    from mockserver.storage.spool import spool_folder

    loop = asyncio.get_running_loop()
    with spool_folder() as folder:
        services = create_services(
            store=store or MemoryStore(),
            clock=LoopClock(loop, EPOCH + loop.time() if store else EPOCH),  # what is kept has a past
            profile=profile,
            spool=folder,
            clients=list(DEFAULT_CLIENTS),
            seed=seed,
        )
        runner = web.AppRunner(create_app(services), access_log=None, keepalive_timeout=3600.0)
        await runner.setup()
        try:
            socket = folder / "org"
            await web.UnixSite(runner, str(socket)).start()
            yield Target.one_host("http://localhost", socket), services
        finally:
            await runner.cleanup()
            services.org.store.close()


@contextmanager
def in_subprocess(profile: str, seed: int, pace: Literal["real", "none"]) -> Iterator[Target]:
    """An org in a process of its own, on a free port, for as long as the context lasts."""
    with start_process(profile, seed, pace) as ready:
        yield Target.one_host(ready["url"])


@contextmanager
def start_process(profile: str, seed: int, pace: Literal["real", "none"]) -> Iterator[dict[str, str]]:
    """The same: what its ready file says. It ends with this process, even a killed one, but not by its Ctrl-C."""
    options = {"--port": 0, "--profile": profile, "--seed": seed, "--pace": pace}
    arguments = [str(word) for option in options.items() for word in option]
    with tempfile.TemporaryFile("w+") as complaints:
        with tempfile.TemporaryDirectory(prefix="contactbench-") as folder:
            file = Path(folder) / "ready.json"
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "harness.simulator", *arguments, "--ready-file", str(file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                env=environment_of_children(),
                start_new_session=True,
            )
            try:
                ready = _ready(process, file, complaints)
            except BaseException:
                process.kill()
                process.wait()
                raise
        try:
            yield ready
        finally:
            process.terminate()
            process.communicate(timeout=START_TIMEOUT_S)


def _ready(process: "subprocess.Popen[bytes]", file: Path, complaints: IO[str]) -> dict[str, str]:
    ends = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < ends and process.poll() is None:
        if file.exists():
            return dict(json.loads(file.read_text()))
        time.sleep(0.02)
    complaints.seek(0)
    complaint = complaints.read().strip() if process.poll() is not None else "it does not answer"
    raise RunError("MOCK_NOT_STARTED", f"the mock did not start: {complaint}")


# Virtual time.


T = TypeVar("T")


class DeadlockError(RuntimeError):
    """Nothing is ready and no timer is set: real time would wait for ever."""


class _VirtualSelector(selectors.DefaultSelector):
    """Answers `select` at once: with what is ready, or by moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0  # s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise DeadlockError("no I/O is ready and no timer is set")
        self.now += max(timeout, 0.0)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now

    def suspend(self, seconds: float) -> None:
        """Time passes, and nothing of this process runs meanwhile: whatever was due then is due at once."""
        self._virtual.now += seconds

    def run_in_executor(  # type: ignore[override]  # the base spells the arguments with a TypeVarTuple
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 the base's
        """Nothing was ever given to it."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its result in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


# The mock as a process: `contactbench mock`, and the one that a command starts for itself.


def serve(arguments: Sequence[str], style: "type[TyperCommand]") -> int:
    """Serve until told to stop; the exit code. `style`: of its help."""
    from mockserver.__main__ import main

    return main(arguments, "contactbench mock", style)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    from mockserver.__main__ import main

    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(main(sys.argv[1:]))
