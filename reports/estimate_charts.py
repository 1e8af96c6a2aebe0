"""Draws an estimate: spreads of times, and what single changes do to them, on logarithmic scales."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reports.charts import colours, styled, unit
from reports.estimates import Played

_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
_ROW = 13  # pixels a strategy within a row
_WIDTH = 780  # of a drawing, labels included
_CHARACTER = 7.2  # pixels a label's character takes at most
_RATIOS = (0.1, 0.2, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_ROOM = 0.03  # kept free on either side of the dots, in powers of ten
_LEAST = 0.001  # a logarithmic axis has no zero


def times(played: Sequence[Played]) -> dict[str, Any]:
    """P10 to P90 as a line with the P50 on it: a row a profile, a colour a strategy."""
    import altair as alt

    per, name = unit(max(one.duration_s.p90 for one in played))
    spreads = [_spread(one, per) for one in played]
    rows = [{"strategy": one.strategy, "row": one.profile, **row} for one, row in zip(played, spreads, strict=True)]
    names = sorted({one.strategy for one in played})
    order = list(dict.fromkeys(one.profile for one in played))
    shared = _rows(names, order)
    base = alt.Chart(alt.Data(values=rows), width=_WIDTH - _extent(order), height=alt.Step(_ROW))
    low, high = _around([row[end] for row in spreads for end in ("p10", "p90")])
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    axis = alt.Axis(format="~r", values=_ticks(low, high))
    x = alt.X("p50:Q", title=f"{name} until all leads are mapped", scale=scale, axis=axis)
    spread = base.mark_rule(strokeWidth=3, opacity=0.5).encode(x=alt.X("p10:Q", scale=scale), x2="p90:Q", **shared)
    middle = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, shape=_shape(names), **shared)
    return styled(spread + middle)


def _spread(one: Played, per: float) -> dict[str, float]:
    return {name: getattr(one.duration_s, name) / per for name in ("p10", "p50", "p90")}


def sensitivity(changes: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> dict[str, Any]:
    """A dot a strategy in the row of each change: how many times as long it takes with it."""
    import altair as alt

    rows = [
        {"strategy": name, "row": change, "ratio": ratio, "one": 1.0}
        for change, ratios in changes.items()
        for name, ratio in ratios.items()
    ]
    low, high = _around([0.9, 1.1, *(ratio for ratios in changes.values() for ratio in ratios.values())])
    axis = alt.Axis(values=[one for one in _RATIOS if low <= one <= high], labelExpr="'× ' + format(datum.value, '~r')")
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    shared = _rows(names, list(changes))
    base = alt.Chart(alt.Data(values=rows), width=_WIDTH - _extent(list(changes)), height=alt.Step(_ROW))
    x = alt.X("ratio:Q", title="times as long", scale=scale, axis=axis)
    line = base.mark_rule(strokeWidth=3, opacity=0.45).encode(x=alt.X("one:Q", scale=scale), x2="ratio:Q", **shared)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, shape=_shape(names), **shared)
    rule = alt.Chart(alt.Data(values=[{"one": 1.0}])).mark_rule(color="var(--muted)").encode(x="one:Q")
    return styled(rule + line + dots)


def _rows(names: Sequence[str], order: Sequence[str]) -> dict[str, Any]:
    """A row a thing, in it a line a strategy."""
    import altair as alt

    axis = alt.Axis(
        title=None, labelLimit=0, grid=True, ticks=False, domain=False, tickBand="extent", minExtent=_extent(order)
    )
    return {
        "y": alt.Y("row:N", sort=list(order), axis=axis),
        "yOffset": alt.YOffset("strategy:N", sort=list(names)),
        "color": alt.Color("strategy:N", scale=alt.Scale(domain=list(names), range=colours(names)), legend=_legend()),
    }


def _shape(names: Sequence[str]) -> Any:
    import altair as alt

    shapes = [_SHAPES[place % len(_SHAPES)] for place in range(len(names))]
    return alt.Shape("strategy:N", scale=alt.Scale(domain=list(names), range=shapes), legend=_legend())


def _legend() -> Any:
    import altair as alt

    return alt.Legend(title=None, orient="top", symbolSize=90, labelLimit=0, columns=2, columnPadding=60)


def _around(values: Sequence[float]) -> tuple[float, float]:
    """The range of `values`, none of them zero, with some room."""
    known = [max(value, _LEAST) for value in values]
    return min(known) * 10**-_ROOM, max(known) * 10**_ROOM


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every power of ten in the range."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for power in powers for step in (1, 2, 5) if low <= (tick := round(step * 10.0**power, 9)) <= high]


def _extent(labels: Sequence[str]) -> int:
    """Pixels for labels, counted here: what measures them otherwise does not have the page's font."""
    return round(_CHARACTER * max(map(len, labels))) + 12
