"""Which contacts have a value in a column: an index built when first asked for."""

from collections.abc import Sequence

from mockserver.storage.row_codec import value_reader
from mockserver.storage.store import Row


class ColumnIndex:
    """Places by value, over a list of rows that only grows, is replaced row by row, and empties rows it deletes.

    It may know places too many, never too few: an answer is checked against the rows themselves.
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

    def replaced(self, place: int, old: Row, new: Row) -> None:
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
