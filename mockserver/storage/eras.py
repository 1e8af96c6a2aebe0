"""When contacts were created: one entry for all that came at one moment, none a contact."""

from bisect import bisect_right
from collections.abc import Sequence

UNKNOWN = 0.0


class Eras:
    """Moments by place, over rows that only grow. A moment is in seconds since the epoch; UNKNOWN if nobody said."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._moments: list[float] = []

    def begin(self, place: int, moment: float) -> None:
        """The rows from `place` on were created then."""
        if self._starts and self._starts[-1] == place:
            del self._starts[-1], self._moments[-1]
        if not self._moments or self._moments[-1] != moment:
            self._starts.append(place)
            self._moments.append(moment)

    def of(self, place: int) -> float:
        at = bisect_right(self._starts, place) - 1
        return self._moments[at] if at >= 0 else UNKNOWN

    def spans(self, first: int, stop: int) -> list[tuple[int, int, float]]:
        """The parts of the places from `first` to before `stop`: start, stop, moment."""
        ends = [*self._starts[1:], max(stop, self._starts[-1])] if self._starts else []
        eras = bisect_right(self._starts, first) - 1
        known = zip(self._starts[max(0, eras) :], ends[max(0, eras) :], self._moments[max(0, eras) :], strict=True)
        return [(max(a, first), min(b, stop), moment) for a, b, moment in known if max(a, first) < min(b, stop)]

    def until(self, moment: float, stop: int) -> int:
        """How many places, of those before `stop`, come before the first that was created after `moment`."""
        for start, began in zip(reversed(self._starts), reversed(self._moments), strict=True):
            if began <= moment:
                break
            stop = min(stop, start)
        return stop

    def without_gaps(self, rows: Sequence[bytes]) -> "Eras":
        """The same for the rows that are not empty, once the empty ones are left out."""
        closed, kept = Eras(), 0
        for start, stop, moment in self.spans(0, len(rows)):
            live = sum(map(bool, rows[start:stop]))
            if live:
                closed.begin(kept, moment)
            kept += live
        return closed
