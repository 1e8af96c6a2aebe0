"""Uploads under profiles as tables of numbers, which the simulator looks up for each request.

A case is one upload under one profile. Several are laid side by side, one row a replicate: the upload asked about, what
its user could do differently (`options`), and each assumed setting at another value (`assumptions`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mockserver.loaded_profile import LoadedProfile, flat, with_changes
from mockserver.pacing import latency_of
from mockserver.profile import Latency, Profile

from ..experiments.calibrate.fitting import of_profile
from .recording import END, REPEAT, Node, Program, Step, UploadCase, program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SPARED = ("oauth.token",)  # by faults of chance. Source: mockserver/faults/__init__.py


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
    """Every step of every case, one number each; what it costs there, and where it leads."""

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
    """`first[stage][case]`: where the flows of a stage begin in `entry` and `shard`, and how many there are."""

    nodes: Nodes
    stages: list[str]
    entry: Ints
    shard: Ints
    first: list[Ints]
    count: list[Ints]
    case: Ints  # of each row
    workers: int  # of the case with the most
    lists: int
    cases: Sequence[Case] = field(repr=False)

    def row(self, of: Callable[[Case], Any], dtype: Any = np.float64) -> NDArray[Any]:
        """A number of each case, for each row."""
        return np.asarray([of(case) for case in self.cases], dtype)[self.case]

    def row_lists(self, of: Callable[[Case, int], float]) -> Floats:
        """A number for the rows of each list of each case, for each row."""
        table = np.zeros((len(self.cases), self.lists))
        for number, case in enumerate(self.cases):
            table[number, : len(case.program.rows)] = [of(case, rows) for rows in case.program.rows]
        return table[self.case]


def case_tables(cases: Sequence[Case]) -> CaseTables:
    """All cases play the same strategy, so that their stages have the same names."""
    placed: list[_Placed] = []
    starts = [_place(case, placed) for case in cases]
    names = [stage.name for stage in cases[0].program.stages]
    flows = [
        [(starts[number][shape], shard) for shape, shard in case.program.stages[stage].flows]
        for stage in range(len(names))
        for number, case in enumerate(cases)
    ]
    count = np.asarray([len(each) for each in flows], np.int64)
    entry_and_shard = np.asarray([flow for each in flows for flow in each], np.int64).reshape(-1, 2)
    return CaseTables(
        nodes=_nodes(placed),
        stages=names,
        entry=entry_and_shard[:, 0],
        shard=entry_and_shard[:, 1],
        first=list((np.cumsum(count) - count).reshape(len(names), len(cases))),
        count=list(count.reshape(len(names), len(cases))),
        case=np.repeat(np.arange(len(cases)), [case.replicates for case in cases]),
        workers=max(case.concurrency for case in cases),
        lists=max([1, *(len(case.program.rows) for case in cases)]),
        cases=cases,
    )


class _Placed(NamedTuple):
    case: Case
    node: Node
    base: int  # number of the first node of its shape


def _place(case: Case, placed: list[_Placed]) -> list[int]:
    """Append the case's nodes; the number that each of its shapes begins with."""
    starts = []
    for shape in case.program.shapes:
        starts.append(base := len(placed))
        placed += [_Placed(case, node, base) for node in shape]
    return starts


def _nodes(placed: Sequence[_Placed]) -> Nodes:
    models = [latency_of(each.case.profile, each.node.step.op) for each in placed]
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
    return step.budgeted or (step.op == "import.upload" and placed.case.profile.rate.counts_uploads)


def calibration_cases(case: Case, file: str) -> Iterator[Case]:
    """The case under each of the other profiles; none if the profile of that file was not calibrated."""
    others = of_profile(file, flat(case.profile))
    each = case.replicates // (len(others) + 1)
    for settings in others if each else ():
        yield replace(case, profile=with_changes(case.profile, settings), replicates=each)


BIG_LIST = 5_000_000  # what Customer Care can raise a list's cap to. Source: community.genesys.com 2025-09
RATE_FACTOR = 4
MOST_AT_ONCE = 64
FAULT_RATE = 0.01  # in place of none
PLAYED = {  # settings outside of latencies and faults that a replay depends on
    "rate.window",
    "rate.requests_per_window",
    "rate.counts_uploads",
    "jobs.import_start_delay_s",
    "jobs.import_rows_per_s",
    "jobs.export_start_delay_s",
    "jobs.export_rows_per_s",
    "jobs.exports_at_once",
    "request_timeout_s",
}


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A case that differs from the one asked about in what `change` says."""

    change: str
    case: Case
    setting: str = ""  # of the profile, if it is one
    to: Any = None


def options(upload: UploadCase, base: Case, replicates: int) -> Iterator[WhatIf]:
    """What the user of an upload could change."""
    base = replace(base, replicates=replicates)
    profile, rate = base.profile, base.profile.rate.requests_per_window
    if rate:
        raised = with_changes(profile, {"rate.requests_per_window": rate * RATE_FACTOR})
        yield WhatIf(f"a rate limit of {rate * RATE_FACTOR:,} instead of {rate:,}", replace(base, profile=raised))
        yield WhatIf("a second OAuth client", replace(base, clients=2))
    more = min(MOST_AT_ONCE, base.concurrency * 2)
    yield WhatIf(f"{more} requests in flight instead of {base.concurrency}", replace(base, concurrency=more))
    lists = len(base.program.rows)
    if upload.strategy.main_op == "contacts.add" and (half := upload.settings.batch_size // 2):
        smaller = replace(upload, settings=replace(upload.settings, batch_size=half))
        yield WhatIf(f"batches of {half:,} instead of {upload.settings.batch_size:,}", _again(base, smaller))
    if lists > 1 and upload.sizes.leads <= BIG_LIST:
        one = replace(upload, contacts_per_list=BIG_LIST, lists=1)
        yield WhatIf(f"1 list of {BIG_LIST:,} instead of {lists} lists", _again(base, one))
    if 0 < lists * 2 <= upload.sizes.leads:
        yield WhatIf(f"{lists * 2} lists instead of {lists}", _again(base, replace(upload, lists=lists * 2)))


def _again(base: Case, upload: UploadCase) -> Case:
    return replace(base, program=program(upload))


def assumptions(profile: LoadedProfile, base: Case, replicates: int) -> Iterator[WhatIf]:
    """Each setting that is assumed and that the upload may hang on, at twice its value, or the other way round."""
    base = replace(base, replicates=replicates)
    used = _ops(base.program)
    for name, value in flat(profile.profile).items():
        if "assumption" in profile.sources.get(name, "") and _matters(name, used, profile.profile):
            to = _otherwise(name, value)
            if to is not None:
                case = replace(base, profile=with_changes(profile.profile, {name: to}))
                yield WhatIf(f"{name} = {to}", case, name, to)


def _matters(name: str, used: set[str], profile: Profile) -> bool:
    if name.startswith("latency."):
        op = name.removeprefix("latency.").rpartition(".")[0]
        return op in used or (op == "*" and bool(used - profile.latency.keys()))
    if name.startswith("jobs.import_"):
        return name in PLAYED and "import.status" in used
    if name.startswith("jobs.export"):
        return name in PLAYED and "export.create" in used
    return name in PLAYED or (name.startswith("faults.") and not name.endswith("_s"))


def _otherwise(name: str, value: Any) -> Any:
    match value:
        case bool():
            return not value
        case "fixed":
            return "sliding"
        case "sliding":
            return "fixed"
        case int() | float() if name.startswith("faults."):
            return FAULT_RATE if not value else value * 2
        case int() | float():
            return value * 2 or None
    return None


def _ops(of: Program) -> set[str]:
    """Operations up to the mapping: the proof comes after what is measured."""
    stages = of.stages[:-1]
    return {node.step.op for stage in stages for shape, _ in stage.flows for node in of.shapes[shape]}
