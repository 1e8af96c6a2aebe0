"""Notices times in which this process did not run, as `harness/awake.py` does on asyncio."""

import time
from collections.abc import Callable

import gevent

from ..awake import TICK_S, is_suspension
from ..bookkeeping import Bookkeeping


def stay_awake(books: Callable[[], Bookkeeping]) -> None:
    """Tell `books` of such times, for ever."""
    while True:
        known, due, spent = books(), time.monotonic() + TICK_S, time.process_time()
        gevent.sleep(TICK_S)
        late_s = time.monotonic() - due
        if is_suspension(late_s, time.process_time() - spent) and books() is known:
            known.suspended(late_s)
