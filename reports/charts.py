"""Draws the charts as SVG, with altair and vl-convert; both come with the `report` extra and are imported late.

Colours are CSS variables of the surrounding page, so that charts follow its light and dark scheme.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from reports.results import TRAITS, RequestPoint, RequestSamples, StrategyResult
from reports.tables import Table
from reports.wording import duration

Draw = Callable[[dict[str, Any]], str]

_LINE_POINTS = 200  # in each line
_DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2])
_FLOOR_S = 0.001  # a logarithmic axis has no zero
_SECONDS = "datum.value < 1 ? format(datum.value * 1000, '~r') + ' ms' : format(datum.value, ',~r') + ' s'"
_NOISE = re.compile(r' (?:xmlns|xmlns:xlink|version|class|role|aria-[a-z]+|pointer-events)="[^"]*"| opacity="1"')
_EMPTY = re.compile(r'<path d=""[^>]*/>')
_PLACES = re.compile(r' (?:d|transform)="[^"]*"')
_DECIMALS = re.compile(r"\d+\.\d{3,}")


def drawer(load: Callable[[str], Any] = import_module) -> Draw | None:
    """A function from a Vega-Lite specification to SVG; None if the `report` extra is not installed."""
    try:
        load("altair")
        convert = load("vl_convert")
    except ImportError:
        return None
    return lambda spec: _lean(convert.vegalite_to_svg(spec))


def progress(entries: Sequence[StrategyResult]) -> dict[str, Any]:
    """Contacts mapped over time, one line per strategy."""
    import altair as alt

    per, in_units = unit(max((at for entry in entries for at, _ in entry.progress), default=0.0))
    rows = [
        {"strategy": entry.strategy, "at": at / per, "mapped": mapped}
        for entry in entries
        for at, mapped in [(0.0, 0), *_thin(entry.progress)]
    ]
    names = [entry.strategy for entry in entries]
    legend = alt.Legend(
        title=None, orient="top", symbolSize=600, labelLimit=0, columns=3, columnPadding=28, symbolOffset=4
    )
    chart = (
        alt.Chart(alt.Data(values=rows), width=780, height=300)
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=alt.X("at:Q", title=f"{in_units} since the run began", axis=alt.Axis(tickCount=10)),
            y=alt.Y("mapped:Q", title="contacts mapped", axis=alt.Axis(format=",~r", tickCount=6)),
            color=alt.Color("strategy:N", scale=alt.Scale(domain=names, range=colours(names)), legend=legend),
            strokeDash=alt.StrokeDash("strategy:N", scale=alt.Scale(domain=names, range=dashes(names)), legend=legend),
        )
    )
    return style(chart)


def latency(samples: Mapping[str, RequestSamples]) -> dict[str, Any]:
    """Time of single requests over the time of their sending, one panel per strategy, on one logarithmic scale."""
    import altair as alt

    highest = max(one.max_s for one in samples.values())
    lowest = min((point.service_s for one in samples.values() for point in one.points), default=_FLOOR_S)
    scale = alt.Scale(type="log", domain=_decades(lowest, highest), clamp=True)
    axis = alt.Axis(labelExpr=_SECONDS, values=_powers(*_decades(lowest, highest)))
    panels = [_panel(name, one, scale, axis) for name, one in samples.items()]
    return style(alt.concat(*panels, columns=2, spacing=36).resolve_scale(color="independent", size="independent"))


def _panel(name: str, one: RequestSamples, scale: Any, axis: Any) -> Any:
    import altair as alt

    per, in_units = unit(max(point.sent_at for point in one.points))
    outcome = {"domain": ["answered", "refused, not ready or failed"], "range": [_colour(name), "var(--bad)"]}
    shapes = {"domain": outcome["domain"], "range": ["circle", "cross"]}
    return (
        alt.Chart(alt.Data(values=[_dot(point, per) for point in one.points]), width=340, height=190)
        .mark_point(filled=True, opacity=0.65)
        .encode(
            x=alt.X("at:Q", title=f"sent, {in_units} since the run began", axis=alt.Axis(tickCount=6)),
            y=alt.Y("took:Q", title="time per request", scale=scale, axis=axis),
            color=alt.Color("outcome:N", scale=alt.Scale(**outcome), legend=None),
            shape=alt.Shape("outcome:N", scale=alt.Scale(**shapes), legend=None),
            size=alt.Size(
                "outcome:N",
                scale=alt.Scale(domain=outcome["domain"], range=[14 if len(one.points) > 60 else 50, 45]),
                legend=None,
            ),
        )
        .properties(title=f"{name}: median {duration(one.p50_s)}, p95 {duration(one.p95_s)}")
    )


def _dot(point: RequestPoint, per: float) -> dict[str, Any]:
    outcome = "answered" if point.ok else "refused, not ready or failed"
    return {"at": round(point.sent_at / per, 4), "took": max(round(point.service_s, 4), _FLOOR_S), "outcome": outcome}


def style(chart: Any) -> dict[str, Any]:
    """The specification of `chart` in the page's type and colours."""
    text = {"labelColor": "var(--muted)", "titleColor": "var(--muted)", "labelFontSize": 12, "titleFontSize": 12}
    lines = {"gridColor": "var(--line)", "domainColor": "var(--line)", "tickColor": "var(--line)", "titlePadding": 14}
    spec: dict[str, Any] = (
        chart.properties(background="transparent")
        .configure(font="system-ui, sans-serif", aria=False)
        .configure_axis(**text, **lines, titleFontWeight="normal")
        .configure_legend(labelColor="var(--text)", labelFontSize=13)
        .configure_title(color="var(--text)", fontSize=13, anchor="start", fontWeight=600)
        .configure_view(stroke=None)
        .to_dict()
    )
    return spec


def _thin(progress: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Every n-th point and the last one, without which the line would end too early."""
    step = -(-len(progress) // _LINE_POINTS) or 1
    kept = list(progress[::step])
    return kept if not progress or kept[-1] == progress[-1] else [*kept, progress[-1]]


def unit(longest_s: float) -> tuple[float, str]:
    return (60.0, "minutes") if longest_s > 180 else (1.0, "seconds")


def _decades(lowest_s: float, highest_s: float) -> list[float]:
    """The powers of ten around a range, at least one decade apart."""
    low, high = _FLOOR_S, 10 * _FLOOR_S
    while low * 10 <= lowest_s:
        low, high = low * 10, high * 10
    while high < highest_s:
        high *= 10
    return [low, high]


def _powers(low: float, high: float) -> list[float]:
    return [low] if low >= high * 0.99 else [low, *_powers(low * 10, high)]


def _place(name: str) -> int:
    """The number of a strategy's colour and dashes, the same in every report."""
    return list(TRAITS).index(name) if name in TRAITS else len(TRAITS)


def _colour(name: str) -> str:
    return f"var(--s{_place(name) % 5 + 1})"


def colours(names: Sequence[str]) -> list[str]:
    return [_colour(name) for name in names]


def dashes(names: Sequence[str]) -> list[list[int]]:
    return [_DASHES[_place(name) % len(_DASHES)] for name in names]


def _lean(svg: str) -> str:
    """`svg` for use inside a page: without namespaces and attributes for scripts, coordinates to 0.01 pixels."""
    bare = _EMPTY.sub("", _NOISE.sub("", svg))
    return _PLACES.sub(lambda match: _DECIMALS.sub(lambda digits: f"{float(digits[0]):.2f}", match[0]), bare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart and its data. If `svg` is empty, `missing` says why."""

    title: str
    caption: str
    alternative: str
    data: Table
    svg: str = ""
    missing: str = ""
