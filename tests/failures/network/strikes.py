"""What a proxy does to requests and answers, and what it saw of them."""

import re
from dataclasses import dataclass, field
from typing import Literal

CHUNK = 65_536
Side = Literal["request", "answer"]
Deed = Literal["reset", "fin", "half_close", "hole", "corrupt", "slow"]


@dataclass(frozen=True)
class Pace:
    """Bytes go on in pieces of so many, with a pause after each; the first of them late."""

    piece: int = CHUNK
    pause_s: float = 0.0
    latency_s: float = 0.0


def bandwidth(bytes_per_s: int) -> Pace:
    """Ten pieces a second; slower than that, a byte at a time."""
    piece = max(1, bytes_per_s // 10)
    return Pace(piece, piece / bytes_per_s)


@dataclass
class Strike:
    """What befalls a message once `at` bytes of it have passed.

    `reset` and `fin` end the connection to both sides; `half_close` ends the struck direction only; `hole` swallows
    whatever comes from either side and tells nobody; `corrupt` flips a bit of the next byte; `slow` goes on at `pace`.
    """

    line: str  # a pattern for the beginning of the request's head, as "POST /oauth/token"
    do: Deed
    side: Side = "request"
    at: int = 0
    nth: int = 1  # of the requests that fit
    every: int = 0  # and each so-manieth after that
    pace: Pace = field(default_factory=Pace)
    seen: int = 0
    fired: int = 0

    def meets(self, line: str) -> bool:
        """Whether this request is one that is struck."""
        if re.match(self.line, line) is None:
            return False
        self.seen += 1
        after = self.seen - self.nth
        return after == 0 or (self.every > 0 and after > 0 and after % self.every == 0)


@dataclass
class Message:
    """Bytes of a request or of an answer: how many have passed, and how many of them are its head."""

    passed: int = 0
    head: int = 0

    def offsets(self) -> list[int]:
        """60 places where it may be cut, the most telling ones first: its ends, its head's end, and all of its body.

        None is beyond its end: what has no body ends with its head.
        """
        body = self.passed - self.head
        ends = [self.passed, 0, self.head, self.passed - 1, self.head + 1, 1, self.head - 1]
        slices = [self.head + body * n // 54 for n in range(1, 54)]
        return [min(place, self.passed) for place in (slices.pop(26), *ends, *slices)]


@dataclass
class Exchange:
    """A request and its answer, as far as they went through."""

    line: str
    strike: Strike | None
    struck: bool = False
    request: Message = field(default_factory=Message)
    answer: Message = field(default_factory=Message)

    def fits(self, line: str) -> bool:
        return re.match(line, self.line) is not None
