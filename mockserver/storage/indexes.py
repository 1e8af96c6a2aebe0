"""Indexes over the contacts of a list: by the value of a column, by the moment of creation, by id."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from mockserver.storage import Row
from mockserver.storage.row_codec import value_reader


class ColumnIndex:
    """Places by value, over a list of rows that only grows, is replaced row by row, and empties rows it deletes.

    It is built when first asked for. It may know places too many, never too few: an answer is checked against the rows
    themselves.
    """

    def __init__(self, column: str) -> None:
        self._value = value_reader(column)
        self._places: dict[str, int | list[int]] = {}  # most values of the columns people look up occur once
        self._indexed = 0
        self._outdated = 0

    def catch_up(self, rows: Sequence[Row]) -> None:
        """Take in the rows added since the last call."""
        for place in range(self._indexed, len(rows)):
            if rows[place]:
                self._add(self._value(rows[place]), place)
        self._indexed = len(rows)

    def replace(self, place: int, old: Row, new: Row) -> None:
        if place < self._indexed and (value := self._value(new)) != self._value(old):
            self._outdated += 1
            self._add(value, place)
        if self._outdated > self._indexed // 2 + 1_000:  # mostly wrong: to be built anew when next asked for
            self._places, self._indexed, self._outdated = {}, 0, 0

    def places(self, values: Sequence[str], rows: Sequence[Row]) -> list[int]:
        """The places whose row has one of `values`, ascending."""
        found = set()
        for value in values:
            known = self._places.get(value, [])
            for place in [known] if isinstance(known, int) else known:
                if rows[place] and self._value(rows[place]) == value:
                    found.add(place)
        return sorted(found)

    def _add(self, value: str | None, place: int) -> None:
        if value is None:
            return
        known = self._places.setdefault(value, place)
        if isinstance(known, list):
            known.append(place)
        elif known != place:
            self._places[value] = [known, place]


# When contacts were created: one entry for all that came at one moment, none a contact.


UNKNOWN = 0.0


class CreationTimes:
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
        at = bisect_right(self._starts, first) - 1
        known = zip(self._starts[max(0, at) :], ends[max(0, at) :], self._moments[max(0, at) :], strict=True)
        return [(max(a, first), min(b, stop), moment) for a, b, moment in known if max(a, first) < min(b, stop)]

    def until(self, moment: float, stop: int) -> int:
        """How many places, of those before `stop`, come before the first that was created after `moment`."""
        for start, began in zip(reversed(self._starts), reversed(self._moments), strict=True):
            if began <= moment:
                break
            stop = min(stop, start)
        return stop

    def without_gaps(self, rows: Sequence[bytes]) -> "CreationTimes":
        """The same for the rows that are not empty, once the empty ones are left out."""
        closed, kept = CreationTimes(), 0
        for start, stop, moment in self.spans(0, len(rows)):
            live = sum(map(bool, rows[start:stop]))
            if live:
                closed.begin(kept, moment)
            kept += live
        return closed


_PARTS = 64


class SegmentedIndex:
    """Where each id is, in parts. A dict that grows is built anew from time to time, which would stop a server for a
    tenth of a second at a million ids; a part takes a few milliseconds.
    """

    def __init__(self) -> None:
        self._parts: list[dict[str, int]] = [{} for _ in range(_PARTS)]

    def find(self, ids: Sequence[str]) -> dict[str, int]:
        """The places of those `ids` that have one."""
        parts = self._parts
        found = [parts[hash(id_) % _PARTS].get(id_) for id_ in ids]
        return {id_: place for id_, place in zip(ids, found, strict=True) if place is not None}

    def setdefault(self, id_: str, place: int) -> int:
        """The place it has; `place` from now on if it has none."""
        return self._parts[hash(id_) % _PARTS].setdefault(id_, place)

    def add(self, placed: Iterable[tuple[str, int]]) -> None:
        parts = self._parts
        for id_, place in placed:
            parts[hash(id_) % _PARTS][id_] = place

    def pop(self, id_: str) -> int | None:
        """The place it had, if any."""
        return self._parts[hash(id_) % _PARTS].pop(id_, None)
