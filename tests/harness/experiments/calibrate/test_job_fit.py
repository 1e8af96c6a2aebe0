"""Delay and speed of jobs, from looks at them."""

import numpy as np
import pytest

from harness.experiments.calibrate.job_fit import Moments, drawn_again, error_s, fit, moments
from harness.experiments.calibrate.observations import JobObservation


def looks(kind, rows, delay_s, rows_per_s, step_s, job="one"):
    """Looks every `step_s` at a job that was asked for at second 100, until it is over."""
    at = 0.0
    while True:
        done = min(rows, max(0, int((at - delay_s) * rows_per_s)))
        state = "waiting" if at < delay_s else "over" if done == rows else "running"
        counted = done if kind == "import" else 0
        state = "waiting" if kind == "export" and state == "running" else state
        yield JobObservation(
            kind=kind, job=job, rows=rows, asked_at=100.0, at=100.0 + at, state=state, completed=counted
        )
        if state == "over":
            return
        at += step_s


def test_an_import_by_its_counters():
    """Counters on their way give the line nearly exactly, though the looks are seldom."""
    found = fit(moments(list(looks("import", 2_000, 3.3, 500.0, 0.4)), "import"))
    assert (found.start_delay_s, found.rows_per_s) == pytest.approx((3.3, 500.0), rel=0.02)


def test_exports_by_their_ends():
    """No counter tells: two sizes are needed, and the ends lie between two looks."""
    small = list(looks("export", 300, 2.0, 5_000.0, 0.05, "small"))
    large = list(looks("export", 20_000, 2.0, 5_000.0, 0.05, "large"))
    found = fit(moments([*small, *large], "export"))
    assert (found.start_delay_s, found.rows_per_s) == pytest.approx((2.0, 5_000.0), rel=0.03)
    assert fit(moments(small, "export")) is None


def test_too_fast_to_be_seen():
    """Large and small jobs take the same time: no speed is made up, they are done at once."""
    found = fit(Moments(np.array([1.0, 9_000.0]), np.array([2.0, 2.0]), np.array([0.1, 0.1])))
    assert (found.rows_per_s, found.start_delay_s) == (0.0, pytest.approx(2.0))


@pytest.mark.parametrize(("rows", "error"), [(0.0, 0.1), (1_000.0, 0.1), (2_000.0, 0.1 * 5**0.5)])
def test_what_lies_further_out_is_less_certain(rows, error):
    """Of two moments each uncertain by 0.1 s, twice the one less the other."""
    seen = Moments(np.array([0.0, 1_000.0]), np.array([1.0, 2.0]), np.array([0.1, 0.1]))
    assert error_s(seen, rows) == pytest.approx(error)


def test_what_else_might_have_been_seen():
    """Moments that are less certain scatter more."""
    seen = Moments(np.array([0.0, 1_000.0]), np.array([1.0, 2.0]), np.array([0.01, 0.3]))
    rng = np.random.default_rng(1)
    again = np.array([drawn_again(fit(seen), seen, rng).at for _ in range(200)])
    assert np.std(again, axis=0) == pytest.approx([0.01, 0.3], rel=0.2)
