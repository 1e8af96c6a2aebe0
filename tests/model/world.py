"""An org and one run folder in virtual time, and starts of the command that take one step after the other.

Between two steps everything stands still, requests on their way included, so that anything may happen there.
"""

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import web

from harness.errors import RunError
from harness.execution import Plan
from harness.flow import AsyncShell, Call, Reply, Wait
from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.results import complaint, strategy_entry
from harness.runner import complete
from harness.strategies.job import Settings, Strategy
from harness.transport import Target
from harness.twin.mock_org import CREDENTIALS, EPOCH, loaded
from harness.twin.torture.check import contacts
from harness.twin.virtual_time import VirtualTimeLoop
from harness.upload import Upload, prepared
from mockserver.app import create_app
from mockserver.clock import LoopClock
from mockserver.org import Org, create_org
from mockserver.platform.clients import Client
from mockserver.storage.memory_store import MemoryStore

from ..catalogue.rig import WRITES, End, Rig

LEAD_ID = "Lead ID"
BATCH = 10
STEP = "X-Step"  # names the step of a start that a request is
MOST_STEPS = 3_000  # of one start: no run of so few leads needs them
MOST_WAITS = 30_000
LONGEST_EXPORT_S = 300.0  # with all that an honest org may do to it
PROFILE = loaded("default")


@dataclass(eq=False)
class Start:
    """One start of the command, and the shell it works through: stands still once it has taken the steps allowed."""

    world: "World"
    number: int
    allowed: float = 0
    steps: int = 0
    waits: int = 0
    writes: int = 0
    shell: AsyncShell | None = None
    moving: asyncio.Event = field(default_factory=asyncio.Event)
    standing: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[End]" = field(init=False)

    def around(self, shell: AsyncShell) -> "Start":
        self.shell = shell
        return self

    async def send(self, call: Call) -> Reply:
        await self._step()
        self.writes += call.op in WRITES
        if call.op in ("export.create", "contacts.bulk"):
            self.world.proof_began = asyncio.get_running_loop().time()
        with self.world.sent(self, call) as name:
            tagged = replace(call, headers={**call.headers, STEP: name})
            return await self._shell.send(tagged)

    async def save(self, event: Any) -> None:
        await self._step()
        await self._shell.save(event)

    async def work(self, function: Any) -> Any:
        await self._step()
        return await self._shell.work(function)

    async def sleep(self, wait: Wait) -> None:
        self.waits += 1
        self._bounded()
        await self._shell.sleep(wait)

    @property
    def _shell(self) -> AsyncShell:
        assert self.shell is not None
        return self.shell

    async def _step(self) -> None:
        while self.steps >= self.allowed:
            self.moving.clear()
            self.standing.set()
            await self.moving.wait()
        self.steps += 1
        self._bounded()

    def _bounded(self) -> None:
        if self.steps > MOST_STEPS or self.waits > MOST_WAITS:
            self.world.amiss.append(f"C9: no end after {self.steps} steps and {self.waits} pauses")
            self.task.cancel()


class World:
    """`amiss`: what no upload may ever do, as far as it was seen so far."""

    def __init__(self, strategy: Strategy, leads: int, **options: Any) -> None:
        self._closing = AsyncExitStack()
        self._temporary = tempfile.TemporaryDirectory(prefix="model-")
        folder = Path(self._temporary.name)
        self.strategy, self.options = strategy, options
        self._plans: dict[str, Plan] = {}  # by the input
        self._runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.run = self._runner.run
        target, self.org = self.run(self._closing.enter_async_context(self._served(folder / "org")))
        self.rig = Rig(self.run, self.org, target, folder, folder / "leads.csv")
        write_csv(SyntheticLeads(leads, seed=1), self.rig.leads)
        self.amiss: list[str] = []
        self.starts = 0
        self.alive: Start | None = None
        self.proof_began = float("-inf")
        self.trusted = True  # the journal is the one that the command wrote
        self._calls: dict[str, tuple[Start, Call]] = {}
        self._at_work: Counter[str] = Counter()  # leads of requests that the org has not answered yet

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
        self.run(self._until_standing(start))
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
        return self.run(self._task(Start(self, self.starts)))

    async def _task(self, start: Start) -> Start:
        start.task = asyncio.create_task(self._command(start))
        await self._standing_or_ended(start)
        return start

    async def _until_standing(self, start: Start) -> None:
        start.standing.clear()
        start.moving.set()
        await self._standing_or_ended(start)

    async def _standing_or_ended(self, start: Start) -> None:
        standing = asyncio.create_task(start.standing.wait())
        await asyncio.wait([start.task, standing], return_when=asyncio.FIRST_COMPLETED)
        standing.cancel()

    async def _command(self, start: Start) -> End:
        """As `contactbench upload`: the input is read first, whatever is in the folder."""
        try:
            outcome = await complete(self._plan(), self.rig.target, CREDENTIALS, self.folder, start.around)
        except RunError as error:
            return End(error.exit_code, error.code, str(error))
        except Exception as error:
            return End(1, type(error).__name__, str(error))
        entry = strategy_entry(outcome, ".")
        problem = complaint({"strategies": [entry]})
        if problem is None:
            return End(0, entry=entry)
        return End(problem.exit_code, problem.code, str(problem), entry)

    def _plan(self) -> Plan:
        """Of the leads as the file has them now. Checked once, since that takes longer than all else of a start."""
        about = sha256(self.rig.leads.read_bytes()).hexdigest()
        if about in self._plans and (self.folder / "leads.parquet").exists():
            return self._plans[about]
        plan = replace(prepared(self._order(), lambda text: None).plan, strategy=self.strategy)
        self._plans[about] = replace(plan, checked=None)
        return plan

    def _order(self) -> Upload:
        return Upload(
            strategy=self.strategy.name,
            leads=self.rig.leads,
            lead_id=LEAD_ID,
            phone="Phone",
            target=self.rig.target.api,
            credentials=CREDENTIALS,
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
        return Counter(cells[LEAD_ID] for cells in contacts(self.org).values())

    def being_proved(self) -> bool:
        """Whether an export may be on its way that shows how it was: a start may take what a former one asked for."""
        return self.rig.elapsed() - self.proof_began < LONGEST_EXPORT_S

    @contextmanager
    def sent(self, start: Start, call: Call) -> Iterator[str]:
        """The name of the request, for as long as it has no answer."""
        name = f"{start.number}.{start.steps}"
        ours = [leads_of(other) for starter, other in self._calls.values() if starter is start]
        if leads_of(call) & set().union(*ours):
            self.amiss.append(f"two batches of one start are on their way with the same lead: {call.op}")
        self._calls[name] = start, call
        try:
            yield name
        finally:
            del self._calls[name]

    @web.middleware
    async def _arriving(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Every request at the moment it reaches the org."""
        start, call = self._calls.get(request.headers.get(STEP, ""), (None, None))
        if start is None or call is None:
            return await handler(request)
        if start is self.alive and self.trusted and not self._intended(call):
            self.amiss.append(f"{call.op} of batch {call.batch} arrives, and the journal does not know of it")
        leads = leads_of(call)
        if not self.strategy.own_ids and any(self._at_work[lead] for lead in leads):
            self.amiss.append(f"two batches are worked on with the same lead: {call.op}")
        self._at_work.update(leads)
        try:
            return await handler(request)
        finally:
            self._at_work.subtract(leads)

    def _intended(self, call: Call) -> bool:
        """Whether the journal, as another process reads it now, says that this is being sent."""
        if call.op == "contacts.add":
            rows = self._journal("SELECT lead_ids FROM batch WHERE state = 'sending'")
            return leads_of(call) <= {lead for (ids,) in rows for lead in json.loads(ids)}
        if call.op == "import.upload":
            rows = self._journal("SELECT contact_list_id FROM shard WHERE state = 'sending'")
            return (call.contact_list_id,) in rows
        return True

    def _journal(self, query: str) -> list[Any]:
        db = sqlite3.connect(f"file:{self.folder}/journal.sqlite?mode=ro", uri=True)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    @asynccontextmanager
    async def _served(self, spool: Path) -> Any:
        """As `mock_org.served`, but that every request is seen when it arrives."""
        spool.mkdir()
        org: Org = create_org(
            store=MemoryStore(),
            clock=LoopClock(asyncio.get_running_loop(), EPOCH),
            profile=PROFILE,
            spool=spool,
            clients=[Client(CREDENTIALS.client_id, CREDENTIALS.client_secret)],
            seed=1,
        )
        app = create_app(org)
        app.middlewares.append(self._arriving)
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=3600.0)
        await runner.setup()
        try:
            await web.UnixSite(runner, str(spool / "org")).start()
            yield Target.one_host("http://localhost", spool / "org"), org
        finally:
            await runner.cleanup()
            org.store.close()


async def _result(task: "asyncio.Task[End]") -> End:
    return await task


def leads_of(call: Call) -> set[str]:
    """The leads of a batch; none of any other call."""
    if call.op != "contacts.add" or call.body is None:
        return set()
    return {contact["data"][LEAD_ID] for contact in json.loads(call.body)}
