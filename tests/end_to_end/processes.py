"""The commands as a user starts them: processes of their own, real sockets, files on the disk.

They are forks of a process that has loaded everything, without a library for charts; where CONTACTBENCH_REAL_STARTS is
set, each is an interpreter of its own.
"""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ..oracle import Contact
from .fork_server import ForkedProcess

CONTACTBENCH = str(Path(sysconfig.get_path("scripts")) / "contactbench")
WITHOUT_CHARTS = {"PYTHONPATH": str(Path(__file__).parent / "without_charts")}
REAL_STARTS = "CONTACTBENCH_REAL_STARTS" in os.environ
TIMEOUT_S = 120.0
PAGE = 100_000  # contacts that are asked for at once
IDLE_S = 10.0  # how long a stalled request may take to end
RESET_S = 1.0  # the same, where a mock that is not at rest by then is replaced
SETTINGS = ("CONTACTBENCH_", "GENESYSCLOUD_")  # of whoever runs the tests: none of them may reach a command


@dataclass(frozen=True)
class Ran:
    """What a command left behind it."""

    code: int
    out: str = field(repr=False)
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def entry(self) -> dict[str, Any]:
        """The document's only strategy."""
        (entry,) = self.document["strategies"]
        return entry

    @property
    def complaint(self) -> str:
        """The code under which the command gave up."""
        return self.document["error"]["code"]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)} | more


def start(arguments: list[str], cwd: Path, **more: str) -> "subprocess.Popen[str]":
    """`contactbench` under way."""
    if not REAL_STARTS:
        return ForkedProcess("contactbench", arguments, cwd, environment(**more))
    command = [CONTACTBENCH, *arguments]
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_listen_to_sigint,
    )


def _listen_to_sigint() -> None:
    """As from a terminal: what a shell starts in the background ignores SIGINT, and so would all of its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(process: "subprocess.Popen[str]", timeout_s: float = TIMEOUT_S) -> Ran:
    """What the process left when it had ended; it is killed after `timeout_s`."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return Ran(process.returncode, out, err)


def _started_mock(arguments: list[str], folder: Path) -> "subprocess.Popen[str]":
    if not REAL_STARTS:
        return ForkedProcess("mockserver", arguments, folder, environment())
    command = [sys.executable, "-m", "mockserver", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment(), stdout=pipe, stderr=pipe, text=True)


class Mock:
    """A mock in a process of its own, and its control API."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._started_with = (folder, *options)
        folder.mkdir(parents=True, exist_ok=True)
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        arguments = ["--port", "0", "--ready-file", str(ready), *options]
        self.process = _started_mock(arguments, folder)
        assert self.process.stdout is not None
        if not self.process.stdout.readline():  # printed once the ready file is there
            raise AssertionError(self.process.communicate()[1])
        self.learn(ready)

    def learn(self, ready: Path) -> None:
        """Where it is, from its ready file."""
        said = json.loads(ready.read_text())
        self.url: str = said["url"]
        self.ca_file = Path(said["ca_file"])
        self.client = (said["client_id"], said["client_secret"])
        token = {"Authorization": f"Bearer {said['control_token']}"}
        self.control = httpx.Client(base_url=said["control_url"], headers=token, trust_env=False, verify=False)

    def stop(self) -> None:
        self.control.close()
        self.process.terminate()
        self.process.communicate(timeout=20)

    def get(self, path: str, **query: Any) -> Any:
        reply = self.control.get(path, params=query)
        reply.raise_for_status()
        return reply.json()

    def faults(self, *rules: dict[str, Any]) -> None:
        self.control.put("/faults", json=list(rules)).raise_for_status()

    def unfired(self) -> list[dict[str, Any]]:
        """The fault rules that did not strike as often as planned."""
        return [rule for rule in self.get("/faults") if rule["fired"] != rule["planned"]]

    def settings(self, **values: Any) -> None:
        """Change settings of the profile, dots in their names written as two underscores."""
        patch = {name.replace("__", "."): value for name, value in values.items()}
        self.control.patch("/profile", json=patch).raise_for_status()

    def reset(self) -> None:
        """Empty the org. A request of an earlier test that is still stalled would come into this one: start anew."""
        if self.come_to_rest(RESET_S):
            self.control.post("/reset").raise_for_status()
        else:
            self.process.kill()
            self.stop()
            self.__init__(*self._started_with)  # type: ignore[misc]  # all of it is new, its address too

    def come_to_rest(self, within_s: float = IDLE_S) -> bool:
        """Wait until no request is in work. Returns whether that was so within the time."""
        ends = time.monotonic() + within_s
        while not (at_rest := "requests_in_work 0\n" in self.control.get("/metrics").text) and time.monotonic() < ends:
            time.sleep(0.05)
        return at_rest

    def count(self, op: str, status: int | None = None) -> int:
        """Requests of `op` so far, of those with `status` if one is given."""
        counts = self.get("/ledger/counts").get(op, {})
        return sum(counts.values()) if status is None else counts.get(str(status), 0)

    def contacts(self) -> Iterator[Contact]:
        """Every contact the org holds."""
        for contact_list in self.get("/state")["lists"]:
            for offset in range(0, contact_list["size"], PAGE):
                for contact in self.get("/contacts", list=contact_list["id"], offset=offset, limit=PAGE):
                    yield contact["id"], contact_list["id"], contact["data"]

    def writes(self) -> int:
        """Requests so far that may have changed a list or its contacts."""
        changing = (
            "lists.create",
            "lists.delete",
            "lists.clear",
            "contacts.add",
            "contacts.update",
            "contacts.delete",
            "contacts.delete_many",
            "import.upload",
        )
        return sum(self.count(op) for op in changing)

    def api(self) -> httpx.Client:
        """A client of the org itself, with a token."""
        form = {"grant_type": "client_credentials"}
        token = httpx.post(f"{self.url}/oauth/token", data=form, auth=self.client).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=bearer, trust_env=False, verify=False)
