"""A Locust master and its workers as processes of their own, and what an operator may do to them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.leads.synthetic import SyntheticLeads, write_csv

from ... import oracle
from ...end_to_end.processes import Mock, environment

ROOT = Path(__file__).parents[3]
PATIENCE_S = 120.0
USERS = 2  # of a worker
LONG_S, QUIET_S = 8.0, 3.0  # for an answer; without one
Within = Sequence[str]  # what a command is prefixed with: a network namespace, or nothing


@dataclass
class Swarm:
    """One run by `strategy`, its mock, its master and its workers."""

    mock: Mock
    folder: Path
    strategy: str = "batch_api"
    leads: int = 6000
    workers: list["subprocess.Popen[str]"] = field(default_factory=list)
    master: "subprocess.Popen[str] | None" = None
    port: int = 0

    @property
    def run_dir(self) -> Path:
        return self.folder / "run"

    @property
    def input(self) -> Path:
        path = self.folder / "leads.csv"
        if not path.exists():
            write_csv(SyntheticLeads(self.leads, seed=1), path)
        return path

    def start(self, workers: int, *options: str, workers_on: Sequence[tuple[Within, str]] = ()) -> None:
        """`workers_on`: what each worker's command begins with, and where it finds the master."""
        self.port = _free_port()
        leads = ["--leads", str(self.input), "--lead-id", "Lead ID", "--phone", "Phone"]
        where = ["--host", self.mock.url, "--run-dir", str(self.run_dir), "--quiet-period", "2", *leads]
        expect = ["--master", "--master-bind-port", str(self.port), "--expect-workers", str(workers)]
        expect += ["--master-bind-host", "*"] if workers_on else []
        self.master = self._locust((), *expect, "--headless", "-u", str(USERS * workers), "-r", "99", *where, *options)
        for within, host in workers_on or [((), "127.0.0.1")] * workers:
            self.workers.append(
                self._locust(within, "--worker", "--master-host", host, "--master-port", str(self.port))
            )

    def until_sent(self, requests: int) -> None:
        """Wait until the org was sent so many batches."""
        self.until(lambda: self.mock.count("contacts.add") >= requests)

    def until_all_wait(self) -> None:
        """Wait until every user of every worker is in the middle of a batch: it is stored, and not answered yet."""
        slow(self.mock, LONG_S)
        answered, since = -1, time.monotonic()

        def nothing_comes() -> bool:
            nonlocal answered, since
            if (now := self.mock.count("contacts.add")) != answered:
                answered, since = now, time.monotonic()
            return time.monotonic() - since > QUIET_S

        self.until(nothing_comes)
        slow(self.mock, 0.1)

    def until(self, condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.master is not None
            assert self.master.poll() is None, self.master.communicate()[0]
            assert time.monotonic() < ends, "it did not happen"
            time.sleep(0.02)

    def ended(self) -> tuple[int, str]:
        """The master's exit code and all it printed."""
        assert self.master is not None
        printed, _ = self.master.communicate(timeout=10 * PATIENCE_S)
        return self.master.returncode, printed

    def entry(self) -> dict[str, Any]:
        """The run in its document."""
        (entry,) = json.loads((self.run_dir / "run.json").read_text())["strategies"]
        return dict(entry)

    def complaints(self) -> list[str]:
        return oracle.complaints(self.mock.contacts(), self.run_dir, self.input)

    def clear(self) -> None:
        for process in [*self.workers, *([self.master] if self.master else [])]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()

    def _locust(self, within: Within, *arguments: str) -> "subprocess.Popen[str]":
        scenario = ROOT / "scenarios" / f"{self.strategy}.py"
        command = [*within, sys.executable, "-m", "locust", "-f", str(scenario), *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


@contextmanager
def swarm(folder: Path, listening: str = "127.0.0.1", **about: Any) -> Iterator[Swarm]:
    mock = Mock(folder / "mock", "--pace", "none", "--host", listening, "--i-understand-this-is-a-mock")
    mock.url = mock.url.replace("0.0.0.0", "127.0.0.1")
    there = Swarm(mock, folder, **about)
    try:
        yield there
    finally:
        there.clear()
        mock.stop()


def slow(mock: Mock, seconds: float) -> None:
    """From now on each batch takes so long, after it was stored and before it is answered."""
    mock.faults({"op": "contacts.add", "times": 1_000_000, "when": "after_commit", "action": {"stall_s": seconds}})


def in_doubt(printed: str) -> int:
    """Batches in doubt, as the last screen says."""
    found = re.search(r"([\d,]+) in doubt", printed)
    assert found, printed
    return int(found[1].replace(",", ""))


def _free_port() -> int:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return int(there.getsockname()[1])


def size() -> int:
    """Leads of a run here; more of them by CONTACTBENCH_DISTRIBUTED."""
    return int(os.environ.get("CONTACTBENCH_DISTRIBUTED", "6000"))
