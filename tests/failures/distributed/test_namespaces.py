"""The same on machines of their own, as far as their networks go: each worker has a namespace and one cable."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .swarm import in_doubt, size, slow, swarm

pytestmark = pytest.mark.smoke

RELAY = Path(__file__).with_name("relay.py")
WORKERS = 3


@dataclass(frozen=True)
class Machine:
    """A network namespace, and where the master is for it."""

    name: str
    master: str

    @property
    def within(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]


@contextmanager
def machine(number: int, port: int) -> Iterator[Machine]:
    """In it 127.0.0.1:`port` is that port of this machine: a server is named by its address on one's own machine."""
    name, here = f"cb{os.getpid()}-{number}", f"cbv{os.getpid() % 10000}{number}"
    net = f"10.213.{number}"
    try:
        _ip("netns", "add", name)
        _ip("link", "add", here, "type", "veth", "peer", "name", "cable", "netns", name)
        _ip("addr", "add", f"{net}.1/24", "dev", here)
        _ip("link", "set", here, "up")
        _ip("-n", name, "addr", "add", f"{net}.2/24", "dev", "cable")
        for device in ("cable", "lo"):
            _ip("-n", name, "link", "set", device, "up")
        there = Machine(name, f"{net}.1")
        relay = subprocess.Popen([*there.within, sys.executable, str(RELAY), str(port), there.master])
        try:
            yield there
        finally:
            relay.kill()
            relay.wait()
    finally:
        subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        pytest.skip(f"no network namespaces here: ip {' '.join(arguments)}: {done.stderr.strip()}")


@pytest.mark.skipif(shutil.which("ip") is None or os.geteuid() != 0, reason="needs ip (iproute2) and root")
def test_a_machine_is_lost(tmp_path):
    """Master here, three workers each on its own; one dies half-way: every lead has one contact, proved."""
    with ExitStack() as stack:
        there = stack.enter_context(swarm(tmp_path, leads=size(), listening="0.0.0.0"))
        port = urlsplit(there.mock.url).port
        machines = [stack.enter_context(machine(number, port)) for number in range(1, WORKERS + 1)]
        slow(there.mock, 0.3)
        batch = max(150, min(1000, there.leads // 40))
        there.start(WORKERS, "--batch-size", str(batch), workers_on=[(each.within, each.master) for each in machines])
        there.until_sent(there.leads // batch // 2)
        there.until_all_wait()
        there.workers[0].kill()
        code, printed = there.ended()
        assert code == 0, printed
        assert there.complaints() == []
        assert in_doubt(printed) >= 1
