"""The entries of one DNC list in memory: a text and a number each, some 130 bytes, and nothing the collector walks."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

from mockserver.dnc.model import Change, EntryKind


class EntrySet:
    """Entries of several kinds, each with the minute it expires, 0 if never; in order of creation."""

    def __init__(self) -> None:
        self._of: dict[EntryKind, dict[str, int]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def make(self, change: Change) -> None:
        """Change it. Assumption: an entry that is added again takes the new expiration, also none."""
        of_kind = self._of.setdefault(change.kind, {})
        if change.action == "add":
            expires = repeat(change.expires) if isinstance(change.expires, int) else change.expires
            of_kind.update(zip(change.values, expires, strict=False))
        elif change.action == "remove":
            for value in change.values:
                of_kind.pop(value, None)
        elif isinstance(change.expires, int):
            self._of[change.kind] = _unexpired(of_kind, change.expires) if change.expires else {}

    def new(self, kind: EntryKind, values: Sequence[str]) -> int:
        """How many of these are not there yet."""
        return len(set(values).difference(self._of.get(kind, ())))

    def first_that_fit(self, kind: EntryKind, values: Sequence[str], room: int) -> int:
        """How many of `values`, from the first, can be added with at most `room` new ones."""
        known, new = self._of.get(kind, {}), set[str]()
        for position, value in enumerate(values):
            if value not in known:
                new.add(value)
            if len(new) > room:
                return position
        return len(values)

    def drop_expired(self, minute: int) -> None:
        for kind, of_kind in self._of.items():
            if any(0 < expires <= minute for expires in of_kind.values()):
                self._of[kind] = _unexpired(of_kind, minute)

    def snapshot(self) -> Mapping[EntryKind, Mapping[str, int]]:
        """A copy; the texts are shared."""
        return {kind: dict(of_kind) for kind, of_kind in self._of.items()}

    def changes(self, most: int) -> Iterator[Change]:
        """Changes of at most `most` entries that make an empty set equal to this one."""
        for kind, of_kind in self._of.items():
            values, expires = list(of_kind), list(of_kind.values())
            for start in range(0, len(values), most):
                part = slice(start, start + most)
                yield Change("add", kind, values[part], expires[part])


def _unexpired(entries: Mapping[str, int], minute: int) -> dict[str, int]:
    return {value: expires for value, expires in entries.items() if not 0 < expires <= minute}
