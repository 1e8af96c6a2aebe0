"""Time, as something the server is given."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the Unix epoch; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The wall clock at the start, and monotonic from there: a changed system time moves no job and no limit."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        return self._offset + time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class LoopClock:
    """The running event loop's own clock, from `epoch` on. On a virtual loop, virtual time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, epoch: float) -> None:
        self._loop = loop
        self._offset = epoch - loop.time()

    def now(self) -> float:
        return self._offset + self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class MovableClock:
    """Another clock, which can be moved on: for tests that do not want to wait for a job or for a token to expire."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = 0.0

    def now(self) -> float:
        return self._clock.now() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Raises ValueError if that would be back."""
        if seconds < 0:
            raise ValueError(f"time does not go back: {seconds}")
        self._ahead_s += seconds

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class ManualClock:
    """For tests: time moves only when told."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:  # 2026-01-01T00:00:00Z
        self._now = now

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        self._now += seconds


# Dates as they are written in requests and cells: ISO 8601, or relative to now.


_RELATIVE = re.compile(r"(-?)P(?:(-?\d{1,4})D)?(?:T?(?:(-?\d{1,4})H)?(?:(-?\d{1,4})M)?)", re.ASCII)


def date_in(text: str) -> datetime | None:
    """The moment an ISO 8601 text names, or None. Without an offset it is UTC (Assumption)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def relative_date_in(text: str, now: float) -> datetime | None:
    """The moment `PxxDTyyHzzM` from now, or None: `P01DT00H-30M` is 23 hours and a half from now.

    Source: SDK 269.0.0 models/contact_list_filter_predicate.py. Assumption: a minus before all of it turns it around.
    """
    match = _RELATIVE.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        return None
    days, hours, minutes = (int(part or 0) for part in match.groups()[1:])
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    return datetime.fromtimestamp(now, UTC) + (-duration if match[1] else duration)
