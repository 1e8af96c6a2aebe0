"""An hour of uploads and other requests, 300 a minute, one in twenty met by a fault: nothing grows (tox -e soak)."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.end_to_end.processes import environment

from .mixed_requests import MixedRequests

SECONDS = float(os.environ.get("CONTACTBENCH_SOAK_SECONDS", "3600"))
WARM_UP_S = min(600.0, SECONDS / 4)
MOST_MB_IN_10_MINUTES = 1.0
LEADS = 2_000  # of an upload
PAUSE_S = 0.55  # between the other requests
SAMPLES_A_MINUTE = 30
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.full, pytest.mark.timeout(0)]


@dataclass(frozen=True)
class Minute:
    """Of one process. Descriptors, threads and tasks are the fewest of the minute: what work in progress has is not."""

    minute: float
    mb: float  # resident, at its end
    descriptors: int
    threads: int
    tasks: int


class Watched:
    """A process that is looked at."""

    def __init__(self, name: str, folder: Path, *program: object) -> None:
        self._tasks, self._log = folder / f"{name}.tasks", folder / f"{name}.log"
        command = [sys.executable, "-m", "tests.soak.watched", self._tasks, *program]
        with self._log.open("w") as log:
            self.process = subprocess.Popen([*map(str, command)], cwd=ROOT, env=environment(), stdout=log, stderr=log)
        self.minutes: list[Minute] = []

    def sample(self) -> tuple[float, int, int, int]:
        proc = Path("/proc", str(self.process.pid))
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        mb, threads = int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"])
        tasks = int(self._tasks.read_text()) if self._tasks.exists() else 0
        return mb, len(list((proc / "fd").iterdir())), threads, tasks

    def log(self) -> str:
        return self._log.read_text()

    def end(self) -> None:
        """By SIGKILL: an upload that is told to stop ends, and the next one begins."""
        self.process.kill()
        self.process.wait()


@contextmanager
def ended(*processes: Watched) -> Iterator[None]:
    try:
        yield
    finally:
        for each in processes:
            each.end()


def slope(minutes: Sequence[Minute]) -> float:
    """MB in 10 minutes, after the warm-up."""
    steady = [each for each in minutes if each.minute * 60 > WARM_UP_S]
    return 10 * statistics.linear_regression([each.minute for each in steady], [each.mb for each in steady]).slope


def growth(minutes: Sequence[Minute], what: str) -> float:
    """Of descriptors, threads or tasks: the last third's median over the first one's after the warm-up."""
    steady = [getattr(each, what) for each in minutes if each.minute * 60 > WARM_UP_S]
    third = max(1, len(steady) // 3)
    return statistics.median(steady[-third:]) - statistics.median(steady[:third])


def test_nothing_grows(tmp_path, capsys):
    """RSS of mock and harness by less than 1 MB in 10 minutes, descriptors, threads and tasks not at all."""

    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    ready = tmp_path / "ready.json"
    mock = Watched("mock", tmp_path, "mockserver", "--port", 0, "--profile", "troubled", "--ready-file", ready)
    with ended(mock):
        while not ready.exists():
            assert mock.process.poll() is None, mock.log()
            time.sleep(0.1)
        there = json.loads(ready.read_text())
        harness = Watched("harness", tmp_path, "tests.soak.uploads", there["url"], tmp_path, LEADS)
        others = MixedRequests(there["url"], (there["client_id"], there["client_secret"]), PAUSE_S)
        asking = threading.Thread(target=others.run)
        with ended(harness):
            asking.start()
            try:
                watch([mock, harness], tell)
            finally:
                others.stop.set()
                asking.join()
        uploads = [json.loads(line) for line in harness.log().splitlines() if line.startswith("[")]
        tell(f"{len(uploads)} uploads, {others.sent} other requests; exit codes {[each[1:3] for each in uploads]}")
    assert uploads
    assert {each[step][-1] for each in uploads for step in (1, 2)} == {0}
    for each in (mock, harness):
        assert slope(each.minutes) < MOST_MB_IN_10_MINUTES
        assert max(growth(each.minutes, what) for what in ("descriptors", "threads", "tasks")) <= 0


def watch(processes: Sequence[Watched], tell: Callable[[str], None]) -> None:
    """Look at them until the time is over; a line a minute."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < SECONDS:
        samples: list[list[tuple[float, int, int, int]]] = [[] for _ in processes]
        for _ in range(SAMPLES_A_MINUTE):
            time.sleep(min(60.0, SECONDS / 12) / SAMPLES_A_MINUTE)
            for process, of_process in zip(processes, samples, strict=True):
                of_process.append(process.sample())
        passed = time.monotonic() - began
        for process, of_process in zip(processes, samples, strict=True):
            fewest = [min(each[at] for each in of_process) for at in (1, 2, 3)]
            process.minutes.append(Minute(round(passed / 60, 2), of_process[-1][0], *fewest))
        tell("  ".join(str(asdict(process.minutes[-1])) for process in processes))
