"""The profile of what was found, and beside it the calibration: samples, fits, replicates and what was not measured."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...mapping.files import write_json
from ..experiment import write_profile
from .fitting import FitResult, beside, table
from .latency_fit import Observed
from .observations import Observations
from .plots import draw_fits

NOT_MEASURED = {
    "jobs.exports_at_once": "it takes as many lists as exports at once",
    "rate.scope": "`contactbench probe` asks for it",
    "rate.counts_uploads": "`contactbench probe` asks for it",
    "request_timeout_s": "nothing that is asked takes so long",
    "faults": "what happens once in thousands of requests is not seen in hundreds",
    "latency.contacts.bulk": "it belongs to the proof, whose time is reported apart",
}
SCHEMA = 1


def write_results(
    to: Path, folder: Path, found: FitResult, book: Observations, host: str, date: str, notices: Sequence[str]
) -> dict[str, Any]:
    """Write both; the document without samples and replicates."""
    sources = {name: _source(name, found, host, date) for name in found.settings}
    write_profile(to, found.settings, sources)
    document = {
        "schema": SCHEMA,
        "run": str(folder),
        "host": host,
        "date": date,
        "profile": str(to),
        "used": {
            "requests": len(book.seen),
            "contacts": book.contacts,
            "minutes": round(max((one.done for one in book.seen), default=0.0) / 60, 2),
        },
        "settings": dict(found.settings),
        "intervals": {name: found.interval(name) for name in found.settings if found.interval(name) is not None},
        "goodness": dict(found.goodness),
        "notes": dict(found.notes),
        "not_measured": NOT_MEASURED,
        "notices": list(notices),
    }
    whole = document | {
        "replicates": table(found.replicates),
        "samples": {op: _columns(seen) for op, seen in found.observed.items()},
    }
    for path in (beside(to), folder / "calibration.json"):
        write_json(path, whole)
    drawn = draw_fits(folder / "calibration.html", found, host, date)
    return document | {"plots": str(drawn) if drawn else None}


def _source(name: str, found: FitResult, host: str, date: str) -> str:
    said = f"calibrated {date} on {host}: n={found.samples[name]}"
    if name in found.notes:
        return f"{said}; {found.notes[name]}"
    between = found.interval(name)
    if between is None:
        return said
    low, high = between
    told = f"{said}, 90 % interval {low:.4g}..{high:.4g}"
    return f"{told}: not determined on its own" if _is_open(float(found.settings[name]), low, high) else told


def _is_open(value: float, low: float, high: float) -> bool:
    """The samples would allow about anything, from nothing to several times the value."""
    return high > 0 and low < 0.1 * high and not 0 < value < low


def _columns(seen: Observed) -> dict[str, list[float]]:
    names = ("seconds", "contacts", "kib", "in_work")
    return {name: [round(float(value), 6) for value in getattr(seen, name)] for name in names}


# A calibration in words: what was found, how well it is known, and what was not looked at.


SHOWN = ("rate.", "jobs.", "latency.contacts.add.", "latency.import.upload.")


def render_text(document: dict[str, Any]) -> str:
    return "\n".join(_lines(document))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    used = document["used"]
    yield (
        f"{used['contacts']:,} contacts in {used['requests']:,} requests, {used['minutes']:.1f} minutes;"
        f" profile: {document['profile']}, calibration beside it"
    )
    for name, value in document["settings"].items():
        if name.startswith(SHOWN):
            yield f"  {name} = {value}{_between(document, name)}"
    for name, why in document["not_measured"].items():
        yield f"not measured: {name}: {why}"
    if document["plots"]:
        yield f"fits beside their samples: {document['plots']}"
    yield f"next: contactbench estimate --profile {document['profile']}"


def _between(document: dict[str, Any], name: str) -> str:
    if name in document["notes"]:
        return f"  ({document['notes'][name]})"
    if name not in document["intervals"]:
        return ""
    low, high = document["intervals"][name]
    return f"  (90 % interval {low:.4g}..{high:.4g})"
