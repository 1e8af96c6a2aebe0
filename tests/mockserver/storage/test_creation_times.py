"""When contacts were created, by their place."""

import pytest

from mockserver.storage.indexes import UNKNOWN, CreationTimes


@pytest.fixture
def times():
    """Three rows of one moment, two of the next, one of the last."""
    made = CreationTimes()
    for place, moment in [(0, 10.0), (2, 10.0), (3, 20.0), (5, 30.0)]:
        made.begin(place, moment)
    return made


def test_of(times):
    """Every place has the moment of its batch; without any batch it is unknown."""
    assert [times.of(place) for place in range(6)] == [10.0, 10.0, 10.0, 20.0, 20.0, 30.0]
    assert CreationTimes().of(0) == UNKNOWN


@pytest.mark.parametrize(
    ("first", "stop", "spans"),
    [
        (0, 6, [(0, 3, 10.0), (3, 5, 20.0), (5, 6, 30.0)]),
        (1, 4, [(1, 3, 10.0), (3, 4, 20.0)]),
        (5, 9, [(5, 9, 30.0)]),
        (2, 2, []),
    ],
)
def test_spans(times, first, stop, spans):
    """A page is cut where a batch ends."""
    assert times.spans(first, stop) == spans


@pytest.mark.parametrize(("moment", "places"), [(9.0, 0), (10.0, 3), (25.0, 5), (30.0, 6)])
def test_until(times, moment, places):
    """What was created later does not count."""
    assert times.until(moment, 6) == places


def test_a_moment_that_brought_nothing(times):
    """A batch of updates only leaves no trace."""
    times.begin(6, 40.0)
    times.begin(6, 50.0)
    assert times.spans(4, 8) == [(4, 5, 20.0), (5, 6, 30.0), (6, 8, 50.0)]


def test_without_gaps(times):
    """Once deleted rows are left out, the others have moved and kept their moments."""
    closed = times.without_gaps([b"", b"x", b"x", b"", b"", b"x"])
    assert closed.spans(0, 3) == [(0, 2, 10.0), (2, 3, 30.0)]
