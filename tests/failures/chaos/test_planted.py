"""The torture finds bugs: each of those planted here, within a few seeds."""

import pytest

from harness import simulator

from .plan import drawn
from .planted import BUGS
from .run import tortured

PROFILE = simulator.load_profile("default")


SLOW = {"positional join", "blind retry"}  # to be found


@pytest.mark.parametrize("bug", [pytest.param(bug, marks=pytest.mark.slow) if bug in SLOW else bug for bug in BUGS])
def test_a_planted_bug_is_found(tmp_path, bug):
    """By the very runs that the real thing passes; docs/chaos.md says at which seed."""
    strategy, planted, found_at = BUGS[bug]
    (tmp_path / "real").mkdir()
    (tmp_path / "spoilt").mkdir()
    torture = drawn(found_at, strategy)
    assert tortured(torture, PROFILE, tmp_path / "real").violations == []
    assert tortured(torture, PROFILE, tmp_path / "spoilt", planted).violations != []
