"""The answer in sentences: which strategy gives the complete mapping soonest. Only verified runs are named in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.results import RunResult, StrategyResult
from reports.wording import code, count, duration, join_codes, join_words, number

SAME = 1.01  # runs closer than this are called equally fast


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortAnswer:
    valid: bool
    first: str
    others: str = ""
    invalid: str = ""

    def sentences(self) -> tuple[str, ...]:
        return tuple(sentence for sentence in (self.first, self.others, self.invalid) if sentence)


def answer(run: RunResult) -> ShortAnswer:
    """The answer of a run, in at most three sentences."""
    proved, unproved = run.valid(), run.invalid()
    if not proved:
        return ShortAnswer(valid=False, first=_nothing(unproved))
    best = soonest(proved)
    return ShortAnswer(
        valid=True, first=_soonest(run, best), others=_others(proved[len(best) :]), invalid=_invalid(unproved)
    )


def complete_s(entry: StrategyResult) -> float:
    """Seconds until every lead was mapped."""
    return entry.duration_s or 0.0


def soonest(
    proved: Sequence[StrategyResult], time: Callable[[StrategyResult], float] = complete_s
) -> list[StrategyResult]:
    """The strategies with the least time, by default to the complete mapping; several if they are practically equal."""
    least = min(map(time, proved), default=0.0)
    return sorted((entry for entry in proved if time(entry) <= least * SAME), key=time)


def place(run: RunResult) -> str:
    """The org that the contacts were loaded into."""
    if not run.target.is_mock:
        return f"the Genesys Cloud org {code(run.target.org or run.target.host)}"
    return f"the mock (profile {code(run.profile.name)})" if run.profile else "the mock"


def _soonest(run: RunResult, best: list[StrategyResult]) -> str:
    names = join_codes(entry.strategy for entry in best)
    verb = "gives" if len(best) == 1 else "give"
    when = " soonest:" if len(run.valid()) > len(best) else " after" if len(best) == 1 else " equally soon:"
    files = join_words([code(entry.mapping.file) for entry in best if entry.mapping and entry.mapping.file])
    where = f"; the mapping is in {files}" if files else ""
    leads = number(best[0].mapped)
    needs = join_words(list(dict.fromkeys(count(entry.requests, "request") for entry in best)))
    each = " each" if len(best) > 1 and " and " not in needs else ""
    return (
        f"On {place(run)}, {names} {verb} the complete mapping of {leads} leads{when} {duration(best[0].duration_s)} "
        f"with {needs}{each}{where}."
    )


def _others(rest: list[StrategyResult]) -> str:
    needs = [f"{code(e.strategy)} needed {duration(e.duration_s)} and {count(e.requests, 'request')}" for e in rest]
    return f"{join_words(needs)}." if needs else ""


def _invalid(unproved: list[StrategyResult]) -> str:
    names = join_codes(entry.strategy for entry in unproved)
    return f"INVALID: the mapping of {names} could not be proved, so none of its numbers is published." if names else ""


def _nothing(unproved: list[StrategyResult]) -> str:
    if not unproved:
        return "INVALID: no strategy has run."
    names = join_codes(entry.strategy for entry in unproved)
    return f"INVALID: the mapping of {names} could not be proved, so this report publishes no times and no rates."
