"""An org in virtual time that is reached over TCP, through a proxy that spoils what it is told to."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.simulator import VirtualTimeLoop, load_profile, serve_in_process

from ..faults.rig import End, Rig
from .proxy import Proxy, proxied
from .strikes import Exchange

# In three requests, each of which fits a socket's buffer: full ones are emptied in real time, which nobody waits for.
LEADS = 300


@dataclass
class Net:
    """The org as seen from outside, and what is between."""

    rig: Rig
    proxy: Proxy

    def survives(self, name: str, **options: Any) -> End:
        """The upload under way, or the same command again, ends with ALL; how it ended."""
        end = self.rig.upload(name, **options)
        if end.code == 5:
            end = self.rig.upload(name, **options)
        self.rig.check(end, name, **options)
        return end

    def requests(self, line: str) -> list[int]:
        """The places, among all requests, of those that begin so."""
        return [at for at, exchange in enumerate(self.proxy.exchanges) if exchange.fits(line)]


@contextmanager
def networked(folder: Path) -> Iterator[Net]:
    leads = folder / "leads.csv"
    write_csv(SyntheticLeads(LEADS, seed=1), leads)
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        stack = AsyncExitStack()
        server, services = runner.run(stack.enter_async_context(serve_in_process(load_profile("default"), seed=1)))
        target, proxy = runner.run(stack.enter_async_context(proxied(server)))
        yield Net(Rig(runner.run, services, target, folder, leads), proxy)
        runner.run(stack.aclose())


@cache
def measured(name: str, line: str, nth: int, *faults: tuple[str, str]) -> Exchange:
    """A request and its answer in an upload during which nothing else goes wrong but resets of the org's own."""
    with tempfile.TemporaryDirectory() as folder, networked(Path(folder)) as net:
        net.rig.faults(*resets(faults))
        assert net.rig.upload(name).code == 0
        return net.proxy.exchanges[net.requests(line)[nth - 1]]


def resets(faults: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """Rules under which the first request of each operation is reset at that moment."""
    return [{"op": op, "nth": 1, "when": when, "action": {"reset": True}} for op, when in faults]
