"""Hot paths and whole uploads by the clock: base and head in turns, until it is clear whether head is slower."""

from collections.abc import Callable, Sequence

from ..checks import Check
from .playing import Played, Tree, play
from .race import FAIL, MOST_ROUNDS, Race, orders

SUITE = "wall"
STRATEGIES = ("batch-api", "csv-import-own-ids")


def wall_checks(base: Tree, head: Tree, *, leads: int, only: Sequence[str], tell: Callable[[str], None]) -> list[Check]:
    """One a path, and one a strategy of which `leads` are uploaded; none are for 0 leads."""
    trees = {"base": base, "head": head}
    checks = _raced(trees, ["time"], only, tell)
    return checks + _raced(trees, ["upload", str(leads)], STRATEGIES, tell) if leads else checks


def _raced(
    trees: dict[str, Tree], program: Sequence[str], names: Sequence[str], tell: Callable[[str], None]
) -> list[Check]:
    """Rounds of what is not settled yet."""
    races: dict[str, Race] = {}
    alone: list[Check] = []
    for number, order in enumerate(orders(MOST_ROUNDS), 1):
        played = {side: play(trees[side], [*program, *names]) for side in order}
        if trouble := _trouble(played, program[0]):
            return trouble
        alone = alone or [_alone(path, played) for path in _unpaired(**played)]
        for path in played["head"].paths.keys() & played["base"].paths.keys():
            races.setdefault(path, Race()).add(played["base"].paths[path], played["head"].paths[path])
        tell(f"wall: round {number} of {program[0]}: {_told(races)}")
        names = [path for path, race in races.items() if not race.settled]
        if not names:
            break
    return [*(_check(path, race) for path, race in sorted(races.items())), *alone]


def _unpaired(base: Played, head: Played) -> list[str]:
    """Paths that cannot be compared."""
    return [path for path in (*head.paths, *head.missing) if path not in head.paths or path not in base.paths]


def _trouble(played: dict[str, Played], program: str) -> list[Check]:
    """What ends a race before it has begun."""
    if played["head"].broken:
        return [Check(suite=SUITE, name=program, verdict="failed", note=f"head: {played['head'].broken}")]
    if played["base"].broken:
        return [Check(suite=SUITE, name=program, verdict="not measured", note=f"base: {played['base'].broken}")]
    return []


def _alone(path: str, played: dict[str, Played]) -> Check:
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
        note=f"{race.ratio:.2f} times by the fastest of {len(race.base)} turns, {race.paired:.2f} by pairs",
    )


def _told(races: dict[str, Race]) -> str:
    return ", ".join(f"{path} {race.slower:.2f}{'' if race.settled else '?'}" for path, race in sorted(races.items()))


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
