"""The content of a report in its order, before it is rendered as HTML or Markdown."""

from dataclasses import dataclass, field
from pathlib import Path

from reports import charts, estimate_page, tables
from reports.answer import ShortAnswer, answer, soonest
from reports.charts import Figure
from reports.estimates import Estimate
from reports.recommendation import Recommendation, recommend
from reports.results import RequestSamples, RunResult, StrategyResult, read_samples, strategy_directory
from reports.tables import EMPTY, Table
from reports.wording import code, duration, number

_POINTS = 1000  # drawn in all, for all strategies together
_NO_CHARTS = "Charts need `pip install 'contactbench[report]'`; the table has the same figures."
_NO_DATA = "There is nothing to draw: no verified strategy left the data for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Time to the complete mapping, in per cent of the slowest strategy's."""

    name: str
    text: str
    upload: float
    rest: float
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    title: str
    subtitle: str
    banner: str
    answer: ShortAnswer
    recommendation: Recommendation | None = None
    bars: tuple[Bar, ...] = ()
    label: str = "MOCK"  # of the banner
    comparison: Table = EMPTY
    figures: tuple[Figure, ...] = ()
    estimate: tuple[Figure, ...] = ()
    months: Table = EMPTY
    no_estimate: str = ""  # why the estimate in the folder is not shown
    thresholds: Table = EMPTY  # without rows if there were none
    trouble: Table = EMPTY  # without rows if nothing went wrong
    safety: Table = EMPTY
    lists: Table = EMPTY
    operations: dict[str, Table] = field(default_factory=dict)  # by strategy
    settings: Table = EMPTY
    reproduce: Table = EMPTY


def build(
    run: RunResult, directory: Path, draw: charts.Draw | None, estimate: Estimate | None = None, no_estimate: str = ""
) -> ReportPage:
    """The page of `run`, whose files are in `directory`, and of its estimate, if any."""
    proved = run.valid()
    return ReportPage(
        title=f"{number(run.input.leads)} leads into Genesys Cloud contact lists",
        subtitle=" · ".join(part for part in (f"{run.tool.name} {run.tool.version}", run.created, run.run_id) if part),
        banner=_banner(run),
        answer=answer(run),
        recommendation=recommend(run, estimate),
        bars=tuple(_bars(proved, soonest(proved))),
        comparison=tables.comparison(run),
        figures=(_progress(proved, draw), _latency(_samples(proved, directory), draw)) if proved else (),
        estimate=estimate_page.figures(estimate, draw) if estimate else (),
        months=estimate_page.months(estimate) if estimate else EMPTY,
        no_estimate=no_estimate,
        thresholds=tables.thresholds(run),
        trouble=tables.trouble(run),
        safety=tables.safety(run),
        lists=tables.lists(run),
        operations={entry.strategy: tables.operations(entry) for entry in proved if entry.operations},
        settings=tables.settings(run),
        reproduce=tables.reproduce(run, directory),
    )


def build_estimate(estimate: Estimate, draw: charts.Draw | None) -> ReportPage:
    """The page of an estimate without a run."""
    return ReportPage(
        title=f"Estimate: {number(estimate.leads)} leads into Genesys Cloud contact lists",
        subtitle=f"{estimate.tool.name} {estimate.tool.version}".strip(),
        label="ESTIMATE",
        banner=estimate_page.note(estimate),
        answer=estimate_page.answer(estimate),
        estimate=estimate_page.figures(estimate, draw),
        months=estimate_page.months(estimate),
        reproduce=estimate_page.reproduce(estimate),
    )


def _banner(run: RunResult) -> str:
    if not run.target.is_mock:
        return ""
    profile = f" with profile {code(run.profile.name)}" if run.profile else ""
    return f"These times come from a mock{profile} whose latencies are assumptions; they are not Genesys's figures."


def _bars(proved: list[StrategyResult], best: list[StrategyResult]) -> list[Bar]:
    longest = max((entry.duration_s or 0.0 for entry in proved), default=0.0) or 1.0
    return [_bar(entry, longest, best=entry in best) for entry in proved]


def _bar(entry: StrategyResult, longest_s: float, *, best: bool) -> Bar:
    total = entry.duration_s or 0.0
    upload = min(total if entry.upload_s is None else entry.upload_s, total)
    share = 100 / longest_s
    text = duration(total)
    return Bar(name=entry.strategy, text=text, upload=upload * share, rest=(total - upload) * share, best=best)


def _samples(proved: list[StrategyResult], directory: Path) -> dict[str, RequestSamples]:
    most = _POINTS // max(len(proved), 1)
    found = ((e.strategy, read_samples(strategy_directory(directory, e) / "requests.parquet", most)) for e in proved)
    return {name: samples for name, samples in found if samples is not None}


def _progress(proved: list[StrategyResult], draw: charts.Draw | None) -> Figure:
    drawn = [entry for entry in proved if entry.progress]
    ends = "; ".join(f"{e.strategy} maps {number(e.progress[-1][1])} contacts in {_end(e)}" for e in drawn)
    return Figure(
        title="Contacts mapped over time",
        caption="A contact counts from the moment its contact ID and its Lead ID are stored together.",
        alternative=f"Lines of contacts mapped over time: {ends}." if ends else _NO_DATA,
        data=Table(
            caption="When a part of the contacts was mapped.",
            head=("Strategy", "First", "25 %", "50 %", "75 %", "100 %"),
            rows=tuple((e.strategy, *(_time_of_share(e, part) for part in (0.0, 0.25, 0.5, 0.75, 1.0))) for e in drawn),
            numbers=True,
        ),
        svg=draw(charts.progress(drawn)) if draw and drawn else "",
        missing=_NO_CHARTS if drawn else _NO_DATA,
    )


def _end(entry: StrategyResult) -> str:
    return duration(entry.progress[-1][0])


def _time_of_share(entry: StrategyResult, part: float) -> str:
    """When `part` of the contacts was mapped, according to the recorded points."""
    wanted = max(entry.progress[-1][1] * part, 1)
    return duration(next((at for at, mapped in entry.progress if mapped >= wanted), None))


def _latency(samples: dict[str, RequestSamples], draw: charts.Draw | None) -> Figure:
    words = "; ".join(f"{name}, half within {duration(one.p50_s)}" for name, one in samples.items())
    return Figure(
        title="Time per request",
        caption="A dot is a request: when it was sent and how long it took, on a logarithmic scale. A cross was "
        f"refused (429), not ready yet or failed. Of many requests {number(_POINTS)} are drawn, the slowest always.",
        alternative=f"Dots of request times, one panel a strategy: {words}." if words else _NO_DATA,
        data=Table(
            caption="All requests, polls and downloads included.",
            head=("Strategy", "Requests", "Refused, not ready or failed", "Median", "p95", "Longest"),
            rows=tuple((name, *_totals(one)) for name, one in samples.items()),
            numbers=True,
        ),
        svg=draw(charts.latency(samples)) if draw and samples else "",
        missing=_NO_CHARTS if samples else _NO_DATA,
    )


def _totals(one: RequestSamples) -> tuple[str, ...]:
    return (number(one.total), number(one.not_ok), duration(one.p50_s), duration(one.p95_s), duration(one.max_s))
