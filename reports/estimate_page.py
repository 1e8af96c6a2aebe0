"""An estimate as sections of a run's report or as a report of its own."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reports import charts
from reports.answer import ShortAnswer
from reports.charts import Figure, colours, style, unit
from reports.estimates import Assumption, Estimate, MonthEstimate, StrategyEstimate
from reports.recommendation import best
from reports.tables import Table
from reports.wording import NONE, code, duration, join_codes, number

SHOWN_ASSUMPTIONS = 8
_NO_CHARTS = "Charts need `pip install 'contactbench[report]'`; the table has the same figures."


def note(estimate: Estimate) -> str:
    """The banner that says where the figures come from."""
    return (
        f"Estimated for {number(estimate.leads)} leads, {number(estimate.replicates)} replicates: nothing was sent. "
        "The figures are the profiles', whose latencies and job speeds are assumptions; none is a figure of Genesys's."
    )


def answer(estimate: Estimate) -> ShortAnswer:
    """The answer of an estimate, in two sentences. It recommends nothing, since nothing was run and proved."""
    played = estimate.under(estimate.assumptions_of)
    if not played:
        return ShortAnswer(valid=False, first="INVALID: the estimate holds no strategy.")
    first = best({name: one.duration_s.p50 for name, one in played.items()})
    time, when = played[first[0]].duration_s, " soonest" if len(played) > len(first) else ""
    return ShortAnswer(
        valid=True,
        first=f"If the org is as profile {code(estimate.assumptions_of)} says, {join_codes(first)} would have mapped "
        f"{number(estimate.leads)} leads{when}: half of the uploads within {duration(time.p50)}, at least eight of ten "
        f"between {duration(time.p10)} and {duration(time.p90)}.",
        others="An estimate recommends nothing, since nothing was run and proved: `contactbench compare` does both.",
    )


def figures(estimate: Estimate, draw: charts.Draw | None) -> tuple[Figure, ...]:
    """Times under each profile, the effect of changes, and the assumptions that matter most; only those with rows."""
    found = (_times(estimate, draw), _changes(estimate, draw), _assumptions(estimate, draw))
    return tuple(figure for figure in found if figure.data.rows)


def months(estimate: Estimate) -> Table:
    """Twelve months of each strategy and mode; without rows if the estimate has none."""
    return Table(
        caption=f"Every month as many leads, a fixed share of them new, nothing else in the org, which is as profile "
        f"{code(estimate.assumptions_of)} says. Times are P50.",
        head=("Strategy", "Way", "Months that fit", "First month", "Later", "Contacts at the end", "What fails"),
        rows=tuple((plan.strategy, f"{plan.mode}: {plan.meaning}", *_months(plan.months)) for plan in estimate.monthly),
    )


def _months(of: Sequence[MonthEstimate]) -> tuple[str, ...]:
    fits = [month for month in of if not month.fails]
    failure = next((f"month {month.month}: {month.fails}" for month in of if month.fails), NONE)
    first, later = (fits or [MonthEstimate(p50_s=None)])[0], fits[1:]
    return (
        f"{len(fits)} of {len(of)}",
        duration(first.p50_s),
        duration(later[-1].p50_s) if later else NONE,
        number(fits[-1].contacts_in_org) if fits else NONE,
        failure,
    )


def reproduce(estimate: Estimate) -> Table:
    """What is needed to reproduce the estimate."""
    versions = {estimate.tool.name: estimate.tool.version, **estimate.versions}
    rows = (
        ("Command", code(estimate.command)),
        ("Seed", NONE if estimate.seed is None else str(estimate.seed)),
        ("Requests in flight", number(estimate.concurrency)),
        ("Profiles", join_codes(estimate.profiles)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
    )
    kept = tuple(row for row in rows if row[1] not in ("", NONE))
    return Table(
        caption="The same command, seed and versions give the same estimate.", head=("What", "Value"), rows=kept
    )


def _times(estimate: Estimate, draw: charts.Draw | None) -> Figure:
    rows = tuple((one.strategy, one.profile, *_estimate_row(one)) for one in _in_order(estimate))
    return _figure(
        "Estimate: time to the complete mapping",
        f"A dot is the P50 of a strategy under a profile, the line goes from P10 to P90, {estimate.interval.words}. "
        f"By {code(estimate.command)}.",
        Table(
            caption=note(estimate),
            head=("Strategy", "Profile", "P10", "P50", "P90", "First mapping", "Requests", "Bottleneck"),
            rows=rows,
            numbers=True,
        ),
        draw,
        lambda: times(_in_order(estimate)),
    )


def _in_order(estimate: Estimate) -> list[StrategyEstimate]:
    """The estimates by profile, in the order given; the soonest first within each profile."""
    places = {name: place for place, name in enumerate(estimate.profiles)}
    return sorted(estimate.strategies, key=lambda one: (places.get(one.profile, len(places)), one.duration_s.p50))


def _estimate_row(one: StrategyEstimate) -> tuple[str, ...]:
    time = one.duration_s
    return (
        *(duration(value) for value in (time.p10, time.p50, time.p90, one.first_mapping_s.p50)),
        number(round(one.requests.p50)),
        one.bottleneck or NONE,
    )


def _changes(estimate: Estimate, draw: charts.Draw | None) -> Figure:
    changes: dict[str, dict[str, float]] = {}
    for name, one in estimate.under(estimate.assumptions_of).items():
        for changed in one.sensitivity:
            changes.setdefault(changed.change, {})[name] = changed.ratio
    return _sensitivity(
        "Estimate: the effect of changes",
        f"P50 with one thing done otherwise, under profile {code(estimate.assumptions_of)}, as a multiple of the P50 "
        "without. Left of the line is sooner.",
        "Change",
        changes,
        estimate,
        draw,
    )


def _assumptions(estimate: Estimate, draw: charts.Draw | None) -> Figure:
    return _sensitivity(
        "Estimate: the assumptions that matter most",
        f"Settings of profile {code(estimate.assumptions_of)} without a public source, each at another value: the "
        f"{SHOWN_ASSUMPTIONS} with the largest effect. Left of the line is sooner.",
        "Setting",
        {_assumption_label(one): one.ratios for one in estimate.assumptions[:SHOWN_ASSUMPTIONS]},
        estimate,
        draw,
    )


def _assumption_label(one: Assumption) -> str:
    return f"{one.setting} {_plain(one.value)} → {_plain(one.tried)}"


def _plain(value: object) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _sensitivity(
    title: str,
    caption: str,
    what: str,
    changes: Mapping[str, Mapping[str, float]],
    estimate: Estimate,
    draw: charts.Draw | None,
) -> Figure:
    names = estimate.names()
    rows = tuple((change, *(_times_as_long(ratios.get(name)) for name in names)) for change, ratios in changes.items())
    return _figure(
        title,
        caption,
        Table(caption="Times as long as without the change.", head=(what, *names), rows=rows, numbers=True),
        draw,
        lambda: sensitivity(changes, names),
    )


def _times_as_long(ratio: float | None) -> str:
    return NONE if ratio is None else f"× {ratio:.2f}"


def _figure(
    title: str, caption: str, data: Table, draw: charts.Draw | None, spec: Callable[[], dict[str, Any]]
) -> Figure:
    words = f"{title}. {caption} The table below has the same figures.".replace("`", "")
    return Figure(
        title=title,
        caption=caption,
        alternative=words,
        data=data,
        svg=draw(spec()) if draw and data.rows else "",
        missing=_NO_CHARTS,
    )


_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
_ROW = 13  # pixels per strategy within a row
_WIDTH = 780  # pixels of a drawing, labels included
_CHARACTER = 7.2  # pixels per character of a label, at most
_RATIOS = (0.1, 0.2, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_MARGIN = 0.03  # on either side of the dots, in powers of ten
_LEAST = 0.001  # a logarithmic axis has no zero


def times(played: Sequence[StrategyEstimate]) -> dict[str, Any]:
    """P10 to P90 as a line with the P50 on it: a row per profile, a colour per strategy."""
    import altair as alt

    per, name = unit(max(one.duration_s.p90 for one in played))
    intervals = [_scaled_interval(one, per) for one in played]
    rows = [{"strategy": one.strategy, "row": one.profile, **row} for one, row in zip(played, intervals, strict=True)]
    names = sorted({one.strategy for one in played})
    order = list(dict.fromkeys(one.profile for one in played))
    shared = _rows(names, order)
    base = alt.Chart(alt.Data(values=rows), width=_WIDTH - _extent(order), height=alt.Step(_ROW))
    low, high = _around([row[end] for row in intervals for end in ("p10", "p90")])
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    axis = alt.Axis(format="~r", values=_ticks(low, high))
    x = alt.X("p50:Q", title=f"{name} until all leads are mapped", scale=scale, axis=axis)
    interval = base.mark_rule(strokeWidth=3, opacity=0.5).encode(x=alt.X("p10:Q", scale=scale), x2="p90:Q", **shared)
    middle = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, shape=_shape(names), **shared)
    return style(interval + middle)


def _scaled_interval(one: StrategyEstimate, per: float) -> dict[str, float]:
    return {name: getattr(one.duration_s, name) / per for name in ("p10", "p50", "p90")}


def sensitivity(changes: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> dict[str, Any]:
    """A dot per strategy in the row of each change: the factor by which the change makes it longer."""
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
    return style(rule + line + dots)


def _rows(names: Sequence[str], order: Sequence[str]) -> dict[str, Any]:
    """The encoding of the rows, with one line per strategy in each of them."""
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
    """The range of `values`, none of them zero, with a margin."""
    known = [max(value, _LEAST) for value in values]
    return min(known) * 10**-_MARGIN, max(known) * 10**_MARGIN


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times every power of ten, as far as they are in the range."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for power in powers for step in (1, 2, 5) if low <= (tick := round(step * 10.0**power, 9)) <= high]


def _extent(labels: Sequence[str]) -> int:
    """Pixels for the labels, computed here because the renderer does not have the page's font."""
    return round(_CHARACTER * max(map(len, labels))) + 12
