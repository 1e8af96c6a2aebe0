import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.simulator import VirtualTimeLoop, load_profile, serve_in_process

from .rig import LEADS, Rig


@pytest.fixture
def rig(tmp_path) -> Iterator[Rig]:
    """An org with the default profile's limits and latencies, in virtual time, and a file of leads to upload."""
    leads = tmp_path / "leads.csv"
    write_csv(SyntheticLeads(LEADS, seed=1), leads)
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        stack = AsyncExitStack()
        target, services = runner.run(stack.enter_async_context(serve_in_process(load_profile("default"), seed=1)))
        yield Rig(runner.run, services, target, tmp_path, leads)
        runner.run(stack.aclose())
