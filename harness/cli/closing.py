"""The last lines of an upload and of a comparison: what came of it, and what comes next."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..status import Status
from ..wording import counted

WAITS = {
    "throttle": "for the rate limit",
    "quiet": "until it was safe to look up what was in doubt",
    "backoff": "after faults",
    "outage": "for the end of an outage",
}
Entry = dict[str, Any]


def lines(document: dict[str, Any], folder: Path, status: Status) -> Iterator[str]:
    """What came of a run that has ended, from its document."""
    entries = document["strategies"]
    if document["kind"] == "compare":
        yield from _ranking(entries)
    else:
        for entry in entries:
            yield from _upload(entry, folder, status)


def next_command(document: dict[str, Any], folder: Path) -> str:
    """What whoever ran this most likely types now."""
    if document["kind"] == "compare":
        about = ["--leads", str(document["input"]["leads"]), "--profile", document["profile"]["name"]]
        return shlex.join(["contactbench", "estimate", *about, "--to", str(folder)])
    if not all(entry["verified"] for entry in document["strategies"]):
        return shlex.join(["contactbench", "verify", str(folder)])
    return shlex.join(["contactbench", "mapping", str(folder), "--to", "mapping.parquet"])


def so_far(status: Status) -> str:
    """Of a run that was stopped; "" before it began."""
    if status.books is None or not status.leads:
        return ""
    doubt = f", {counted(status.doubtful, 'request')} in doubt: looked up first by whoever goes on"
    mapped = f"so far: mapped {status.mapped():,} of {counted(status.leads, 'lead')}"
    return f"{mapped} in {_time(status.books.now())}{doubt if status.doubtful else ''}"


def _upload(entry: Entry, folder: Path, status: Status) -> Iterator[str]:
    rate = f" ({entry['contacts_per_s']:,.0f}/s)" if entry["contacts_per_s"] else ""
    proof = "proved in" if entry["verified"] else "NOT VERIFIED after"
    yield (
        f"{entry['strategy']}: mapped {entry['mapped']:,} of {counted(entry['leads'], 'lead')} in"
        f" {_time(entry['duration_s'])}{rate}, {proof} {_time(entry['verification_s'])};"
        f" mapping: {folder / 'mapping.csv'}"
    )
    waited = status.books.trouble.clock_s if status.books else {}
    told = [f"{_time(waited[why])} {what}" for why, what in WAITS.items() if waited.get(why, 0.0) >= 1.0]
    if told:
        yield f"waited: {', '.join(told)}"


def _ranking(entries: list[Entry]) -> Iterator[str]:
    """Of strategies whose mapping is proved, by when it was complete; and which is soonest, if one is."""
    from reports.wording import listed

    proved = sorted((entry for entry in entries if entry["verified"]), key=_mapped_s)
    if len(proved) < 2:
        return
    for place, entry in enumerate(proved, 1):
        when = f"mapped after {_time(_mapped_s(entry))}, proved after {_time(_proved_s(entry))}"
        yield f"{place}. {entry['strategy']}: {when}"
    soonest, tied = _first(proved, _mapped_s), _first(proved, _proved_s)
    if soonest == tied:
        yield f"soonest: {listed(soonest)}{_as_tie(soonest)}, mapped as well as proved"
        return
    yield f"soonest mapped: {listed(soonest)}{_as_tie(soonest)}; mapped and proved: {listed(tied)}{_as_tie(tied)}"


def _first(proved: list[Entry], seconds: Callable[[Entry], float]) -> list[str]:
    """Those that no other beats by more than what is called equal."""
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
