"""Recommends a strategy for each need, from proved results alone, and says what would change the recommendation.

That is the margin of the run itself, and the changes that an estimate tried.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.answer import SAME, soonest
from reports.estimates import Estimate, StrategyEstimate
from reports.results import TRAITS, RunResult, StrategyResult
from reports.tables import Table
from reports.wording import NONE, code, count, duration, join_codes, join_words, number

Times = Mapping[str, float]  # P50 by strategy


@dataclass(frozen=True, slots=True)
class _Case:
    """A change that an estimate tried, and how long each strategy takes with it."""

    words: str
    times: Times


def caveats(run: RunResult, estimate: Estimate | None) -> Iterator[str]:
    """What would change the recommendation, in sentences: the run's margin first, then the estimate's changes."""
    proved = run.valid()
    yield from _margin(proved)
    if unproved := [entry.strategy for entry in run.invalid()]:
        yield f"Not considered, since not proved: {join_codes(unproved)}."
    if estimate is not None:
        yield from _estimate_sentences(run, estimate)


def estimates_of(run: RunResult, estimate: Estimate) -> dict[str, StrategyEstimate]:
    """The estimates of the run's proved strategies, under the profile whose assumptions were tried."""
    played, proved = estimate.under(estimate.assumptions_of), {entry.strategy for entry in run.valid()}
    return {name: one for name, one in played.items() if name in proved}


def best(times: Times) -> list[str]:
    """The soonest strategy and those that are practically equal."""
    return [name for name, time in times.items() if time <= min(times.values()) * SAME]


def _margin(proved: Sequence[StrategyResult]) -> Iterator[str]:
    """How much slower the soonest strategy would have to be for the other kind, requests or files, to win."""
    first = soonest(proved)
    other = next((e for e in proved if e not in first and e.main_op != first[0].main_op), None)
    if other is None or not first[0].duration_s or not other.duration_s:
        return
    bottleneck = f" Its bottleneck here: {first[0].bottleneck}." if first[0].bottleneck else ""
    yield (
        f"If {code(first[0].strategy)} took {other.duration_s / first[0].duration_s:.2f} times as long, "
        f"{code(other.strategy)} would be as soon.{bottleneck}"
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
    """The changed ways to run; a strategy that a change does not apply to keeps its time."""
    cases: dict[str, dict[str, float]] = {}
    for name, one in estimate.under(estimate.assumptions_of).items():
        for changed in one.sensitivity if name in base else ():
            cases.setdefault(changed.change, dict(base))[name] = changed.p50_s
    yield from (_Case(words, times) for words, times in cases.items())


LOWER = 4  # the last need assumes the current rate limit divided by this


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    sentences: tuple[str, ...]
    needs: Table
    caveats: tuple[str, ...]  # what would change it


@dataclass(frozen=True, slots=True)
class _Choice:
    take: Sequence[StrategyResult]
    because: str


def recommend(run: RunResult, estimate: Estimate | None = None) -> Recommendation | None:
    """The recommendation from `run`; None if it has fewer than two strategies."""
    if len(run.strategies) < 2:
        return None
    proved = run.valid()
    if not proved:
        words = ("Nothing is recommended: no mapping was proved.",)
        return Recommendation(sentences=words, needs=_table(()), caveats=())
    return Recommendation(
        sentences=(_first(proved), _origin(run)),
        needs=_table([(need, choice(run, estimate)) for need, choice in _NEEDS]),
        caveats=tuple(caveats(run, estimate)),
    )


def _first(proved: Sequence[StrategyResult]) -> str:
    own, made = _own(proved), _with_server_ids(proved)
    if not own:
        return f"Take {_names(made)}: {_complete(made)}. No strategy with Lead IDs as contact IDs was proved here."
    safe = (
        f"If the org takes Lead IDs as contact IDs, take {_names(own)}: {_complete(own)}; "
        "sending twice into one list does no harm."
    )
    if not made:
        return f"{safe} No strategy with contact IDs made by the org was proved here."
    return f"{safe} If it does not, take {_names(made)} ({duration(made[0].duration_s)})."


def _origin(run: RunResult) -> str:
    advice = "`contactbench probe` finds out whether an org takes Lead IDs as contact IDs."
    if not run.target.is_mock:
        return f"The times are those of one run on {code(run.target.org or run.target.host)}. {advice}"
    profile = f"with profile {code(run.profile.name)}" if run.profile else "without a known profile"
    return (
        f"These figures come from the mock {profile}, whose latencies and job speeds are assumptions. They rank the "
        f"strategies for an org that is as the profile says, and none is a figure of Genesys's. {advice}"
    )


def _complete(entries: Sequence[StrategyResult]) -> str:
    return f"all {number(entries[0].mapped)} leads are mapped after {duration(entries[0].duration_s)}"


def _table(choices: Sequence[tuple[str, _Choice]]) -> Table:
    return Table(
        caption="Which strategy for which need; only strategies whose mapping was proved are considered.",
        head=("If you need", "Take", "Because"),
        rows=tuple((need, _names(choice.take) or NONE, choice.because) for need, choice in choices),
    )


def _names(entries: Sequence[StrategyResult]) -> str:
    return " or ".join(code(entry.strategy) for entry in entries)


def _own(proved: Sequence[StrategyResult]) -> list[StrategyResult]:
    return soonest([entry for entry in proved if (facts := TRAITS.get(entry.strategy)) and facts.own_ids])


def _with_server_ids(proved: Sequence[StrategyResult]) -> list[StrategyResult]:
    return soonest([entry for entry in proved if (facts := TRAITS.get(entry.strategy)) and not facts.own_ids])


def _all_soon(run: RunResult, estimate: Estimate | None) -> _Choice:
    proved = run.valid()
    best = soonest(proved)
    rest = [f"{duration(e.duration_s)} with {code(e.strategy)}" for e in proved if e not in best]
    against = f", against {join_words(rest)}" if rest else ""
    return _Choice(best, f"All contact IDs are known after {duration(best[0].duration_s)}{against}.")


def _at_once(run: RunResult, estimate: Estimate | None) -> _Choice:
    known = [entry for entry in run.valid() if entry.first_mapping_s is not None]
    best = soonest(known, _first_mapping_s)
    if not best:
        return _Choice((), "This run did not record when the first contact IDs were known.")
    late = max(known, key=_first_mapping_s)
    words = f"The first contact IDs are known after {duration(_first_mapping_s(best[0]))}"
    against = "" if late in best else f"; with {code(late.strategy)} only after {duration(_first_mapping_s(late))}"
    return _Choice(best, f"{words}, all after {duration(best[0].duration_s)}{against}.")


def _first_mapping_s(entry: StrategyResult) -> float:
    return entry.first_mapping_s or 0.0


def _repeatable(run: RunResult, estimate: Estimate | None) -> _Choice:
    best = _own(run.valid())
    if not best:
        return _Choice((), "No strategy that is safe to send twice was proved in this run.")
    return _Choice(best, f"{_after_loss(best)}. Complete after {duration(best[0].duration_s)}.")


def _ids_refused(run: RunResult, estimate: Estimate | None) -> _Choice:
    best = _with_server_ids(run.valid())
    if not best:
        return _Choice((), "No strategy with contact IDs made by the org was proved in this run.")
    return _Choice(best, f"The org makes the IDs. Complete after {duration(best[0].duration_s)}. {_after_loss(best)}.")


def _after_loss(entries: Sequence[StrategyResult]) -> str:
    return f"After a lost answer {TRAITS[entries[0].strategy].lost_answer}"


def _many_lists(run: RunResult, estimate: Estimate | None) -> _Choice:
    best = soonest([entry for entry in run.valid() if len(entry.lists) > 1])
    if best:
        lists = count(len(best[0].lists), "list")
        words = f"Spread over {lists}, the mapping is complete after {duration(best[0].duration_s)}"
        return _Choice(best, f"{words}; each row of it names its list. Own IDs protect inside one list only.")
    played = estimates_of(run, estimate) if estimate else {}
    spread = {name: one.duration_s.p50 for name, one in played.items() if one.lists > 1}
    if not estimate or not spread:
        return _Choice((), "This run filled one list a strategy: run it with more leads than a list holds.")
    take = [entry for entry in run.valid() if entry.strategy == min(spread, key=lambda name: spread[name])]
    lists = count(played[take[0].strategy].lists, "list")
    return _Choice(
        take,
        f"Estimated, for {number(estimate.leads)} leads in {lists}: half of the uploads are complete within "
        f"{duration(min(spread.values()))}. This run filled one list a strategy.",
    )


def _lower_limit(run: RunResult, estimate: Estimate | None) -> _Choice:
    known = [entry for entry in run.valid() if entry.requests]
    if not known:
        return _Choice((), "This run did not count its requests.")
    limit, window_s = _limit(run)

    def least_s(entry: StrategyResult) -> float:
        floor_s = window_s * (math.ceil((entry.requests or 0) / limit) - 1)
        return max(floor_s, (entry.duration_s or 0.0) + (entry.verification_s or 0.0))

    best = soonest(known, least_s)
    most = max(known, key=lambda entry: entry.requests or 0)
    words = f"Upload and proof take {count(best[0].requests, 'request')}"
    against = (
        f", with {code(most.strategy)} {number(most.requests)}: at least {duration(least_s(most))} under {limit:,} "
        f"requests in {duration(window_s)}, against {duration(least_s(best[0]))}"
    )
    return _Choice(best, f"{words}{'' if most in best else against}.")


def _limit(run: RunResult) -> tuple[int, float]:
    """A fraction of the profile's rate limit: requests in a window, and its seconds. Source of 300 a minute: the
    default profile."""
    settings = run.profile.settings if run.profile else {}
    allowed, window_s = (settings.get(f"rate.{name}") for name in ("requests_per_window", "window_s"))
    return (
        max(int((allowed.value if allowed else 0) or 300) // LOWER, 1),
        float((window_s.value if window_s else 0) or 60.0),
    )


_NEEDS: tuple[tuple[str, Callable[[RunResult, Estimate | None], _Choice]], ...] = (
    ("The complete mapping as soon as possible", _all_soon),
    ("Contact IDs at once, while the rest is loaded", _at_once),
    ("Crashes and re-runs without a look-up (the org takes Lead IDs)", _repeatable),
    ("No Lead IDs as contact IDs (refused, or taken)", _ids_refused),
    ("More leads than one list holds", _many_lists),
    ("To live with a quarter of the rate limit", _lower_limit),
)
