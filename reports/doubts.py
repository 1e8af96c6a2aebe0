"""What would change which strategy is soonest: the margin of the run itself, and whatever an estimate tried."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.answer import SAME, soonest
from reports.estimates import Estimate, StrategyEstimate
from reports.results import RunResult, StrategyResult
from reports.wording import code, count, duration, join_codes, number

Times = Mapping[str, float]  # P50 by strategy


@dataclass(frozen=True, slots=True)
class _Case:
    """One thing that an estimate tried otherwise, and how long each strategy takes then."""

    words: str
    times: Times


def doubts(run: RunResult, estimate: Estimate | None) -> Iterator[str]:
    """Sentences, the run's own first."""
    proved = run.valid()
    yield from _margin(proved)
    if unproved := [entry.strategy for entry in run.invalid()]:
        yield f"Not considered, since not proved: {join_codes(unproved)}."
    if estimate is not None:
        yield from _estimate_sentences(run, estimate)


def estimates_of(run: RunResult, estimate: Estimate) -> dict[str, StrategyEstimate]:
    """The run's proved strategies under the profile that the estimate asks about."""
    played, proved = estimate.under(estimate.assumptions_of), {entry.strategy for entry in run.valid()}
    return {name: one for name, one in played.items() if name in proved}


def best(times: Times) -> list[str]:
    """The soonest strategy, and those that are as good as equal."""
    return [name for name, time in times.items() if time <= min(times.values()) * SAME]


def _margin(proved: Sequence[StrategyResult]) -> Iterator[str]:
    """How much slower the soonest would have to be for the other road, requests or files, to win."""
    first = soonest(proved)
    other = next((e for e in proved if e not in first and e.main_op != first[0].main_op), None)
    if other is None or not first[0].duration_s or not other.duration_s:
        return
    held_up = f" What held it up here: {first[0].bottleneck}." if first[0].bottleneck else ""
    yield (
        f"If {code(first[0].strategy)} took {other.duration_s / first[0].duration_s:.2f} times as long, "
        f"{code(other.strategy)} would be as soon.{held_up}"
    )


def _estimate_sentences(run: RunResult, estimate: Estimate) -> Iterator[str]:
    base = {name: one.duration_s.p50 for name, one in estimates_of(run, estimate).items()}
    if len(base) < 2:
        return
    first = best(base)
    if not {entry.strategy for entry in soonest(run.valid())} & set(first):
        yield f"The estimate, for {number(estimate.leads)} leads under {code(estimate.assumptions_of)}: {_now(base)}."
    cases = list(_cases(estimate, base))
    turned = [case for case in cases if not set(best(case.times)) & set(first)]
    yield from (f"Estimated, with {case.words}: {_now(case.times)}." for case in turned)
    yield (
        f"The estimate ({number(estimate.leads)} leads) tried {count(len(cases), 'change')} one at a time: other "
        f"profiles, other ways to run, assumed settings at another value. "
        f"{number(len(turned)) if turned else 'None'} of them made another strategy the soonest."
    )


def _now(times: Times) -> str:
    first = best(times)
    rest = min((name for name in times if name not in first), key=lambda name: times[name], default=None)
    against = f", against {duration(times[rest])} with {code(rest)}" if rest else ""
    return f"{join_codes(first)} would be soonest, P50 {duration(times[first[0]])}{against}"


def _cases(estimate: Estimate, base: Times) -> Iterator[_Case]:
    for profile in estimate.profiles:
        times = {name: one.duration_s.p50 for name, one in estimate.under(profile).items() if name in base}
        if profile != estimate.assumptions_of and times.keys() == base.keys():
            yield _Case(f"profile {code(profile)}", times)
    yield from _changes(estimate, base)
    for one in estimate.assumptions:
        times = {name: time * one.ratios.get(name, 1.0) for name, time in base.items()}
        yield _Case(f"{code(one.setting)} {one.tried} instead of {one.value}", times)


def _changes(estimate: Estimate, base: Times) -> Iterator[_Case]:
    """The ways to run otherwise; a strategy that one is not for stays as it is."""
    cases: dict[str, dict[str, float]] = {}
    for name, one in estimate.under(estimate.assumptions_of).items():
        for changed in one.sensitivity if name in base else ():
            cases.setdefault(changed.change, dict(base))[name] = changed.p50_s
    yield from (_Case(words, times) for words, times in cases.items())
