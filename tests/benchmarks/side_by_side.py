"""The same work done by several contestants, in turns within one run: what counts is how they compare.

A machine is faster in one minute than in the next, so no figure stands alone: in every round each contestant has one
turn, ratios are taken within a round, and their median is held, with the least and the most beside it. A turn counts
only if its contestant has done the work, as read from what it left.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

Clock = Callable[[], float]
Cost = Literal["wall", "cpu"]

# Machines differ: what holds on the one where it was measured may be missed by so much elsewhere.
SLACK = float(os.environ.get("CONTACTBENCH_BENCH_SLACK", "0.75"))
ROW = "{:<34}{:>9}{:>9}{:>14}{:>9}  {}"


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One way to do the work. `prepare` makes what a turn needs and `done` reads how much of it was done: neither is
    timed. `cpu`: seconds of CPU that whoever does the work has used so far."""

    name: str
    work: Callable[[Any], Any]  # of what `prepare` has made
    done: Callable[[Any], float]  # of what `work` has returned
    prepare: Callable[[], Any] = lambda: None
    units: float | None = None  # of work, where a slow contestant is given less of it than the others
    cpu: Clock = time.process_time


@dataclass(frozen=True, slots=True)
class Turn:
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as fast the first contestant is as another one, over the rounds."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f}x ({self.least:.2f}..{self.most:.2f})"


@dataclass(frozen=True, kw_only=True)
class Table:
    """What came out. The first of the contestants is the one that the others are there for."""

    title: str
    unit: str
    units: float  # a turn, if its contestant has none of its own
    by: Cost  # what the ratios are of
    contestants: Sequence[Contestant]
    turns: dict[str, list[Turn]] = field(default_factory=dict)

    def play(self, contestant: Contestant) -> None:
        """One turn, noted. Raises AssertionError unless all of the work was done."""
        self.finish(contestant, *self.timed(contestant, contestant.prepare()))

    def timed(self, contestant: Contestant, prepared: Any) -> tuple[Turn, Any]:
        cpu, wall = contestant.cpu(), time.perf_counter()
        result = contestant.work(prepared)
        wall_s, cpu_s = time.perf_counter() - wall, contestant.cpu() - cpu
        return Turn(wall_s, cpu_s), result

    def finish(self, contestant: Contestant, turn: Turn, result: Any) -> None:
        done, due = contestant.done(result), self.share(contestant)
        assert done == due, f"{contestant.name} has done {done:,} of {due:,} {self.unit}"
        self.turns.setdefault(contestant.name, []).append(turn)

    def share(self, contestant: Contestant) -> float:
        return self.units if contestant.units is None else contestant.units

    def costs(self, contestant: Contestant, by: Cost) -> list[float]:
        """Seconds for a unit, in each round."""
        share = self.share(contestant)
        return [(turn.wall_s if by == "wall" else turn.cpu_s) / share for turn in self.turns[contestant.name]]

    def rate(self, name: str, by: Cost | None = None) -> float:
        """Units a second: the median."""
        return 1 / max(median(self.costs(self._named(name), by or self.by)), 1e-9)

    def ratio(self, name: str, by: Cost | None = None) -> Ratio:
        """The first contestant beside the one of this name, round by round."""
        first, other = (self.costs(each, by or self.by) for each in (self.contestants[0], self._named(name)))
        ratios = [theirs / max(ours, 1e-9) for ours, theirs in zip(first, other, strict=True)]
        return Ratio(median(ratios), min(ratios), max(ratios))

    def hold(self, name: str, least: float) -> None:
        """Assert that the first is `least` times as fast as the one of this name, but for what machines differ."""
        found = self.ratio(name).median
        assert found >= least * SLACK, (
            f"{self.title}: {found:.2f} times {name}, to reach are {least} (less {1 - SLACK:.0%})"
        )

    def info(self) -> dict[str, Any]:
        """For the JSON of pytest-benchmark."""
        return {
            "unit": self.unit,
            "by": self.by,
            "contestants": {each.name: self._told(each) for each in self.contestants},
        }

    def lines(self) -> list[str]:
        """The table as it is printed."""
        rate = f"{self.unit}/s"
        head = ROW.format("", "wall s", "cpu s", rate, "share", f"first is faster by ({self.by})")
        return [
            f"{self.title}, {self._rounds()} rounds",
            head.rstrip(),
            *(self._line(each) for each in self.contestants),
        ]

    def _line(self, contestant: Contestant) -> str:
        told = self._told(contestant)
        seconds = (f"{told['wall_s']:.3f}", f"{told['cpu_s']:.3f}")
        ratio = "" if contestant is self.contestants[0] else str(self.ratio(contestant.name))
        rate = f"{self.rate(contestant.name):,.0f}"
        return ROW.format(contestant.name, *seconds, rate, f"{self.share(contestant):,.0f}", ratio).rstrip()

    def _told(self, contestant: Contestant) -> dict[str, Any]:
        turns, ratio = self.turns[contestant.name], self.ratio(contestant.name)
        return {
            "wall_s": round(median(turn.wall_s for turn in turns), 6),
            "cpu_s": round(median(turn.cpu_s for turn in turns), 6),
            "units": self.share(contestant),
            "per_s": round(self.rate(contestant.name), 3),
            "ratio": {"median": round(ratio.median, 4), "min": round(ratio.least, 4), "max": round(ratio.most, 4)},
        }

    def _rounds(self) -> int:
        return len(self.turns[self.contestants[0].name])

    def _named(self, name: str) -> Contestant:
        return next(each for each in self.contestants if each.name == name)


def side_by_side(
    contestants: Sequence[Contestant],
    benchmark: Any,
    *,
    title: str,
    unit: str,
    units: float,
    rounds: int = 5,
    by: Cost = "wall",
) -> Table:
    """Every contestant once a round, the order of the others changing, after a round that does not count.

    `benchmark` is pytest-benchmark's fixture: it times the first contestant, and its JSON tells of all of them.
    """
    table = Table(title=title, unit=unit, units=units, by=by, contestants=contestants)
    first, others = contestants[0], list(contestants[1:])
    left: list[tuple[Turn, Any]] = []

    def play_others() -> tuple[tuple[Any, ...], dict[str, Any]]:
        others[:] = others[1:] + others[:1]
        for other in others:
            table.play(other)
        return (first.prepare(),), {}

    def play_first(prepared: Any) -> None:
        left.append(table.timed(first, prepared))

    def finish_first(prepared: Any) -> None:
        table.finish(first, *left.pop())

    benchmark.pedantic(play_first, setup=play_others, teardown=finish_first, rounds=rounds, warmup_rounds=1)
    for turns in table.turns.values():
        del turns[0]  # imports, caches and pools are warm from here on
    benchmark.extra_info.update(table.info())
    return table


def cpu_of(pid: int) -> Clock:
    """A clock of the CPU that another process uses, all its threads together."""

    def seconds() -> float:
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    return seconds


def cpu_of_children() -> float:
    """Seconds of CPU of processes that this one has started and seen end."""
    times = os.times()
    return times.children_user + times.children_system
