"""Processes that a test starts at the cost of a fork, watches, and kills."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...end_to_end.processes import TIMEOUT_S, Mock, environment

ROOT = Path(__file__).parents[3]
THREADS = {"OPENBLAS_NUM_THREADS": "1"}  # a process with threads cannot be forked


@dataclass(frozen=True)
class Ended:
    """What a process left behind it."""

    code: int  # minus the signal's number, if one ended it
    cpu_s: float
    wall_s: float
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class ForkServer:
    """Starts processes that have imported everything before they begin."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.failures.kills.fork_server"],
            cwd=ROOT,
            env=environment(**THREADS),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, duty: str, folder: Path, *, out: Path | None = None, err: str = "err.txt", **about: Any) -> "Child":
        """A process that does its duty; what it says goes to the file `err` in the folder."""
        told = folder / err
        told.unlink(missing_ok=True)
        said = {"do": "start", "duty": duty, "out": str(out or told), "err": str(told), "about": about}
        return Child(self, self.ask(said)["pid"], told)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{json.dumps(request)}\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer

    def stop(self) -> None:
        self._process.communicate()


@dataclass
class Child:
    """A process under way. Until `ended` is asked for, its pid is nobody else's."""

    fork_server: ForkServer
    pid: int
    err: Path
    since: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._handle = os.pidfd_open(self.pid)

    def ends_within(self, seconds: float) -> bool:
        return bool(select.select([self._handle], [], [], seconds)[0])

    def signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> Ended:
        self.signal(signal.SIGKILL)
        return self.ended()

    def ended(self, within_s: float = TIMEOUT_S) -> Ended:
        """What it left when it had ended; it is killed after `within_s`."""
        if not self.ends_within(within_s):
            self.signal(signal.SIGKILL)
        wall_s = time.monotonic() - self.since
        told = self.fork_server.ask({"do": "wait", "pid": self.pid})
        os.close(self._handle)
        return Ended(told["code"], told["cpu_s"], wall_s, self.err.read_text())


class MortalMock(Mock):
    """A mock that can be killed, and started again on the same ports and the same store."""

    def __init__(self, fork_server: ForkServer, folder: Path, *options: str) -> None:
        self._fork_server, self._folder, self._options = fork_server, folder, list(options)
        folder.mkdir(parents=True, exist_ok=True)
        os.mkfifo(folder / "out")
        self.start("--port", "0", "--control-port", "0")
        at = [url.rpartition(":")[2] for url in (self.url, str(self.control.base_url).rstrip("/"))]
        self._ports = ("--port", at[0], "--control-port", at[1])

    def start(self, *ports: str) -> None:
        """Begin, on the former ports if none are given; returns when it can serve."""
        ready, out = self._folder / "ready.json", self._folder / "out"
        arguments = [*self._options, *(ports or self._ports), "--ready-file", str(ready)]
        self.child = self._fork_server.start("serving", self._folder, out=out, arguments=arguments)
        with out.open() as said:
            if not said.readline():
                raise AssertionError(self.child.ended().err)
        self.learn(ready)

    def kill(self) -> Ended:
        self.control.close()
        return self.child.kill()

    def stop(self) -> None:
        self.kill()
