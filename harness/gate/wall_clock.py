"""Hot paths and whole uploads by the clock: base and head in turns, until it is clear whether head is slower."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from ..checks import Check, Verdict
from .instructions import PathFigures, Tree, run_hot_paths

FAIL, WARN = 1.25, 1.10
LEAST_ROUNDS, MOST_ROUNDS = 3, 20
FEW = 8  # rounds: with fewer, both measures have to say that nothing is wrong
SURE_AFTER = 5  # rounds: all of head's turns beyond all of base's are no chance


@dataclass(slots=True)
class Race:
    """Seconds of base and head, a pair a round."""

    base: list[float] = field(default_factory=list)
    head: list[float] = field(default_factory=list)

    def add(self, base: float, head: float) -> None:
        self.base.append(base)
        self.head.append(head)

    @property
    def ratio(self) -> float:
        """The fastest of head by the fastest of base."""
        return min(self.head) / min(self.base)

    @property
    def paired_ratio(self) -> float:
        """The median of the rounds' own ratios."""
        return median(head / base for base, head in zip(self.base, self.head, strict=True))

    @property
    def slower(self) -> float:
        """The smaller one: only where both are large is head the slower one."""
        return min(self.ratio, self.paired_ratio)

    @property
    def is_settled(self) -> bool:
        """More rounds would say the same."""
        rounds = len(self.base)
        if rounds < LEAST_ROUNDS:
            return False
        doubt = max(self.ratio, self.paired_ratio) if rounds < FEW else self.slower
        if doubt <= WARN or rounds >= MOST_ROUNDS:
            return True
        return rounds >= SURE_AFTER and min(self.head) > FAIL * max(self.base)

    @property
    def verdict(self) -> Verdict:
        return "failed" if self.slower > FAIL else "warned" if self.slower > WARN else "passed"


def orders(rounds: int) -> Sequence[tuple[str, str]]:
    """Which side goes first in each round: in turns, since the second finds warm caches, or a busier machine."""
    return [("base", "head") if number % 2 == 0 else ("head", "base") for number in range(rounds)]


SUITE = "wall"
STRATEGIES = ("batch-api", "csv-import-own-ids")


def wall_checks(base: Tree, head: Tree, *, leads: int, only: Sequence[str], tell: Callable[[str], None]) -> list[Check]:
    """One a path, and one a strategy of which `leads` are uploaded; none are for 0 leads."""
    trees = {"base": base, "head": head}
    checks = _race(trees, ["time"], only, tell)
    return checks + _race(trees, ["upload", str(leads)], STRATEGIES, tell) if leads else checks


def _race(
    trees: dict[str, Tree], program: Sequence[str], names: Sequence[str], tell: Callable[[str], None]
) -> list[Check]:
    """Rounds of what is not settled yet."""
    races: dict[str, Race] = {}
    alone: list[Check] = []
    for number, order in enumerate(orders(MOST_ROUNDS), 1):
        played = {side: run_hot_paths(trees[side], [*program, *names]) for side in order}
        if trouble := _trouble(played, program[0]):
            return trouble
        alone = alone or [_alone(path, played) for path in _without_pair(**played)]
        for path in played["head"].paths.keys() & played["base"].paths.keys():
            races.setdefault(path, Race()).add(played["base"].paths[path], played["head"].paths[path])
        tell(f"wall: round {number} of {program[0]}: {_progress(races)}")
        names = [path for path, race in races.items() if not race.is_settled]
        if not names:
            break
    return [*(_check(path, race) for path, race in sorted(races.items())), *alone]


def _without_pair(base: PathFigures, head: PathFigures) -> list[str]:
    """Paths that cannot be compared."""
    return [path for path in (*head.paths, *head.missing) if path not in head.paths or path not in base.paths]


def _trouble(played: dict[str, PathFigures], program: str) -> list[Check]:
    """What ends a race before it has begun."""
    if played["head"].broken:
        return [Check(suite=SUITE, name=program, verdict="failed", note=f"head: {played['head'].broken}")]
    if played["base"].broken:
        return [Check(suite=SUITE, name=program, verdict="not measured", note=f"base: {played['base'].broken}")]
    return []


def _alone(path: str, played: dict[str, PathFigures]) -> Check:
    """A path that one of the two does not have."""
    if path not in played["head"].paths:
        return Check(suite=SUITE, name=path, verdict="failed", note=f"head: {played['head'].why_not(path)}")
    note = f"nothing to compare with; base: {played['base'].why_not(path)}"
    return Check(suite=SUITE, name=path, verdict="not measured", note=note)


def _check(path: str, race: Race) -> Check:
    return Check(
        suite=SUITE,
        name=path,
        verdict=race.verdict,
        expected=f"at most {FAIL:.2f} times {_seconds(min(race.base))}",
        found=_seconds(min(race.head)),
        note=f"{race.ratio:.2f} times by the fastest of {len(race.base)} turns, {race.paired_ratio:.2f} by pairs",
    )


def _progress(races: dict[str, Race]) -> str:
    return ", ".join(
        f"{path} {race.slower:.2f}{'' if race.is_settled else '?'}" for path, race in sorted(races.items())
    )


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
