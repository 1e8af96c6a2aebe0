"""Fits beside the samples they were made from, on one page; only where the `report` extra is installed."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from .fitting import FitResult
from .job_fit import JobFit, Moments
from .latency_fit import LatencyFit, Observed

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
