"""What was asked and answered: the last requests one by one, and exact counts of all of them."""

from collections import Counter, deque

import msgspec


class Entry(msgspec.Struct, frozen=True, gc=False):
    seq: int  # from 1
    op: str  # "" if no operation matched
    token: str  # the first digits of the token's hash
    status: int  # 0: the connection was cut before an answer
    bytes: int  # of the request's body, as far as it was read or announced
    t: float  # s since the epoch, at the answer
    list: str
    correlation_id: str
    bytes_out: int = 0


class Ledger:
    """Holds the last `capacity` entries; counts for ever."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._counts: Counter[tuple[str, int]] = Counter()
        self._seq = 0

    def add(
        self, *, op: str, token: str, status: int, size: int, t: float, list_id: str, correlation_id: str, sent: int
    ) -> None:
        self._seq += 1
        self._counts[op, status] += 1
        self._entries.append(Entry(self._seq, op, token, status, size, t, list_id, correlation_id, sent))

    def since(self, seq: int) -> list[Entry]:
        """Entries after `seq`, oldest first; those that fell out of the ring are missing."""
        newer = min(self._seq - seq, len(self._entries))
        return [self._entries[at] for at in range(len(self._entries) - newer, len(self._entries))] if newer > 0 else []

    def counts(self) -> dict[str, dict[int, int]]:
        """Number of requests by operation and status."""
        by_op: dict[str, dict[int, int]] = {}
        for (op, status), count in sorted(self._counts.items()):
            by_op.setdefault(op, {})[status] = count
        return by_op
