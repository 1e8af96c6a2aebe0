"""The messages of a run: faults as they occur, the result at the end, and the next command."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..status import Status
from ..wording import quantity

if TYPE_CHECKING:
    from ..client.request_context import RequestContext


WAITS = {
    "throttle": "for the rate limit",
    "quiet": "before looking up what was in doubt",
    "backoff": "after faults",
    "outage": "for the end of an outage",
}
Entry = dict[str, Any]


def lines(document: dict[str, Any], folder: Path, status: Status) -> Iterator[str]:
    """The result of a finished run, from its document."""
    entries = document["strategies"]
    if document["kind"] == "compare":
        yield from _ranking(entries)
    else:
        for entry in entries:
            yield from _upload(entry, folder, status)


def next_command(document: dict[str, Any], folder: Path) -> str:
    """The command that most likely comes next."""
    if document["kind"] == "compare":
        about = ["--leads", str(document["input"]["leads"]), "--profile", document["profile"]["name"]]
        return shlex.join(["contactbench", "estimate", *about, "--to", str(folder)])
    if not all(entry["verified"] for entry in document["strategies"]):
        return shlex.join(["contactbench", "verify", str(folder)])
    return shlex.join(["contactbench", "mapping", str(folder), "--to", "mapping.parquet"])


def so_far(status: Status) -> str:
    """How far a stopped run has got; "" before it began."""
    if status.context is None or not status.leads:
        return ""
    doubt = f", {quantity(status.doubtful, 'request')} in doubt, to be looked up first by the next start"
    mapped = f"so far: mapped {status.mapped_leads():,} of {quantity(status.leads, 'lead')}"
    return f"{mapped} in {_time(status.context.now())}{doubt if status.doubtful else ''}"


def _upload(entry: Entry, folder: Path, status: Status) -> Iterator[str]:
    rate = f" ({entry['contacts_per_s']:,.0f}/s)" if entry["contacts_per_s"] else ""
    proof = "proved in" if entry["verified"] else "NOT VERIFIED after"
    yield (
        f"{entry['strategy']}: mapped {entry['mapped']:,} of {quantity(entry['leads'], 'lead')} in"
        f" {_time(entry['duration_s'])}{rate}, {proof} {_time(entry['verification_s'])};"
        f" mapping: {folder / 'mapping.csv'}"
    )
    waited = status.context.fault_counts.clock_s if status.context else {}
    waits = [f"{_time(waited[kind])} {reason}" for kind, reason in WAITS.items() if waited.get(kind, 0.0) >= 1.0]
    if waits:
        yield f"waited: {', '.join(waits)}"


def _ranking(entries: list[Entry]) -> Iterator[str]:
    """The strategies whose mapping is proved, by when it was complete, and the soonest one or the tie."""
    from reports.wording import join_words

    proved = sorted((entry for entry in entries if entry["verified"]), key=_mapped_s)
    if len(proved) < 2:
        return
    for place, entry in enumerate(proved, 1):
        when = f"mapped after {_time(_mapped_s(entry))}, proved after {_time(_proved_s(entry))}"
        yield f"{place}. {entry['strategy']}: {when}"
    soonest, tied = _first(proved, _mapped_s), _first(proved, _proved_s)
    if soonest == tied:
        yield f"soonest: {join_words(soonest)}{_as_tie(soonest)}, mapped as well as proved"
        return
    first, surest = f"{join_words(soonest)}{_as_tie(soonest)}", f"{join_words(tied)}{_as_tie(tied)}"
    yield f"soonest mapped: {first}; mapped and proved: {surest}"


def _first(proved: list[Entry], seconds: Callable[[Entry], float]) -> list[str]:
    """The fastest strategies: the one with the least time, and those that count as equal."""
    from reports.answer import SAME

    least = min(map(seconds, proved))
    return [entry["strategy"] for entry in proved if seconds(entry) <= least * SAME]


def _as_tie(names: list[str]) -> str:
    return ", a tie" if len(names) > 1 else ""


def _mapped_s(entry: Entry) -> float:
    return float(entry["duration_s"])


def _proved_s(entry: Entry) -> float:
    return float(entry["duration_s"] + entry["verification_s"])


def _time(seconds: float) -> str:
    from reports.wording import duration

    return duration(seconds)


# The line that reports an increase of each fault counter, in the order of cause and effect.
KINDS: dict[str, Callable[[int, "RequestContext"], str]] = {
    "refused": lambda n, context: (
        f"rate limit: {quantity(n, 'request')} refused (429); nothing is sent for {_blocked_s(context):.0f} s"
    ),
    "expired": lambda n, _: f"token: {quantity(n, 'request')} refused (401); fetching a new token",
    "failed": lambda n, _: f"server: {quantity(n, 'answer')} of 5xx or 408",
    "cut": lambda n, _: f"connection: {quantity(n, 'answer')} lost or cut off",
    "unsent": lambda n, _: f"connection: {quantity(n, 'request')} refused before sending; sent again",
    "repeatable": lambda n, _: f"repeated: {quantity(n, 'request')} without a clear answer, harmless to send twice",
    "batches_in_doubt": lambda n, context: (
        f"in doubt: {quantity(n, 'batch', 'batches')}; looked up before any of their leads is sent again"
    ),
    "leads_found": lambda n, _: f"looked up: {quantity(n, 'lead was', 'leads were')} in the org, and adopted",
    "leads_resent": lambda n, _: f"looked up: {quantity(n, 'lead was', 'leads were')} missing, and sent again",
    "lists_reloaded": lambda n, _: (
        f"in doubt: {quantity(n, 'list')} that may have held half an upload; dropped, and loaded from the start"
    ),
}


def _blocked_s(context: "RequestContext") -> float:
    return max(0.0, context.budget.blocked_until - context.now())


class FaultMessages:
    """Reports the faults of a command's runs, one run after the other; each kind at most once every `every_s`."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self._context: RequestContext | None = None
        self._reported: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._outage = False

    def lines(self, context: "RequestContext | None", now: float, *, last: bool = False) -> Iterator[str]:
        """The new messages; for an earlier run, and with `last`, everything not reported yet."""
        if self._context is not None and (last or context is not self._context):
            yield from self._new(self._context, now, due=False)
        if context is not self._context:
            self._context, self._reported, self._due, self._outage = context, {}, {}, False
        if context is not None and not last:
            yield from self._new(context, now, due=True)

    def _new(self, context: "RequestContext", now: float, *, due: bool) -> Iterator[str]:
        for kind, message in KINDS.items():
            more = getattr(context.fault_counts, kind) - self._reported.get(kind, 0)
            if more > 0 and not (due and now < self._due.get(kind, now)):
                self._reported[kind], self._due[kind] = self._reported.get(kind, 0) + more, now + self.every_s
                yield message(more, context)
        yield from self._outages(context)

    def _outages(self, context: "RequestContext") -> Iterator[str]:
        opened, breaker = self._reported.get("outages", 0), context.breaker
        if breaker.opened > opened:
            self._reported["outages"], self._outage = breaker.opened, True
            yield "outage: every request fails; one is tried now and then until the server answers again"
        if self._outage and breaker.opened_at is None:
            self._outage = False
            yield "outage: over, the server answers again"
