"""Commits: what a request does to the org, at once, later or in part."""

import asyncio
import contextlib

from mockserver.errors import ApiError
from mockserver.handling import PendingOperation, Response
from mockserver.services import Services
from mockserver.state.request_log import ServerRequestLog


class Commits:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._org = services.org
        self._late: set[asyncio.Task[None]] = set()

    def now(self, prepared: PendingOperation) -> Response:
        """In one step, on a store that has everything imports have brought so far."""
        self._services.advance_to_now()
        answer = prepared.commit()
        self._services.notifications.notify()
        return answer

    def first(self, prepared: PendingOperation, count: int) -> Response:
        """Only the first `count` contacts."""
        self._services.advance_to_now()
        return prepared.first(count) if prepared.first else prepared.commit()

    def later(self, prepared: PendingOperation, after_s: float) -> None:
        """Once `after_s` have passed, whatever becomes of the request; never if the org is reset before."""
        task = asyncio.create_task(self._wait_and_do(prepared, after_s, self._org.request_log))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def stop(self) -> None:
        """Drop the commits that are still to come."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _wait_and_do(self, prepared: PendingOperation, after_s: float, request_log: ServerRequestLog) -> None:
        await self._org.clock.sleep(after_s)
        if request_log is not self._org.request_log:
            return
        with contextlib.suppress(ApiError):  # nobody is left to be told
            self.now(prepared)
