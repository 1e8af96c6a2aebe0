"""Locust replaces sockets and locks in its whole process, so each test runs it in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90.0


@dataclass
class Mock:
    """A mock org that listens on this machine."""

    url: str
    control: httpx.Client
    process: "subprocess.Popen[bytes]"


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Mock]:
    """A mock in a process of its own, on a free port."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--ready-file", str(ready), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(ready.exists)
        told = json.loads(ready.read_text())
        headers = {"Authorization": f"Bearer {told['control_token']}"}
        with httpx.Client(base_url=told["control_url"], headers=headers) as control:
            yield Mock(told["url"], control, process)
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def _shared(tmp_path_factory) -> Iterator[Mock]:
    with serving(tmp_path_factory.mktemp("mock"), "--pace", "none") as served:
        yield served


@pytest.fixture
def mock(_shared: Mock) -> Mock:
    """An org without limits and latencies, as empty as at its start."""
    _shared.control.post("/reset").raise_for_status()
    return _shared


@dataclass
class Locust:
    """Starts scenarios without the web UI, each run in a folder below `folder`."""

    folder: Path

    def start(self, scenario: str, *options: str, **environment: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "locust", "-f", str(ROOT / "scenarios" / f"{scenario}.py"), *options]
        return subprocess.Popen(
            [*command, "--run-dir", str(self.run_dir(scenario))],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, scenario: str, *options: str, patience_s: float = PATIENCE_S, **environment: str) -> tuple[int, str]:
        """The exit code, and all that was printed."""
        with self.start(scenario, "--headless", "-u", "4", "-r", "4", *options, **environment) as process:
            try:
                printed, _ = process.communicate(timeout=patience_s)
            finally:
                process.kill()
        return process.returncode, printed

    def run_dir(self, scenario: str) -> Path:
        return self.folder / scenario


@pytest.fixture
def locust(tmp_path) -> Locust:
    return Locust(tmp_path)
