"""What a forked process does, told as JSON. It ends with the exit code of the command, or is killed on the way."""

import asyncio
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from harness.cli.output import exit_with, progress, report_errors
from harness.client.oauth import MOCK_CREDENTIALS
from harness.flow import AsyncFlowDriver, Call, Reply, Wait
from harness.runs.asyncio_runner import complete
from harness.runs.prepare import UploadOrder, prepare, upload
from harness.runs.run_document import complaint
from harness.strategies.job import Settings
from mockserver.__main__ import main as serve

from ..faults.naive import BLIND

LOADED_LATE = (  # what the commands import only when they need it: a child must not spend its time on that
    "anyio._backends._asyncio",
    "concurrent.futures.thread",
    "duckdb",
    "encodings.utf_8_sig",
    "harness.runs.cleanup",
    "mockserver.serving",
    "mockserver.serving",
    "mockserver.storage.durable_store",
    "numpy.ma",
)
for module in LOADED_LATE:
    import_module(module)


def uploading(
    order: dict[str, Any],
    settings: dict[str, Any],
    die: tuple[str, int, str] | None = None,
    steps: str = "",
    blind: bool = False,
    room: int = 0,
    traced: bool = False,
) -> int:
    """The upload `order`, to its end.

    `die`: at the n-th step of this name, before or after it. `steps`: a file that is told the name of each step.
    `blind`: whatever has no acknowledgement is sent again, and nothing is proved. `room`: bytes that the process may
    take beyond those it has. `traced`: stop and wait until whoever traces the process lets it go on.
    """
    if room:
        resource.setrlimit(resource.RLIMIT_AS, (_taken() + room, resource.RLIM_INFINITY))
    if traced:
        os.kill(os.getpid(), signal.SIGSTOP)
    given = UploadOrder(
        **{**order, "leads": Path(order["leads"]), "folder": Path(order["folder"])},
        credentials=MOCK_CREDENTIALS,
        settings=Settings(**settings),
    )
    try:
        with report_errors(as_json=False):
            whole = die is None and not steps and not blind
            document = upload(given, progress) if whole else _watched(given, die, steps, blind=blind)
            exit_with(complaint(document))
    except typer.Exit as done:
        return done.exit_code
    return 0


def serving(arguments: list[str]) -> int:
    return serve(arguments)


def _watched(given: UploadOrder, die: tuple[str, int, str] | None, steps: str, *, blind: bool) -> dict[str, Any]:
    """The same upload through a driver that may end it."""
    ready = prepare(given, progress)
    plan = replace(ready.plan, strategy=BLIND) if blind else ready.plan

    def around(driver: AsyncFlowDriver) -> AsyncFlowDriver:
        return MortalShell(driver, *(die or ("", 0, "")), Path(steps) if steps else None)

    return ready.write_document(asyncio.run(complete(plan, ready.target, given.credentials, ready.folder, around)), 0.0)


@dataclass
class MortalShell:
    """Takes steps until the one at which the process is killed, by itself and for good."""

    driver: AsyncFlowDriver
    name: str
    nth: int  # of that name
    moment: str  # before or after it
    steps: Path | None
    seen: int = 0

    async def send(self, call: Call) -> Reply:
        return await self._step(call.op, lambda: self.driver.send(call))

    async def save(self, event: Any) -> None:
        await self._step(type(event).__name__, lambda: self.driver.save(event))

    async def work(self, function: Callable[[], Any]) -> Any:
        return await self._step(".".join(function.__code__.co_names), lambda: self.driver.work(function))

    async def sleep(self, wait: Wait) -> None:
        await self.driver.sleep(wait)

    async def _step(self, name: str, step: Callable[[], Any]) -> Any:
        if self.steps:
            with self.steps.open("a") as file:
                file.write(f"{name}\n")
        self.seen += name == self.name
        here = name == self.name and self.seen == self.nth
        if here and self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = await step()
        if here and self.moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome


def _taken() -> int:
    """Bytes of the process's address space."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
