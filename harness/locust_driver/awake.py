"""Notices times in which this process did not run, as `harness/awake.py` does on asyncio."""

import time
from collections.abc import Callable

import gevent

from ..awake import SUSPENDED_S, TICK_S
from ..bookkeeping import Bookkeeping


def stay_awake(books: Callable[[], Bookkeeping]) -> None:
    """Tell `books` of such times, for ever. Work on files holds up all greenlets too, but it uses the CPU."""
    while True:
        known, due, spent = books(), time.monotonic() + TICK_S, time.process_time()
        gevent.sleep(TICK_S)
        late_s = time.monotonic() - due
        if late_s - (time.process_time() - spent) > SUSPENDED_S and books() is known:
            known.suspended(late_s)
