"""What a calibration leaves: the profile, the document with samples, fits and replicates, plots, and a text."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ...mapping.files import write_json
from .. import write_profile
from .fitting import FitResult, beside, table
from .job_fit import JobFit, Moments
from .latency_fit import LatencyFit, Observed
from .observations import Observations

WIDTH, HEIGHT = 420, 320
PAGE = """<!doctype html><meta charset="utf-8"><title>Calibration of {host}</title>
<style>body{{font:15px system-ui,sans-serif;margin:2rem;max-width:64rem}}
figure{{display:inline-block;margin:1rem}}</style>
<h1>Calibration of {host}, {date}</h1>
<p>Each point is a request, or a moment of a job; the line is where the fit says it should be. A fit is good where
points scatter evenly around the line along all of it. Figures of this org on this day, of no other.</p>
{figures}
"""


def draw_fits(to: Path, found: FitResult, host: str, date: str) -> Path | None:
    """The page, if it can be drawn."""
    from reports.charts import drawer

    svg = drawer()
    if svg is None:
        return None
    figures = "\n".join(
        f"<figure><figcaption>{escape(title)}</figcaption>{svg(spec)}</figure>" for title, spec in _specs(found)
    )
    to.write_text(PAGE.format(host=escape(host), date=escape(date), figures=figures), encoding="utf-8")
    return to


def _specs(found: FitResult) -> Iterator[tuple[str, dict[str, Any]]]:
    for op, fitted in found.fits.items():
        yield f"{op}, {len(found.observed[op])} requests", _latency(found.observed[op], fitted)
    for kind, (moments, line) in found.jobs.items():
        yield f"{kind}s, {len(moments)} moments", _job(moments, line)


def _latency(seen: Observed, fitted: LatencyFit) -> dict[str, Any]:
    expected = fitted.median_s(seen)
    rows = [
        {"x": float(x), "y": float(y), "contacts": int(n)}
        for x, y, n in zip(expected, seen.seconds, seen.contacts, strict=True)
    ]
    ends = [{"x": float(x), "y": float(x)} for x in (expected.min(), expected.max())]
    return _chart(rows, ends, "median of the fit, s", "measured, s", "log", "contacts:O")


def _job(moments: Moments, line: JobFit) -> dict[str, Any]:
    rows = [{"x": float(x), "y": float(y), "contacts": 0} for x, y in zip(moments.rows, moments.at, strict=True)]
    ends = [{"x": float(x), "y": float(line.at(x))} for x in (moments.rows.min(), moments.rows.max())]
    return _chart(rows, ends, "rows that were through", "s since it was asked for", "linear", None)


def _chart(
    rows: list[dict[str, Any]], ends: list[dict[str, Any]], x: str, y: str, scale: Any, colour: str | None
) -> dict[str, Any]:
    import altair as alt

    across, up = (alt.X("x:Q", title=x), alt.Y("y:Q", title=y))
    across, up = across.scale(type=scale, zero=False), up.scale(type=scale, zero=False)
    points = alt.Chart(alt.Data(values=rows)).mark_point(filled=True, opacity=0.5, size=14).encode(x=across, y=up)
    if colour:
        points = points.encode(color=alt.Color(colour, title="contacts"))
    fitted = alt.Chart(alt.Data(values=ends)).mark_line(color="black").encode(x=across, y=up)
    spec: dict[str, Any] = (points + fitted).properties(width=WIDTH, height=HEIGHT).to_dict()
    return spec


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
