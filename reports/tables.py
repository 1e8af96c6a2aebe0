"""The tables of the report as plain text, for both documents. Only verified runs get numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.files import personal_files
from reports.answer import soonest
from reports.results import TRAITS, FaultTotals, OperationResult, RunResult, StrategyResult
from reports.wording import NONE, code, duration, number, rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The first cell of a row is its heading. `best` is the column to highlight, -1 for none."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: int = -1
    numbers: bool = False  # cells after the first are numbers and aligned right


EMPTY = Table(caption="", head=(), rows=())


def _share(entry: StrategyResult) -> str:
    rejected = f"; {number(entry.rejected)} rejected" if entry.rejected else ""
    if entry.mapped == entry.leads:
        return f"all {number(entry.leads)}{rejected}"
    return f"{number(entry.mapped)} of {number(entry.leads)}{rejected}"


def _main(entry: StrategyResult) -> OperationResult:
    return entry.operations.get(entry.main_op or "", OperationResult())


_MEASURES: tuple[tuple[str, Callable[[StrategyResult], str]], ...] = (
    ("Complete mapping after", lambda e: duration(e.duration_s)),
    ("– of which upload", lambda e: duration(e.upload_s)),
    ("– of which making the mapping", lambda e: duration(e.mapping_s)),
    ("First mapping after", lambda e: duration(e.first_mapping_s)),
    ("Proof by a second read, afterwards", lambda e: duration(e.verification_s)),
    ("Requests", lambda e: number(e.requests)),
    ("Main request", lambda e: code(e.main_op or "")),
    ("– time per request, median (p50)", lambda e: duration(_main(e).p50_s)),
    ("– time per request, p95", lambda e: duration(_main(e).p95_s)),
    ("– time per request, p99", lambda e: duration(_main(e).p99_s)),
    ("Contacts per second", lambda e: rate(e.contacts_per_s)),
    ("Waiting for the rate limit, all requests together", lambda e: duration(e.throttled_s)),
    ("Waiting for a server that failed everything", lambda e: duration(e.outage_s) if e.outage_s else NONE),
    ("Suspended, part of no other figure", lambda e: duration(e.suspended_s) if e.suspended_s else NONE),
    ("Refused for the rate (429)", lambda e: number(e.status_429)),
    ("Repeated requests", lambda e: number(e.retries)),
    ("What held it up", lambda e: e.bottleneck or NONE),
    ("To know", lambda e: "; ".join(e.notices) or NONE),
    ("Leads mapped", _share),
)


def comparison(run: RunResult) -> Table:
    """One column per strategy, the soonest first; a strategy that was not proved shows only its verdict."""
    proved, unproved = run.valid(), run.invalid()
    measured = [(name, *(read(entry) for entry in proved), *(NONE for _ in unproved)) for name, read in _MEASURES]
    verdict = ("Verdict", *("✓ verified" for _ in proved), *("✗ INVALID" for _ in unproved))
    found = ("Found by the second read", *(_findings(entry) for entry in [*proved, *unproved]))
    return Table(
        caption=("The same leads for every strategy. " if len(run.strategies) > 1 else "")
        + "Time per request counts from the moment a request is sent.",
        head=("", *(entry.strategy for entry in [*proved, *unproved])),
        rows=(verdict, *(row for row in measured if set(row[1:]) != {NONE}), found),
        best=1 if len(proved) > 1 and len(soonest(run.valid())) == 1 else -1,
        numbers=True,
    )


def _findings(entry: StrategyResult) -> str:
    """The contacts that do not agree, as counts."""
    if entry.verification is None:
        return "not read" if not entry.verified else NONE
    counts = {key: value for key, value in msgspec.structs.asdict(entry.verification).items() if key != "method"}
    wrong = [f"{number(value)} {key}" for key, value in counts.items() if value]
    return ", ".join(wrong) or ("all agree" if entry.verified else "not finished")


_FAULTS: tuple[tuple[str, Callable[[FaultTotals], str]], ...] = (
    ("Requests without a clear answer", lambda t: number(t.requests)),
    ("– refused for the rate (429)", lambda t: number(t.refused)),
    ("– refused for a token that had ended (401)", lambda t: number(t.expired)),
    ("– answered with an error of the server (5xx, 408)", lambda t: number(t.failed)),
    ("– cut off, or never answered", lambda t: number(t.cut)),
    ("– that could not be sent: connection refused", lambda t: number(t.unsent)),
    ("Of these: nothing had been done, sent again", lambda t: number(t.not_applied)),
    ("Of these: unclear, sent again since a repeat does no harm", lambda t: number(t.repeatable)),
    ("Of these: unclear, looked up since a repeat would double leads", lambda t: number(t.doubtful)),
    ("Batches in doubt", lambda t: number(t.batches_in_doubt)),
    ("– leads of theirs found in the org, and adopted", lambda t: number(t.leads_found)),
    ("– leads of theirs not found, and sent again", lambda t: number(t.leads_resent)),
    ("Lists dropped and loaded anew, since a lost upload may have filled them", lambda t: number(t.lists_reloaded)),
    ("Waited before sending again", lambda t: duration(t.waited_s.get("backoff", 0.0))),
    ("Waited as long as a 429 said", lambda t: duration(t.waited_s.get("throttle", 0.0))),
    ("Waited until a lost request must have ended", lambda t: duration(t.waited_s.get("quiet", 0.0))),
    ("Waited for the end of an outage", lambda t: duration(t.waited_s.get("outage", 0.0))),
)
_NOTHING = {"0", "0 s", NONE}


def trouble(run: RunResult) -> Table:
    """One column per strategy, as in the comparison; no rows if nothing went wrong."""
    proved, unproved = run.valid(), run.invalid()
    met = [entry.trouble or FaultTotals() for entry in proved]
    rows = [(name, *(read(one) for one in met), *(NONE for _ in unproved)) for name, read in _FAULTS]
    rows = [row for row in rows if not set(row[1:]) <= _NOTHING]
    if not any(one.requests or one.batches_in_doubt or one.lists_reloaded for one in met):
        rows = []  # waiting for a slow export is not a fault
    if rows:
        rows.append(("Leads lost or doubled in the end", *("none" for _ in proved), *(NONE for _ in unproved)))
    injected = sum(sum(entry.faults_struck.values()) for entry in proved)
    mock = f"The mock injected {number(injected)} faults. " if injected else ""
    return Table(
        caption=f"{mock}Waiting is added up over all requests that waited, many of them at the same time.",
        head=("", *(entry.strategy for entry in [*proved, *unproved])),
        rows=tuple(rows),
        numbers=True,
    )


def thresholds(run: RunResult) -> Table:
    """The limits of the run and whether it kept them; no rows if it had none."""
    missed = sum(not one.passed for one in run.thresholds)
    return Table(
        caption=f"{missed} of {len(run.thresholds)} limits are crossed." if missed else "Every limit was kept.",
        head=("Strategy", "Limit", "Found", "Kept"),
        rows=tuple((o.strategy, code(o.threshold), o.told, "✓ yes" if o.passed else "✗ no") for o in run.thresholds),
    )


def safety(run: RunResult) -> Table:
    """What each strategy of the run does after a lost answer."""
    return Table(
        caption="An answer can be lost after the work was done, so recovery depends on what a second send does.",
        head=("Strategy", "Safe to send twice?", "Contact ID", "Mapping comes from", "After a lost answer"),
        rows=tuple(_safety(entry.strategy) for entry in run.strategies),
    )


def _safety(name: str) -> tuple[str, ...]:
    facts = TRAITS.get(name)
    if facts is None:
        return (name, NONE, NONE, NONE, NONE)
    return (
        name,
        "✓ yes, inside one list" if facts.twice else "✗ no",
        facts.contact_id,
        facts.mapping,
        facts.lost_answer,
    )


def lists(run: RunResult) -> Table:
    """The contact lists of verified strategies, and their sizes."""
    return Table(
        caption="Contact lists that the verified strategies filled.",
        head=("Strategy", "Contact list", "ID", "Contacts"),
        rows=tuple((e.strategy, one.name, code(one.id), number(one.size)) for e in run.valid() for one in e.lists),
    )


def operations(entry: StrategyResult) -> Table:
    """Counts and times of every operation of one strategy."""
    return Table(
        caption=f"{entry.strategy}: service time counts from the send, response time from when it was planned "
        "(with the wait for the rate limit).",
        head=("Operation", "Requests", "Errors", "p50", "p95", "p99", "Longest", "Response p50", "Response p95"),
        rows=tuple((name, *_operation(one)) for name, one in sorted(entry.operations.items())),
        numbers=True,
    )


def _operation(one: OperationResult) -> tuple[str, ...]:
    times = (one.p50_s, one.p95_s, one.p99_s, one.max_s, one.latency_p50_s, one.latency_p95_s)
    return (number(one.count), number(one.errors), *(duration(time) for time in times))


def settings(run: RunResult) -> Table:
    """Every setting of the profile with its source; no rows without a profile."""
    known = run.profile.settings if run.profile else {}
    return Table(
        caption="The limits and speeds of the org that the mock imitates. An assumption has no public source.",
        head=("Setting", "Value", "Source"),
        rows=tuple((name, _value(one.value), one.source or "assumption") for name, one in sorted(known.items())),
    )


def _value(value: Any) -> str:
    if isinstance(value, bool | str) or value is None:
        return msgspec.json.encode(value).decode()
    if isinstance(value, int):
        return number(value)
    return (
        str(value) if isinstance(value, float) else msgspec.json.format(msgspec.json.encode(value), indent=-1).decode()
    )


def reproduce(run: RunResult, directory: Path) -> Table:
    """What is needed to reproduce the numbers, and where people's data lie."""
    names = ", ".join(code(name) for name in sorted({path.name for path in personal_files(directory)}))
    columns = (
        f"{run.input.lead_id_column} (Lead ID), {run.input.phone_column} (phone)" if run.input.lead_id_column else ""
    )
    rows = [
        ("Command", code(run.command)),
        ("Seed", "" if run.seed is None else str(run.seed)),
        ("Pace", PACES.get(run.pace, run.pace)),
        ("Input", f"{run.input.name}, {number(run.input.leads)} leads" if run.input.name else ""),
        ("Input sha256", code(run.input.sha256 or "")),
        ("Columns used", columns),
        ("Run", code(run.run_id)),
        ("Created", run.created),
        ("People's data", f"{names}; {code('contactbench purge')} removes them" if names else "no file of this folder"),
        ("Target", " ".join(dict.fromkeys((run.target.kind, run.target.host, run.target.org or "")))),
        ("Machine", _machine(run)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in _versions(run).items())),
        *((f"Mapping of {e.strategy}, sha256", code((e.mapping and e.mapping.sha256) or "")) for e in run.valid()),
    ]
    kept = tuple(row for row in rows if row[1] not in ("", NONE))
    return Table(caption=_again(run), head=("What", "Value"), rows=kept)


def _again(run: RunResult) -> str:
    if run.pace == "virtual" and run.target.is_mock:
        return "The same command, seed and versions give the same run."
    return "What ran, and on what. Measured times differ a little from run to run."


PACES = {
    "virtual": "virtual: the real client and server, on a clock that skips the waiting",
    "real": "real: waits were sat through",
    "none": "none: no limits and no latencies, the speed of this machine alone",
}


def _versions(run: RunResult) -> dict[str, str]:
    return {run.tool.name: run.tool.version, **run.versions}


def _machine(run: RunResult) -> str:
    machine = run.machine
    if machine is None:
        return ""
    parts = []
    if machine.cpus is not None:
        parts.append(f"{machine.cpus} CPUs")
    if machine.wall_s is not None and run.valid():
        parts.append(f"the run took {duration(machine.wall_s)} there")
    if machine.peak_rss_mib is not None:
        parts.append(f"at most {machine.peak_rss_mib:,.0f} MiB of memory")
    return ", ".join(parts)
