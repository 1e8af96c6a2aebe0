"""What was asked and answered: the last requests one by one, and exact counts of all of them."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice, starmap
from typing import Any

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


_BLOCK = 500  # entries
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple]).decode  # type: ignore[type-arg]  # the fields of an Entry


class ServerRequestLog:
    """Holds the last `capacity` entries; counts for ever."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        # Encoded by the block, older entries take a third of the memory, and no small piece of it stays for hours
        # between others that come and go.
        self._blocks: deque[bytes] = deque(maxlen=-(-capacity // _BLOCK))
        self._newest: list[tuple[Any, ...]] = []
        self._counts: Counter[tuple[str, int]] = Counter()
        self._seq = 0
        self._violations: Counter[str] = Counter()

    def add(
        self, *, op: str, token: str, status: int, size: int, t: float, list_id: str, correlation_id: str, sent: int
    ) -> None:
        self._seq += 1
        self._counts[op, status] += 1
        self._newest.append((self._seq, op, token, status, size, t, list_id, correlation_id, sent))
        if len(self._newest) == _BLOCK:
            self._blocks.append(_encode(self._newest))
            self._newest = []

    def since(self, seq: int) -> list[Entry]:
        """Entries after `seq`, oldest first; those that fell out of the ring are missing."""
        newer = max(0, min(self._seq - seq, self._size))
        count = -(-max(0, newer - len(self._newest)) // _BLOCK)
        blocks = islice(self._blocks, len(self._blocks) - count, None)
        held = chain(chain.from_iterable(map(_decode, blocks)), self._newest)
        return [*starmap(Entry, islice(held, count * _BLOCK + len(self._newest) - newer, None))]

    @property
    def _size(self) -> int:
        return min(self._seq, self._capacity)

    def select(
        self,
        since: int = 0,
        *,
        op: str | None = None,
        status: int | None = None,
        list_id: str | None = None,
        token: str = "",
    ) -> Iterator[Entry]:
        """Entries after `since` that fit what is given, oldest first. `token` is a hash, or its first digits."""
        return (
            entry
            for entry in self.since(since)
            if op in (None, entry.op)
            and status in (None, entry.status)
            and list_id in (None, entry.list)
            and (not token or (entry.token != "" and token.startswith(entry.token)))
        )

    def verification(self, window_s: float) -> dict[str, Any]:
        """Whether the counts add up, and how close each token came to its limit: see `busiest`."""
        return {
            "requests": self._seq,
            "kept": self._size,
            "adds_up": self._seq == sum(self._counts.values()),
            "cut": sum(count for (_, status), count in self._counts.items() if status == 0),
            "busiest": busiest(self.since(0), window_s) if window_s else {},
        }

    def counts(self) -> dict[str, dict[int, int]]:
        """Number of requests by operation and status."""
        by_op: dict[str, dict[int, int]] = {}
        for (op, status), count in sorted(self._counts.items()):
            by_op.setdefault(op, {})[status] = count
        return by_op

    def note_violation(self, op: str) -> None:
        """An answer of `op` was not as documented; only strict mode looks."""
        self._violations[op] += 1

    def violations(self) -> dict[str, int]:
        return dict(sorted(self._violations.items()))


def busiest(entries: Iterable[Entry], window_s: float) -> dict[str, dict[str, float]]:
    """By token: the most requests answered within `window_s`, whenever it begins, and when the last of them was.

    Refusals for too many requests are not counted.
    """
    recent: dict[str, deque[float]] = defaultdict(deque)
    most: dict[str, dict[str, float]] = {}
    for entry in entries:
        if not entry.token or entry.status == 429:
            continue
        times = recent[entry.token]
        times.append(entry.t)
        while times[0] <= entry.t - window_s:
            times.popleft()
        if len(times) > most.get(entry.token, {}).get("requests", 0):
            most[entry.token] = {"requests": len(times), "until": entry.t}
    return most
