"""Whether a server that fails everything is left alone. Pure: learns from what comes back, says how long to wait.

Source of the idea: Nygard, "Release It!", circuit breaker.
"""

from dataclasses import dataclass

from .rate_budget import LEAST_S

OPENS_AFTER = 20  # failures in a row, over all workers
PROBE_EVERY_S = 5.0
PATIENCE_S = 900.0  # for so long a probe that fails counts against nobody


@dataclass(slots=True)
class Breaker:
    """One for all workers of a token. Times are seconds on one monotonic clock.

    A failure is a request that left and got no answer, or 5xx. While it is open one request goes every few seconds,
    whoever asks first; the first answer closes it.
    """

    failures: int = 0  # in a row
    opened_at: float | None = None
    opened: int = 0  # times
    next_probe_at: float = 0.0

    def wait_s(self, now: float) -> float:
        """Seconds until the next request may go; 0 means now, and `sent` must follow."""
        if self.opened_at is None or now >= self.next_probe_at:
            return 0.0
        return max(LEAST_S, self.next_probe_at - now)

    def record_sent(self, now: float) -> None:
        self.next_probe_at = now + PROBE_EVERY_S

    def record_reply(self, now: float, *, failed: bool) -> None:
        if not failed:
            self.failures, self.opened_at = 0, None
            return
        self.failures += 1
        if self.opened_at is None and self.failures >= OPENS_AFTER:
            self.opened_at, self.opened = now, self.opened + 1
            self.next_probe_at = now + PROBE_EVERY_S

    def excuses(self, sent_at: float, now: float) -> bool:
        """Whether a request that failed was a probe: it says that the trouble goes on, and nothing about itself."""
        return self.opened_at is not None and sent_at > self.opened_at and now - self.opened_at < PATIENCE_S
