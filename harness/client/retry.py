"""A flow that repeats what is safe to repeat, around another flow; and a circuit breaker for all flows of a token.

A refused call (429) had no effect: it is repeated for as long as the run's deadline allows. A call that never left had
none either: it is repeated until nobody has listened for a while. A call whose fate is unknown is repeated only if it
is idempotent; otherwise the flow hears of it and resolves it. While the server fails everything the driver lets only
probes through, and those that fail cost no patience.

Back-off: full jitter, `uniform(0, min(cap, initial * 2**n))`, never under 0.1 s.
Source of the idea: AWS Architecture Blog, "Exponential Backoff And Jitter".
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Literal

from ..errors import GaveUp
from ..flow import Call, Flow, Reply, T, Wait, map_calls
from ..wording import server_text
from .rate_budget import LEAST_S

MIN_WAIT_S = 0.1
Outcome = Literal["answered", "throttled", "not_applied", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    initial_s: float = 1.0
    cap_s: float = 60.0
    attempts: int = 8  # of a call whose fate is unknown; a refused one is repeated until the deadline
    unreachable_s: float = 60.0  # of back-off in a row, while nobody listens
    max_retry_after_s: float = 180.0  # Genesys's own CLI stops there too: a longer wait is a daily limit

    def backoff_s(self, failures: int, rng: random.Random) -> float:
        """Seconds before the repeat that follows failure number `failures` (from 1)."""
        ceiling = min(self.cap_s, self.initial_s * 2 ** min(failures - 1, 16))
        return max(MIN_WAIT_S, rng.uniform(0.0, ceiling))


def outcome(reply: Reply) -> Outcome:
    """What is known of a call's effect. Anything after its bytes may have left, short of a clear answer, is unknown."""
    if reply.status == 429:
        return "throttled"
    if reply.status == 0 and not reply.sent:
        return "not_applied"
    if reply.status in (0, 408) or reply.status >= 500 or reply.error:
        return "unknown"
    return "answered"


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks for, or None if it says nothing that can be read.

    Whole seconds only; a date counts from the server's own Date, so that a wrong local clock changes nothing.
    """
    text = headers.get("retry-after", "").strip()
    numbers = [part.strip() for part in text.split(",")]  # two headers arrive as one, with a comma: the larger counts
    whole = [float(part) for part in numbers if part.isascii() and part.isdigit()]
    if whole:
        return max(whole)
    if not text or "date" not in headers:
        return None
    try:
        seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(headers["date"])).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def with_retries(flow: Flow[T], policy: RetryPolicy, rng: random.Random) -> Flow[T]:
    """`flow`, each of its calls repeated as long as that is safe and may help."""
    return map_calls(flow, lambda call: _call(call, policy, rng))


def _call(call: Call, policy: RetryPolicy, rng: random.Random) -> Flow[Reply]:
    attempt, unknown = call.attempt, 0
    throttled = failures = 0
    away_s = 0.0
    while True:
        reply: Reply = yield call if attempt == call.attempt else replace(call, attempt=attempt)
        match outcome(reply):
            case "answered":
                return reply
            case "throttled":
                throttled += 1
                yield Wait(_throttle_s(call, reply, policy, throttled, rng), "throttle")
            case "not_applied":
                failures += 1
                pause = _away_s(call, reply, policy, failures, away_s, rng)
                away_s += pause
                yield Wait(pause)
            case "unknown" if reply.probe and call.idempotent:
                yield Wait(_asked_s(reply, policy))
            case "unknown":
                unknown += 1
                if not call.idempotent or unknown >= policy.attempts:
                    return reply
                yield Wait(max(_asked_s(reply, policy), policy.backoff_s(unknown, rng)))
        if reply.sent:
            failures, away_s = 0, 0.0
        attempt += 1


def _asked_s(reply: Reply, policy: RetryPolicy) -> float:
    """A server in trouble may be away for longer than it says, and is no judge of waits of hours."""
    return min(retry_after_s(reply.headers) or 0.0, policy.max_retry_after_s)


def _away_s(call: Call, reply: Reply, policy: RetryPolicy, failures: int, away_s: float, rng: random.Random) -> float:
    left_s = policy.unreachable_s - away_s
    if left_s <= 0:
        raise GaveUp(
            "NO_CONNECTION",
            f"op={call.op}: nobody listens any more, for {away_s:.0f} s now ({reply.error});"
            " what was done is kept, the same command goes on from there.",
        )
    return min(policy.backoff_s(failures, rng), left_s)


def _throttle_s(call: Call, reply: Reply, policy: RetryPolicy, times: int, rng: random.Random) -> float:
    asked = retry_after_s(reply.headers)
    if asked is None:
        return policy.backoff_s(times, rng)
    if asked > policy.max_retry_after_s:
        raise GaveUp(
            "RETRY_AFTER_TOO_LONG",
            f"op={call.op} http=429: the server asks to wait {server_text(f'{asked:.0f}')} s, more than"
            f" {policy.max_retry_after_s:.0f} s; nothing is lost, the same command goes on later.",
        )
    return asked + rng.uniform(0.0, MIN_WAIT_S) if asked else policy.backoff_s(times, rng)


# Whether a server that fails everything is left alone: learns from what comes back, says how long to wait.
# Source of the idea: Nygard, "Release It!", circuit breaker.


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
