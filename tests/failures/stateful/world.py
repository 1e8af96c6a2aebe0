"""An org and one run folder in virtual time, and starts of the command that take one step after the other.

Between two steps everything stands still, requests on their way included, so that anything may happen there.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness.client.oauth import MOCK_CREDENTIALS
from harness.errors import RunError
from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.runs.asyncio_runner import complete
from harness.runs.prepare import UploadOrder, prepare
from harness.runs.run import RunPlan
from harness.runs.run_document import complaint, strategy_entry
from harness.simulator import VirtualTimeLoop
from harness.strategies.job import Settings, Strategy

from ...oracle import stored_contacts
from ..faults.rig import End, Rig
from .org import served
from .start import Start
from .watch import LEAD_ID, Watch

BATCH = 10


class World:
    """`alive` is the start under way; `trusted`: nobody has tampered with the folder."""

    def __init__(self, strategy: Strategy, leads: int, **options: Any) -> None:
        self._closing = AsyncExitStack()
        self._temporary = tempfile.TemporaryDirectory(prefix="model-")
        folder = Path(self._temporary.name)
        self.strategy, self.options = strategy, options
        journal = folder / "run" / "journal.sqlite"
        self.watch = Watch(journal, own_ids=strategy.own_ids, alive=lambda start: self.trusted and start is self.alive)
        self._plans: dict[str, RunPlan] = {}  # by the input
        self._runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.run = self._runner.run
        target, self.services = self.run(self._closing.enter_async_context(served(folder / "org", self.watch.arriving)))
        self.rig = Rig(self.run, self.services, target, folder, folder / "leads.csv")
        write_csv(SyntheticLeads(leads, seed=1), self.rig.leads)
        self.starts = 0
        self.alive: Start | None = None
        self.trusted = True

    def close(self) -> None:
        if self.alive is not None:
            self.stop()
        self.run(self._closing.aclose())
        self._runner.close()
        self._temporary.cleanup()

    @property
    def folder(self) -> Path:
        return self.rig.folder / "run"

    # --- starts of the command ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The command is given; not a step of it is taken."""
        self.alive = self._started()

    def go_on(self, steps: float) -> End | None:
        """How the command ended, if it did within so many steps."""
        start = self.alive
        assert start is not None
        start.allowed = start.steps + steps
        self.run(start.until_standing())
        if not start.task.done():
            return None
        self.alive = None
        return End(1, "RUNAWAY") if start.task.cancelled() else start.task.result()

    def beside(self) -> tuple[End, int]:
        """The command given while another one stands still: how it ends, and how many steps it took."""
        start = self._started()
        start.allowed = float("inf")
        return self.run(_result(start.task)), start.steps

    def kill(self) -> None:
        """SIGKILL: the folder is what the disk held at this moment, whatever closing still does to it."""
        left = self.rig.folder / "left"
        shutil.copytree(self.folder, left)
        self.stop()
        shutil.rmtree(self.folder)
        left.rename(self.folder)

    def stop(self) -> None:
        """SIGTERM, as `contactbench upload` hears it: the task is cancelled, the files are closed."""
        start, self.alive = self.alive, None
        assert start is not None
        start.task.cancel()
        self.run(asyncio.wait([start.task]))

    def _started(self) -> Start:
        self.starts += 1
        return self.run(self._task(Start(self.watch)))

    async def _task(self, start: Start) -> Start:
        start.task = asyncio.create_task(self._command(start))
        await start.until_standing()
        return start

    async def _command(self, start: Start) -> End:
        """As `contactbench upload`: the input is read first, whatever is in the folder."""
        try:
            outcome = await complete(self._plan(), self.rig.target, MOCK_CREDENTIALS, self.folder, start.around)
        except RunError as error:
            return End(error.exit_code, error.code, str(error))
        except Exception as error:
            return End(1, type(error).__name__, str(error))
        entry = strategy_entry(outcome, ".")
        problem = complaint({"strategies": [entry]})
        if problem is None:
            return End(0, entry=entry)
        return End(problem.exit_code, problem.code, str(problem), entry)

    def _plan(self) -> RunPlan:
        """Of the leads as the file has them now. Checked once, since that takes longer than all else of a start."""
        about = sha256(self.rig.leads.read_bytes()).hexdigest()
        if about in self._plans and (self.folder / "leads.parquet").exists():
            return self._plans[about]
        plan = replace(prepare(self._order(), lambda text: None).plan, strategy=self.strategy)
        self._plans[about] = replace(plan, checked=None)
        return plan

    def _order(self) -> UploadOrder:
        return UploadOrder(
            strategy=self.strategy.name,
            leads=self.rig.leads,
            lead_id=LEAD_ID,
            phone="Phone",
            target=self.rig.target.api,
            credentials=MOCK_CREDENTIALS,
            run_id="model",
            folder=self.folder,
            settings=Settings(batch_size=BATCH, stalled_s=60.0),
            **self.options,
        )

    @contextmanager
    def another_input(self) -> Iterator[None]:
        """For a while the file holds one lead more."""
        text = self.rig.leads.read_bytes()
        self.rig.leads.write_bytes(text + b"X" + text.splitlines(keepends=True)[1])
        self._plans.clear()
        try:
            yield
        finally:
            self.rig.leads.write_bytes(text)
            self._plans.clear()

    def pass_time(self, seconds: float) -> None:
        """What is on its way arrives; a command that stands still goes on standing."""
        self.rig.sleep(seconds)

    # --- what is seen of it -------------------------------------------------------------------------------------------

    def held(self) -> Counter[str]:
        """Lead -> its contacts in the whole org. This is the model: what is there, as the org itself stores it."""
        return Counter(cells[LEAD_ID] for _, _, cells in stored_contacts(self.services))


async def _result(task: "asyncio.Task[End]") -> End:
    return await task
