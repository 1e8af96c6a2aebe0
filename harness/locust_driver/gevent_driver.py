"""What flows ask of the world, done on a Locust user's session."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from locust.contrib.fasthttp import FastHttpSession

from ..client.httpx_transport import Target
from ..client.request_context import Bookkeeping
from ..client.suspension import TICK_S, is_suspension
from ..flow import Call, Reply, Wait
from ..load.arrivals import Pacing
from .exchange import exchange


@dataclass(frozen=True, slots=True)
class GeventShell:
    """Files and the journal are worked on in place: with one thread nobody can do it meanwhile."""

    session: FastHttpSession
    target: Target
    books: Bookkeeping
    pacing: Pacing | None = None

    def send(self, call: Call) -> Reply:
        if self.pacing is None or call.op != self.pacing.op:
            return self._send(call, self.books.now())[0]
        planned_at = self._slot(self.pacing) if self.pacing.applies(call) else self.books.now()
        reply, sent_at = self._send(call, planned_at)
        if self.pacing.applies(call):
            self.pacing.record(planned_at, sent_at, self.books.now())
        self.pacing.learn(self.books.now(), reply.status)
        return reply

    def _send(self, call: Call, planned_at: float) -> tuple[Reply, float]:
        """The answer, and when the call was sent."""
        while (wait := self.books.hold(call)) is not None:
            self.sleep(wait)
        call, sent_at = self.books.timed(call), self.books.sent(call)
        reply = self.exchange(call)
        return self.books.answered(call, reply, planned_at, sent_at), sent_at

    def exchange(self, call: Call) -> Reply:
        return exchange(self.session, self.target, call)

    def _slot(self, pacing: Pacing) -> float:
        """The moment of the next slot, once it has come. To come too late for it is not the server's pacing."""
        with pacing.line:
            now = self.books.now()
            planned_at = pacing.arrivals.claim(now)
            if planned_at > now:
                self.sleep(Wait(planned_at - now, "hold"))
        self.books.samples.throttled_s -= max(0.0, now - planned_at)
        return planned_at

    def sleep(self, wait: Wait) -> None:
        gevent.sleep(self.books.pausing(wait))

    def save(self, event: Any) -> None:
        self.books.save(event)

    def work(self, function: Callable[[], Any]) -> Any:
        return function()


# Notices times in which this process did not run, as `harness/client/suspension.py` does on asyncio.


def stay_awake(books: Callable[[], Bookkeeping]) -> None:
    """Tell `books` of such times, for ever."""
    while True:
        known, due, spent = books(), time.monotonic() + TICK_S, time.process_time()
        gevent.sleep(TICK_S)
        late_s = time.monotonic() - due
        if is_suspension(late_s, time.process_time() - spent) and books() is known:
            known.suspended(late_s)
