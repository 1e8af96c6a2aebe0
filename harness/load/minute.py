"""How many requests were sent in the last minute, by all runs of this process that share the account."""

from collections import deque
from dataclasses import dataclass, field

MINUTE_S = 60.0


@dataclass(slots=True)
class LastMinute:
    """Moments are seconds on the process's monotonic clock, which goes on from one run to the next."""

    _sent_at: deque[float] = field(default_factory=deque)

    def wait_s(self, most: int, at: float) -> float:
        """Seconds until fewer than `most` requests are younger than a minute."""
        while self._sent_at and self._sent_at[0] + MINUTE_S <= at:
            self._sent_at.popleft()
        return 0.0 if len(self._sent_at) < most else self._sent_at[-most] + MINUTE_S - at

    def sent(self, at: float) -> None:
        self._sent_at.append(at)
