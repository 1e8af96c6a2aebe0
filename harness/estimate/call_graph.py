"""What a strategy does, as graphs of requests: which one comes next, and after which pause, whatever the answer is.

A flow is recorded as a chain of steps; recordings of the same flow in trouble are laid over it. Where a job is not
done the graph goes round, where an answer is lost it goes the way that the real flow went.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .stubs import Job

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
    said: Job = ""
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
