"""Where each id is: an index in parts. A dict that grows is built anew from time to time, which would stop a server
for a tenth of a second at a million ids; a part of it takes a few milliseconds, and each its own time.
"""

from collections.abc import Iterable, Sequence

_PARTS = 64


class Places:
    def __init__(self) -> None:
        self._parts: list[dict[str, int]] = [{} for _ in range(_PARTS)]

    def known(self, ids: Sequence[str]) -> dict[str, int]:
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
