"""Times hot paths and whole uploads: base and head in turns, until it is clear whether head is slower."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from ..checks import Check, Verdict
from .instructions import PathFigures, Tree, run_hot_paths

FAIL, WARN = 1.25, 1.10
LEAST_ROUNDS, MOST_ROUNDS = 3, 20
FEW = 8  # rounds; with fewer, both measures have to say that nothing is wrong
SURE_AFTER = 5  # rounds; if all of head's turns are slower than all of base's, that is no coincidence


@dataclass(slots=True)
class Race:
    """Seconds of base and head, one pair per round."""

    base: list[float] = field(default_factory=list)
    head: list[float] = field(default_factory=list)

    def add(self, base: float, head: float) -> None:
        self.base.append(base)
        self.head.append(head)

    @property
    def ratio(self) -> float:
        """The fastest turn of head divided by the fastest of base."""
        return min(self.head) / min(self.base)

    @property
    def paired_ratio(self) -> float:
        """The median of the ratios within the rounds."""
        return median(head / base for base, head in zip(self.base, self.head, strict=True))

    @property
    def slower(self) -> float:
        """The smaller ratio: head counts as slower only if both ratios are large."""
        return min(self.ratio, self.paired_ratio)

    @property
    def is_settled(self) -> bool:
        """Whether more rounds would give the same verdict."""
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
    """The order of each round. The sides take turns to go first: the second finds warm caches, or a busier machine."""
    return [("base", "head") if number % 2 == 0 else ("head", "base") for number in range(rounds)]


SUITE = "wall"
STRATEGIES = ("batch-api", "csv-import-own-ids")


def wall_checks(base: Tree, head: Tree, *, leads: int, only: Sequence[str], tell: Callable[[str], None]) -> list[Check]:
    """A check for each path, and one for each strategy that uploads `leads`, unless that is 0."""
    trees = {"base": base, "head": head}
    checks = _race(trees, ["time"], only, tell)
    return checks + _race(trees, ["upload", str(leads)], STRATEGIES, tell) if leads else checks


def _race(
    trees: dict[str, Tree], program: Sequence[str], names: Sequence[str], tell: Callable[[str], None]
) -> list[Check]:
    """Run rounds, each with the paths that are not settled yet."""
    races: dict[str, Race] = {}
    unpaired: list[Check] = []
    for number, order in enumerate(orders(MOST_ROUNDS), 1):
        played = {side: run_hot_paths(trees[side], [*program, *names]) for side in order}
        if failed := _program_checks(played, program[0]):
            return failed
        unpaired = unpaired or [_unpaired_check(path, played) for path in _unpaired_paths(**played)]
        for path in played["head"].paths.keys() & played["base"].paths.keys():
            races.setdefault(path, Race()).add(played["base"].paths[path], played["head"].paths[path])
        tell(f"wall: round {number} of {program[0]}: {_progress(races)}")
        names = [path for path, race in races.items() if not race.is_settled]
        if not names:
            break
    return [*(_check(path, race) for path, race in sorted(races.items())), *unpaired]


def _unpaired_paths(base: PathFigures, head: PathFigures) -> list[str]:
    """Paths that only one side has."""
    return [path for path in (*head.paths, *head.missing) if path not in head.paths or path not in base.paths]


def _program_checks(played: dict[str, PathFigures], program: str) -> list[Check]:
    """The check of a program that failed on one side, if it did."""
    if played["head"].broken:
        return [Check(suite=SUITE, name=program, verdict="failed", note=f"head: {played['head'].broken}")]
    if played["base"].broken:
        return [Check(suite=SUITE, name=program, verdict="not measured", note=f"base: {played['base'].broken}")]
    return []


def _unpaired_check(path: str, played: dict[str, PathFigures]) -> Check:
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
