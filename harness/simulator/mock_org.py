"""A mock org for a run: in this process on virtual time, or a server process of its own on real time.

The only place where the harness knows the mock: the twin is the mock.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from mockserver.loaded_profile import LoadedProfile as LoadedProfile
from mockserver.loaded_profile import ProfileError, flat, load
from mockserver.loaded_profile import not_probed as not_probed

from ..client.target import Target
from ..errors import RunError, UsageError

if TYPE_CHECKING:
    from mockserver.services import Services


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
async def serve_in_process(profile: LoadedProfile, seed: int) -> AsyncIterator[tuple[Target, "Services"]]:
    """An org on the running loop, and the Unix socket it is reached by. On a virtual loop it lives in virtual time.

    A server is only loaded where one begins.
    """
    from aiohttp import web

    from mockserver.app import create_app
    from mockserver.clock import LoopClock
    from mockserver.config import DEFAULT_CLIENTS
    from mockserver.services import create_services
    from mockserver.storage.memory_store import MemoryStore

    with tempfile.TemporaryDirectory(prefix="contactbench-") as folder:
        services = create_services(
            store=MemoryStore(),
            clock=LoopClock(asyncio.get_running_loop(), EPOCH),
            profile=profile,
            spool=Path(folder),
            clients=list(DEFAULT_CLIENTS),
            seed=seed,
        )
        runner = web.AppRunner(create_app(services), access_log=None, keepalive_timeout=3600.0)
        await runner.setup()
        try:
            socket = Path(folder) / "org"
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
                [sys.executable, "-m", f"{__package__}.mock_process", *arguments, "--ready-file", str(file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
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
