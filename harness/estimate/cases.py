"""Uploads under profiles as tables of numbers: what the machine looks up for each request it plays.

A world is one upload under one profile. Several are laid side by side, each with rows of its own: one row a replicate.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mockserver.pacing import latency_of
from mockserver.profile import Latency, Profile, changed, flat

from ..experiments.calibrate.fitting import of_profile
from .call_graph import END, REPEAT, Node, Step
from .recording import Program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SPARED = ("oauth.token",)  # by faults of chance. Source: mockserver/faults/engine.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    program: Program
    profile: Profile
    concurrency: int
    replicates: int
    clients: int = 1  # OAuth clients among which the requests are shared out evenly

    @property
    def rate_limit(self) -> int:
        """Requests in a window; 0: no limit. Where the main operation has a lower limit of its own, that one: it is
        what holds up the upload."""
        rate = self.profile.rate
        limits = [rate.requests_per_window, rate.per_op.get(self.program.main_op, 0)]
        return min((limit for limit in limits if limit), default=0)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Every step of every world, one number each; what it costs there, and where it leads."""

    pause_s: Floats
    work_s: Floats  # before luck and crowd
    sigma: Floats
    tail_probability: Floats
    tail_factor: Floats
    penalty: Floats
    budgeted: Bools
    counted: Bools
    maps: Bools
    starts_import: Bools
    starts_export: Bools
    asks_import: Bools
    asks_export: Bools
    repeated: Bools  # when its answer is lost
    spared: Bools
    tokenless: Bools
    adds: Bools
    done: Ints
    waiting: Ints
    running: Ints
    lost_applied: Ints
    lost: Ints


@dataclass(frozen=True, slots=True)
class CaseTables:
    """`first[stage][world]`: where the flows of a stage begin in `entry` and `shard`, and how many there are."""

    nodes: Nodes
    stages: list[str]
    entry: Ints
    shard: Ints
    first: list[Ints]
    count: list[Ints]
    world: Ints  # of each row
    workers: int  # of the world with the most
    lists: int
    worlds: Sequence[Case] = field(repr=False)

    def row(self, of: Callable[[Case], Any], dtype: Any = np.float64) -> NDArray[Any]:
        """A number of each world, for each row."""
        return np.asarray([of(world) for world in self.worlds], dtype)[self.world]

    def row_lists(self, of: Callable[[Case, int], float]) -> Floats:
        """A number for the rows of each list of each world, for each row."""
        table = np.zeros((len(self.worlds), self.lists))
        for number, world in enumerate(self.worlds):
            table[number, : len(world.program.rows)] = [of(world, rows) for rows in world.program.rows]
        return table[self.world]


def case_tables(worlds: Sequence[Case]) -> CaseTables:
    """All worlds play the same strategy, so that their stages have the same names."""
    placed: list[_Placed] = []
    starts = [_place(world, placed) for world in worlds]
    names = [stage.name for stage in worlds[0].program.stages]
    flows = [
        [(starts[number][shape], shard) for shape, shard in world.program.stages[stage].flows]
        for stage in range(len(names))
        for number, world in enumerate(worlds)
    ]
    count = np.asarray([len(each) for each in flows], np.int64)
    entry_and_shard = np.asarray([flow for each in flows for flow in each], np.int64).reshape(-1, 2)
    return CaseTables(
        nodes=_nodes(placed),
        stages=names,
        entry=entry_and_shard[:, 0],
        shard=entry_and_shard[:, 1],
        first=list((np.cumsum(count) - count).reshape(len(names), len(worlds))),
        count=list(count.reshape(len(names), len(worlds))),
        world=np.repeat(np.arange(len(worlds)), [world.replicates for world in worlds]),
        workers=max(world.concurrency for world in worlds),
        lists=max([1, *(len(world.program.rows) for world in worlds)]),
        worlds=worlds,
    )


class _Placed(NamedTuple):
    world: Case
    node: Node
    base: int  # number of the first node of its shape


def _place(world: Case, placed: list[_Placed]) -> list[int]:
    """Append the world's nodes; the number that each of its shapes begins with."""
    starts = []
    for shape in world.program.shapes:
        starts.append(base := len(placed))
        placed += [_Placed(world, node, base) for node in shape]
    return starts


def _nodes(placed: Sequence[_Placed]) -> Nodes:
    models = [latency_of(each.world.profile, each.node.step.op) for each in placed]
    steps = [each.node.step for each in placed]
    ops = np.asarray([step.op for step in steps], dtype=object)

    def numbers(of: Callable[[Latency], float]) -> Floats:
        return np.asarray([of(model) for model in models], np.float64)

    def leads_to(of: Callable[[Node], int]) -> Ints:
        targets = [(of(each.node), each.base, number) for number, each in enumerate(placed)]
        return np.asarray([{END: END, REPEAT: number}.get(to, base + to) for to, base, number in targets], np.int64)

    def flags(of: Callable[[Step], bool]) -> Bools:
        return np.asarray([of(step) for step in steps], np.bool_)

    pairs = list(zip(models, steps, strict=True))
    work = [model.base_s + model.per_contact_s * step.contacts + model.per_kib_s * step.kib for model, step in pairs]
    return Nodes(
        pause_s=np.asarray([step.pause_s for step in steps]),
        work_s=np.asarray(work),
        sigma=numbers(lambda model: model.sigma),
        tail_probability=numbers(lambda model: model.tail_probability),
        tail_factor=numbers(lambda model: model.tail_factor),
        penalty=numbers(lambda model: model.concurrency_penalty),
        budgeted=flags(lambda step: step.budgeted),
        counted=np.asarray([_is_counted(each) for each in placed], np.bool_),
        maps=flags(lambda step: step.maps),
        starts_import=ops == "import.upload",
        starts_export=ops == "export.create",
        asks_import=ops == "import.status",
        asks_export=(ops == "export.get") & (np.asarray([each.node.running for each in placed]) != END),
        repeated=np.asarray([each.node.lost == REPEAT for each in placed], np.bool_),
        spared=np.isin(ops, SPARED),
        tokenless=np.isin(ops, ["oauth.token", "export.file"]),
        adds=ops == "contacts.add",
        done=leads_to(lambda node: node.done),
        waiting=leads_to(lambda node: node.waiting),
        running=leads_to(lambda node: node.running),
        lost_applied=leads_to(lambda node: node.lost_applied),
        lost=leads_to(lambda node: node.lost),
    )


def _is_counted(placed: _Placed) -> bool:
    """Whether the server's rate limit counts it. Uploads go to a host of their own: the profile decides."""
    step = placed.node.step
    return step.budgeted or (step.op == "import.upload" and placed.world.profile.rate.counts_uploads)


# A calibrated profile is one of several that its samples allow: their replicates are shared out among all of them.


def calibration_cases(world: Case, file: str) -> Iterator[Case]:
    """The world under each of the other profiles; none if the profile of that file was not calibrated."""
    others = of_profile(file, flat(world.profile))
    each = world.replicates // (len(others) + 1)
    for settings in others if each else ():
        yield replace(world, profile=changed(world.profile, settings)[0], replicates=each)
