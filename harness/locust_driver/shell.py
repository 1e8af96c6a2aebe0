"""What flows ask of the world, done on a Locust user's session."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from locust.contrib.fasthttp import FastHttpSession

from ..bookkeeping import Bookkeeping
from ..flow import Call, Reply, Wait
from ..transport import Target
from .exchange import exchange


@dataclass(frozen=True, slots=True)
class GeventShell:
    """Files and the journal are worked on in place: with one thread nobody can do it meanwhile."""

    session: FastHttpSession
    target: Target
    books: Bookkeeping

    def send(self, call: Call) -> Reply:
        planned_at = self.books.now()
        while (wait := self.books.hold(call)) is not None:
            self.sleep(wait)
        call, sent_at = self.books.timed(call), self.books.sent(call)
        reply = exchange(self.session, self.target, call)
        return self.books.answered(call, reply, planned_at, sent_at)

    def sleep(self, wait: Wait) -> None:
        gevent.sleep(self.books.pausing(wait))

    def save(self, event: Any) -> None:
        self.books.save(event)

    def work(self, function: Callable[[], Any]) -> Any:
        return function()
