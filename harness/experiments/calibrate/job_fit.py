"""When jobs begin and how fast they are: a line through moments that are known to lie between two looks.

    moment - asked_at = start_delay_s + rows / rows_per_s

Each look at a counter is a point of the line; the beginning (no rows) and the end (all rows) lie between the last look
that did not see them and the first that did. Assumption: an answer tells of the moment when it is there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from .latency_fit import Array
from .observations import JobObservation

CLOCK_S = 0.005  # what a counter's moment is uncertain by, at least
UNIFORM = 12**-0.5  # standard deviation of a uniform distribution, of its width
LEAST_S_A_ROW = 1e-9


@dataclass(frozen=True, slots=True)
class Moments:
    """Rows that were through, when that was (s after the job was asked for), and how uncertain that is."""

    rows: Array
    at: Array
    error: Array

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class JobFit:
    start_delay_s: float
    rows_per_s: float  # 0: at once, so far as can be seen

    def at(self, rows: Any) -> Any:
        """When so many rows are through."""
        return self.start_delay_s + (rows / self.rows_per_s if self.rows_per_s else 0.0 * rows)


def moments(looks: Sequence[JobObservation], kind: str) -> Moments:
    """Those of all jobs of a kind."""
    of_kind = sorted((one for one in looks if one.kind == kind), key=lambda one: (one.asked_at, one.job, one.at))
    jobs = [list(group) for _, group in groupby(of_kind, key=lambda one: (one.asked_at, one.job))]
    found = [moment for job in jobs for moment in _of_job(job)]
    return Moments(*np.array(found, dtype=np.float64).reshape(-1, 3).T)


def _of_job(looks: Sequence[JobObservation]) -> Iterator[tuple[float, float, float]]:
    rows, asked_at = looks[0].rows, looks[0].asked_at
    waiting = [one.at for one in looks if one.state == "waiting"]
    running = [one for one in looks if one.state == "running"]
    over = [one.at for one in looks if one.state == "over"]
    if looks[0].kind == "import" and (running or over):
        yield _between(0, max([asked_at, *waiting]), min([one.at for one in running] + over), asked_at)
    for one in running:
        if 0 < one.completed < rows:
            yield one.completed + 0.5, one.at - asked_at, CLOCK_S
    if over:
        last = max([asked_at, *waiting, *(one.at for one in running)])
        yield _between(rows, min(last, min(over)), min(over), asked_at)


def _between(rows: float, last_not: float, first: float, asked_at: float) -> tuple[float, float, float]:
    return rows, (last_not + first) / 2 - asked_at, max(CLOCK_S, (first - last_not) * UNIFORM)


def fit(seen: Moments) -> JobFit | None:
    """The line through the moments, each weighed by how well it is known; None without jobs of different sizes."""
    if len(seen) < 2 or np.ptp(seen.rows) == 0:
        return None
    weights = 1 / seen.error
    slopes = np.stack([weights, seen.rows * weights], 1)
    (delay, s_a_row), *_ = np.linalg.lstsq(slopes, seen.at * weights, rcond=None)
    if delay < 0:  # it cannot begin before it is asked for
        delay = 0.0
        s_a_row = float(
            np.average(seen.at * seen.rows, weights=weights**2) / np.average(seen.rows**2, weights=weights**2)
        )
    return JobFit(float(delay), 1 / float(s_a_row) if s_a_row > LEAST_S_A_ROW else 0.0)


def error_s(seen: Moments, rows: float) -> float:
    """The standard error of the moment when so many rows are through, if each moment is as uncertain as it says."""
    weights = 1 / seen.error
    slopes = np.stack([weights, seen.rows * weights], 1)
    asked = np.array([1.0, rows])
    return float(np.sqrt(asked @ np.linalg.pinv(slopes.T @ slopes) @ asked))


def drawn_again(fitted: JobFit, seen: Moments, rng: np.random.Generator) -> Moments:
    """Moments that might have been seen instead, if the fit is right and each is as uncertain as it was."""
    expected = fitted.at(seen.rows)
    beyond = np.maximum(seen.error, np.abs(seen.at - expected) * 0.5)
    return Moments(seen.rows, expected + beyond * rng.standard_normal(len(seen)), seen.error)
