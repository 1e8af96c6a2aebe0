"""What an estimate says, as sections of the report or as a page of its own. Its figures are its profiles'."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reports import charts, estimate_charts
from reports.answer import Answer
from reports.doubts import best
from reports.estimates import Assumption, Estimate, Month, Played
from reports.figure import Figure
from reports.tables import Table
from reports.wording import NONE, code, duration, listed, number

SHOWN_ASSUMPTIONS = 8
_NO_CHARTS = "Charts need `pip install 'contactbench[report]'`; the table has the same figures."


def note(estimate: Estimate) -> str:
    """Whose figures these are."""
    return (
        f"Estimated for {number(estimate.leads)} leads, {number(estimate.replicates)} replicates: nothing was sent. "
        "The figures are the profiles', whose latencies and job speeds are assumptions; none is a figure of Genesys's."
    )


def answer(estimate: Estimate) -> Answer:
    """An estimate in two sentences. It recommends nothing: nothing was run, so nothing is proved."""
    played = estimate.under(estimate.assumptions_of)
    if not played:
        return Answer(valid=False, first="INVALID: the estimate holds no strategy.")
    first = best({name: one.duration_s.p50 for name, one in played.items()})
    time, when = played[first[0]].duration_s, " soonest" if len(played) > len(first) else ""
    return Answer(
        valid=True,
        first=f"If the org is as profile {code(estimate.assumptions_of)} says, {_listed(first)} would have mapped "
        f"{number(estimate.leads)} leads{when}: half of the uploads within {duration(time.p50)}, at least eight of ten "
        f"between {duration(time.p10)} and {duration(time.p90)}.",
        others="An estimate recommends nothing, since nothing was run and proved: `contactbench compare` does both.",
    )


def figures(estimate: Estimate, draw: charts.Draw | None) -> tuple[Figure, ...]:
    """Times under each profile, what a change is worth, and on which assumptions it hangs; those that have rows."""
    found = (_times(estimate, draw), _changes(estimate, draw), _assumptions(estimate, draw))
    return tuple(figure for figure in found if figure.data.rows)


def months(estimate: Estimate) -> Table:
    """Twelve months of each strategy and way to go on; without rows if that was not asked."""
    return Table(
        caption=f"Every month as many leads, a fixed share of them new, nothing else in the org, which is as profile "
        f"{code(estimate.assumptions_of)} says. Times are P50.",
        head=("Strategy", "Way", "Months that fit", "First month", "Later", "Contacts at the end", "What fails"),
        rows=tuple((plan.strategy, f"{plan.mode}: {plan.meaning}", *_months(plan.months)) for plan in estimate.monthly),
    )


def _months(of: Sequence[Month]) -> tuple[str, ...]:
    fits = [month for month in of if not month.fails]
    failure = next((f"month {month.month}: {month.fails}" for month in of if month.fails), NONE)
    first, later = (fits or [Month(p50_s=None)])[0], fits[1:]
    return (
        f"{len(fits)} of {len(of)}",
        duration(first.p50_s),
        duration(later[-1].p50_s) if later else NONE,
        number(fits[-1].contacts_in_org) if fits else NONE,
        failure,
    )


def reproduce(estimate: Estimate) -> Table:
    """All that is needed to get the same estimate again."""
    versions = {estimate.tool.name: estimate.tool.version, **estimate.versions}
    rows = (
        ("Command", code(estimate.command)),
        ("Seed", NONE if estimate.seed is None else str(estimate.seed)),
        ("Requests in flight", number(estimate.concurrency)),
        ("Profiles", _listed(estimate.profiles)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
    )
    kept = tuple(row for row in rows if row[1] not in ("", NONE))
    return Table(
        caption="The same command, seed and versions give the same estimate.", head=("What", "Value"), rows=kept
    )


def _times(estimate: Estimate, draw: charts.Draw | None) -> Figure:
    rows = tuple((one.strategy, one.profile, *_played(one)) for one in _sorted(estimate))
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
        lambda: estimate_charts.times(_sorted(estimate)),
    )


def _sorted(estimate: Estimate) -> list[Played]:
    """By profile as they were asked, in each the soonest first."""
    places = {name: place for place, name in enumerate(estimate.profiles)}
    return sorted(estimate.strategies, key=lambda one: (places.get(one.profile, len(places)), one.duration_s.p50))


def _played(one: Played) -> tuple[str, ...]:
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
        "Estimate: what a change would be worth",
        f"P50 with one thing done otherwise, under profile {code(estimate.assumptions_of)}, as a multiple of the P50 "
        "without. Left of the line is sooner.",
        "Change",
        changes,
        estimate,
        draw,
    )


def _assumptions(estimate: Estimate, draw: charts.Draw | None) -> Figure:
    return _sensitivity(
        "Estimate: the assumptions it hangs on",
        f"Settings of profile {code(estimate.assumptions_of)} without a public source, each at another value: the "
        f"{SHOWN_ASSUMPTIONS} that matter most. Left of the line is sooner.",
        "Setting",
        {_doubted(one): one.ratios for one in estimate.assumptions[:SHOWN_ASSUMPTIONS]},
        estimate,
        draw,
    )


def _listed(names: Sequence[str]) -> str:
    return listed([code(name) for name in names])


def _doubted(one: Assumption) -> str:
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
        lambda: estimate_charts.sensitivity(changes, names),
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
