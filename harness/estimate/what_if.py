"""What would be otherwise: the same upload with one thing changed, as a world beside the one asked about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.profile import LoadedProfile, Profile, changed, flat

from .cases import Case
from .recording import Program, UploadCase, program

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
    """A world that differs from the one asked about in what `change` says."""

    change: str
    world: Case
    setting: str = ""  # of the profile, if it is one
    to: Any = None


def options(upload: UploadCase, base: Case, replicates: int) -> Iterator[WhatIf]:
    """What whoever runs the upload could change."""
    base = replace(base, replicates=replicates)
    profile, rate = base.profile, base.profile.rate.requests_per_window
    if rate:
        raised = _with(profile, {"rate.requests_per_window": rate * RATE_FACTOR})
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
                world = replace(base, profile=_with(profile.profile, {name: to}))
                yield WhatIf(f"{name} = {to}", world, name, to)


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


def _with(profile: Profile, settings: Mapping[str, Any]) -> Profile:
    return changed(profile, settings)[0]
