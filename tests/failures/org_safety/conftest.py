import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.simulator import VirtualTimeLoop, load_profile, serve_in_process

from ..faults.rig import Rig
from .sandbox import LEADS, Sandbox


@pytest.fixture
def sandbox(tmp_path) -> Iterator[Sandbox]:
    """An org in virtual time that is taken for a real one, and a file of more leads than the largest canary has."""
    leads = tmp_path / "leads.csv"
    write_csv(SyntheticLeads(LEADS, seed=1), leads)
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        stack = AsyncExitStack()
        target, services = runner.run(stack.enter_async_context(serve_in_process(load_profile("default"), seed=1)))
        yield Sandbox(Rig(runner.run, services, target, tmp_path, leads))
        runner.run(stack.aclose())
