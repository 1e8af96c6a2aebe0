"""Containers as processes: the commands of `deploy/` on networks of their own, confined as the files there say.

A pod is a network namespace with a cable to a switch; the names of services are in its hosts file. A container is a
process in it, as its user, without capabilities, the disk read-only but for its volumes. Three things stand in for what
is not here: the code of this checkout for the image contactbench, `relay.py` for socat, PostgreSQL of this machine for
its image. Volumes and secrets lie in a folder, so their paths are the only words of a command that differ.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ... import postgres_server
from ...end_to_end.processes import TIMEOUT_S, environment

ROOT = Path(__file__).parents[3]
USER = 10001
CONFINED = """
mount --bind "$0" "$0"
mount -t tmpfs -o mode=1777 scratch /tmp
mount -o remount,ro,bind /
exec setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
"""
CONTACTS = """
import json, pathlib, sys
from tests.end_to_end.processes import Mock
mock = Mock.__new__(Mock)
mock.learn(pathlib.Path(sys.argv[1]))
print(json.dumps([[*each] for each in mock.contacts()]))
"""


@dataclass
class Deployment:
    """What runs, each process by the name of its container, and the folder that holds its volumes."""

    folder: Path
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def ready(self) -> Path:
        return self.folder / "runs" / "mock.json"

    def start(self, name: str, pod: str, command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        """A container's command, in its pod."""
        words = [self.placed(str(word)) for word in command]
        given = {key: self.placed(str(value)) for key, value in (environ or {}).items()}
        usual = environment(PATH=f"{Path(sys.executable).parent}:/usr/sbin:{os.environ['PATH']}", HOME="/tmp")
        confined = ["sh", "-euc", CONFINED.format(user=USER), str(self.folder), *words]
        with self.log(name).open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [*within(pod), *confined], cwd=ROOT, env=usual | {"PYTHONDONTWRITEBYTECODE": "1"} | given,
                stdout=log, stderr=log,
            )  # fmt: skip

    def placed(self, word: str) -> str:
        """`word` with the places of volumes and secrets as they are here."""
        return word.replace("/runs/", f"{self.folder}/runs/").replace("/run/secrets/", f"{self.folder}/secrets/")

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def until_listening(self, pod: str, port: int) -> None:
        """A start may take a while; what depends on it is told by its files to wait."""
        ends = time.monotonic() + TIMEOUT_S
        while f":{port} " not in subprocess.check_output([*within(pod), "ss", "-Hltn"], text=True):
            assert time.monotonic() < ends, f"nothing listens at {port}"
            time.sleep(0.1)

    def ended(self, name: str) -> tuple[int, str]:
        code = self.processes[name].wait(timeout=10 * TIMEOUT_S)
        return code, self.log(name).read_text()

    def contacts(self, pod: str) -> Iterator[Any]:
        """All that the org of a mock's pod holds, asked there by its control API."""
        words = [*within(pod), sys.executable, "-c", CONTACTS, str(self.ready)]
        return iter(json.loads(subprocess.check_output(words, cwd=ROOT, timeout=TIMEOUT_S)))

    def clear(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


def within(pod: str) -> list[str]:
    return ["ip", "netns", "exec", pod]


@contextmanager
def deployment() -> Iterator[Deployment]:
    """With secrets as the script of `deploy/` makes them."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("needs ip (iproute2) and root")
    folder = Path(tempfile.mkdtemp(prefix="cbdeploy", dir="/var/tmp"))  # each container has its own /tmp
    there = Deployment(folder)
    try:
        folder.chmod(0o755)
        (folder / "runs").mkdir()
        os.chown(folder / "runs", USER, USER)
        shutil.copy(ROOT / "deploy" / "make_secrets.sh", folder)
        subprocess.run(["sh", folder / "make_secrets.sh"], check=True)
        (folder / "secrets").chmod(0o755)  # as it is in a container: its secrets alone are mounted there
        yield there
    finally:
        there.clear()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def pods(*names: str) -> Iterator[dict[str, str]]:
    """A namespace for each name, all on one switch: their own names, by these. Each finds the others by name."""
    mark = f"cb{os.getpid()}"
    own = {name: f"{mark}-{name}" for name in names}
    addresses = {name: f"10.214.0.{number}" for number, name in enumerate(names, 1)}
    hosts = "127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in addresses.items())
    switch = f"{mark}-switch"
    try:
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        for number, (name, pod) in enumerate(own.items()):
            Path("/etc/netns", pod).mkdir(parents=True)
            Path("/etc/netns", pod, "hosts").write_text(hosts)
            Path("/etc/netns", pod, "hosts").chmod(0o644)
            _ip("netns", "add", pod)
            _ip("-n", switch, "link", "add", f"port{number}", "type", "veth", "peer", "name", "cable", "netns", pod)
            _ip("-n", switch, "link", "set", f"port{number}", "master", "switch", "up")
            _ip("-n", pod, "addr", "add", f"{addresses[name]}/24", "dev", "cable")
            for device in ("cable", "lo"):
                _ip("-n", pod, "link", "set", device, "up")
        yield own
    finally:
        for pod in (switch, *own.values()):
            subprocess.run(["ip", "netns", "delete", pod], stderr=subprocess.DEVNULL)
            shutil.rmtree(Path("/etc/netns", pod), ignore_errors=True)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        pytest.skip(f"no network namespaces here: ip {' '.join(arguments)}: {done.stderr.strip()}")


@contextmanager
def database(pod: str, environ: Mapping[str, str], there: Deployment) -> Iterator[None]:
    """What the image of PostgreSQL does with its variables: a role with a password, and its database."""
    with postgres_server.running("listen_addresses=*", within=within(pod)) as server:
        password = Path(there.placed(environ["POSTGRES_PASSWORD_FILE"])).read_text()
        role = environ["POSTGRES_USER"]
        commands = (f"CREATE ROLE {role} LOGIN PASSWORD '{password}'",
                    f"CREATE DATABASE {environ['POSTGRES_DB']} OWNER {role}")  # fmt: skip
        for command in commands:
            subprocess.run(["psql", "-qd", server.url(), "-c", command], check=True)
        rules = "local all all trust\nhost all all 0.0.0.0/0 scram-sha-256\n"
        (server.data / "pg_hba.conf").write_text(rules)
        subprocess.run(["psql", "-qtd", server.url(), "-c", "SELECT pg_reload_conf()"], check=True)
        yield
