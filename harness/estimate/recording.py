"""Records what the real flows of a strategy do against a stub org, as graphs of requests.

A flow is recorded as a chain of steps; recordings of the same flow with slow jobs and lost answers are laid over it.
The graph loops where a job is not done, and after a lost answer it goes where the real flow went.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..client.oauth import Credentials, Session, with_authorization
from ..domain import Shard
from ..flow import Call, Flow, Reply, Wait, drive
from ..leads.preflight import Preflight
from ..leads.synthetic import SyntheticLeads
from ..runs.run import RunPlan
from ..strategies.job import Job, Settings, Strategy
from .stubs import JobState, Script, Sizes, StandIns, StubFiles, StubJournal, StubOrg

END = -1  # of the flow
REPEAT = -2  # the same request, after a back-off


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request as a flow made it, and what it was told."""

    op: str
    pause_s: float  # before it
    contacts: int  # as the server counts them for its latency
    kib: float
    budgeted: bool  # waits for the client's rate budget
    idempotent: bool
    said: JobState = ""
    maps: bool = False  # its answer makes rows of the mapping


@dataclass(slots=True)
class Node:
    """A step, and the numbers of those that may follow."""

    step: Step
    done: int = END
    waiting: int = END  # the job that it asks about has not begun to show
    running: int = END
    lost_applied: int = REPEAT  # no clear answer, though it had its effect
    lost: int = REPEAT


Trace = Sequence[Step]
FlowGraph = list[Node]  # of a flow; it begins with the first


@dataclass(frozen=True, slots=True)
class Recording:
    """One flow under every trouble. `losses`: by the number of the call that was lost: had it its effect, or not."""

    plain: Trace
    waiting: Trace
    running: Trace
    losses: Mapping[int, tuple[Trace, Trace]] = field(default_factory=dict)


def flow_graph(recording: Recording) -> FlowGraph:
    nodes = [Node(step, done=number + 1) for number, step in enumerate(recording.plain)]
    if nodes:
        nodes[-1].done = END
    _lay_polls(nodes, recording)
    for number, (applied, not_applied) in recording.losses.items():
        nodes[number].lost_applied = _branch(nodes, number, applied)
        nodes[number].lost = _branch(nodes, number, not_applied)
    return nodes


def _lay_polls(nodes: FlowGraph, recording: Recording) -> None:
    """Further questions after a job, each after a longer pause than the one before; the last leads to itself."""
    asked = [place for place, step in enumerate(recording.running) if step.said == "running"]
    if not asked:
        return
    first = nodes[asked[0]]
    polls = [first]
    for place in asked[1:]:
        polls[-1].running = len(nodes)
        polls.append(Node(recording.running[place], done=first.done))
        nodes.append(polls[-1])
    polls[-1].running = nodes.index(polls[-1])
    _lay_detours(nodes, polls, recording.waiting)


def _lay_detours(nodes: FlowGraph, polls: FlowGraph, waiting: Trace) -> None:
    """What a flow asks besides, between two questions after a job that does not show yet."""
    asked = [place for place, step in enumerate(waiting) if step.said == "waiting"]
    for number, poll in enumerate(polls):
        poll.waiting = poll.running
        if number + 1 < len(asked):
            between = waiting[asked[number] + 1 : asked[number + 1]]
            poll.waiting = _chain(nodes, between, poll.running)
        elif number and asked:
            poll.waiting = polls[number - 1].waiting


def _branch(nodes: FlowGraph, number: int, trace: Trace) -> int:
    """The way from a lost call: to the end, or to the same call again."""
    after = trace[number + 1 :]
    again = next((place for place, step in enumerate(after) if step.op == trace[number].op), None)
    return _chain(nodes, after, END) if again is None else _chain(nodes, after[:again], number)


def _chain(nodes: FlowGraph, steps: Trace, then: int) -> int:
    """The number of the first of these steps, one after the other; `then` if there are none."""
    first = len(nodes)
    nodes += [Node(step, done=first + offset + 1) for offset, step in enumerate(steps)]
    if steps:
        nodes[-1].done = then
    return first if steps else then


LOGIN, PROOF = "login", "verification"
ALIKE = 4  # flows of one stage that are recorded in trouble: those of one list, or of one request, are alike
Key = tuple[tuple[str, ...], int]  # operations of a flow, and the leads it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCase:
    """What is to be estimated: one strategy on so many leads."""

    strategy: Strategy
    sizes: Sizes
    contacts_per_list: int
    lists: int | None = None
    settings: Settings = field(default_factory=Settings)

    def stand_ins(self, *, whole: bool) -> StandIns:
        contact = self.sizes.own_id_contact if self.strategy.own_ids else self.sizes.contact
        return StandIns(self.sizes.columns, contact, self.settings.body_bytes, whole)


@dataclass(frozen=True, slots=True)
class RecordedStage:
    """Flows that may run at the same time, in order: which shape each has, and the number of its list."""

    name: str
    flows: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Program:
    shapes: list[FlowGraph]
    stages: list[RecordedStage]
    rows: list[int]  # of each list
    main_op: str = ""  # whose time a client asks for


@dataclass(frozen=True, slots=True)
class _Flow:
    trace: Trace
    shard: int
    leads: int  # that it sends; 0: none
    number: int  # in the order of the recording
    first_call: int = 0  # of those that the flow made: the login is not its own

    @property
    def key(self) -> Key:
        return tuple(step.op for step in self.trace), self.leads


_Stages = list[tuple[str, list[_Flow]]]


def program(upload: UploadCase) -> Program:
    """All flows of the upload. Flows that are alike share a shape, recorded in every trouble from a small upload."""
    stages, rows = _record_stages(upload, upload.sizes.leads, Script(), whole=False)
    shapes: list[FlowGraph] = []
    numbers: dict[Key, int] = {}
    for leads in sorted({flow.leads for _, flows in stages for flow in flows if flow.leads}):
        for key, made in _shapes(upload, leads):
            if key not in numbers:
                numbers[key] = len(shapes)
                shapes.append(made)
    played = [RecordedStage(name, [(numbers[flow.key], flow.shard) for flow in flows]) for name, flows in stages]
    return Program(shapes, played, rows, upload.strategy.main_op)


def _shapes(upload: UploadCase, leads: int) -> Iterator[tuple[Key, FlowGraph]]:
    """The flows of an upload of so few leads that they fit one list, or one request."""

    def flows_of(script: Script) -> list[_Flow]:
        return [flow for _, flows in _record_stages(upload, leads, script, whole=True)[0] for flow in flows]

    plain = flows_of(Script())
    waiting, running = flows_of(Script(busy="waiting")), flows_of(Script(busy="running"))
    for number, flow in enumerate(plain):
        losses = {
            call: (
                flows_of(Script(lost=(flow.number, flow.first_call + call), applied=True))[number].trace,
                flows_of(Script(lost=(flow.number, flow.first_call + call)))[number].trace,
            )
            for call, step in enumerate(flow.trace)
            if not step.idempotent
        }
        yield flow.key, flow_graph(Recording(flow.trace, waiting[number].trace, running[number].trace, losses))


def _record_stages(upload: UploadCase, leads: int, script: Script, *, whole: bool) -> tuple[_Stages, list[int]]:
    """Every stage, the proof too, and the rows of each list. `whole`: with all leads, but only some flows a stage.

    The login, which the first flow makes, is a stage of its own.
    """
    strategy, shards = upload.strategy, shards_of(upload, leads, None if whole else upload.lists)
    source, notes = upload.stand_ins(whole=whole), StubJournal.of(shards)
    job = Job(leads=source, progress=notes, files=StubFiles(), settings=upload.settings)
    planned = {shard.list_name: shard.count for shard in shards}
    org = StubOrg(upload.sizes.columns.lead_id, planned, script)
    recorder = _Recorder(Measure(upload, source), notes, org)
    stages: _Stages = []
    for stage in strategy.stages(job):
        flows = islice(stage.flows, ALIKE) if whole else stage.flows
        stages.append((stage.name, [recorder.record(flow) for flow in flows]))
    stages.append((PROOF, [recorder.record(flow) for flow in strategy.verification(job).flows]))
    return _with_login(stages), [shard.count for shard in shards]


def shards_of(upload: UploadCase, leads: int, lists: int | None) -> list[Shard]:
    never_read = SyntheticLeads(leads, 0)
    return RunPlan(
        strategy=upload.strategy,
        preflight=Preflight(leads=leads, rows=leads, digest="estimate", source=never_read, rejects=[], notices=[]),
        leads=Path(),
        contacts_per_list=upload.contacts_per_list,
        run_id="estimate",
        lists=lists,
    ).shards()


def _with_login(stages: _Stages) -> _Stages:
    first = next((flows[0] for _, flows in stages if flows), None)
    if first is None:
        return stages
    login, rest = replace(first, trace=first.trace[:1], leads=0), replace(first, trace=first.trace[1:], first_call=1)
    return [(LOGIN, [login])] + [(name, [rest if flow is first else flow for flow in flows]) for name, flows in stages]


@dataclass(frozen=True, slots=True)
class Measure:
    """How large requests are that were made with stand-ins for leads."""

    upload: UploadCase
    source: StandIns

    def leads(self, call: Call) -> int:
        return self.source.stand_for[call.batch] if call.op == "contacts.add" else call.contacts

    def contacts(self, call: Call) -> int:
        """As the mock counts them for its latency: those of a page, too, and of no upload."""
        match call.op:
            case "contacts.add":
                return self.leads(call)
            case "contacts.search":
                return int(msgspec.json.decode(call.body or b"")["pageSize"])
            case "contacts.bulk":
                return len(msgspec.json.decode(call.body or b""))
        return 0

    def kib(self, call: Call) -> float:
        sizes = self.upload.sizes
        match call.op:
            case "contacts.add":
                return sizes.post(self.leads(call), own_ids=self.upload.strategy.own_ids) / 1024
            case "import.upload":
                return sizes.upload(call.contacts) / 1024
        return len(call.body or b"") / 1024


@dataclass(slots=True)
class _Recorder:
    """A driver that answers at once, and writes down what it was asked for."""

    measure: Measure
    notes: StubJournal
    org: StubOrg
    steps: list[Step] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    flows: int = 0
    session: Session = field(default_factory=lambda: Session(Credentials("", "")))
    _pause_s: float = 0.0

    def record(self, flow: Flow[object]) -> _Flow:
        self.steps, self.calls, self._pause_s = [], [], 0.0
        drive(with_authorization(flow, self.session), self)
        number, self.flows = self.flows, self.flows + 1
        shards = [self.notes.shard_of[call.contact_list_id] for call in self.calls if call.contact_list_id]
        sent = [self.measure.leads(call) for call in self.calls if call.contacts]
        return _Flow(self.steps, shards[0] if shards else 0, sent[0] if sent else 0, number)

    def send(self, call: Call) -> Reply:
        reply = self.org.answer(call, lost=self.org.script.lost == (self.flows, len(self.steps)))
        self.calls.append(call)
        self.steps.append(
            Step(
                op=call.op,
                pause_s=self._pause_s,
                contacts=self.measure.contacts(call),
                kib=self.measure.kib(call),
                budgeted=call.bearer and call.host == "api",
                idempotent=call.idempotent,
                said=self.org.said,
            )
        )
        self._pause_s = 0.0
        return reply

    def sleep(self, wait: Wait) -> None:
        self._pause_s += wait.seconds

    def save(self, event: Any) -> None:
        self.notes.save(event)
        if getattr(event, "mapped_leads", 0):
            self.steps[-1] = replace(self.steps[-1], maps=True)

    def work(self, function: Callable[[], Any]) -> Any:
        return function()
