"""Sees every request leave and arrive, and writes down what no upload may ever do."""

import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from harness.flow import Call

LEAD_ID = "Lead ID"
STEP = "X-Step"  # the header that says which step of which start a request is


class Watch:
    """`alive` says of who sent a request whether it still runs, in a folder that nobody has tampered with."""

    def __init__(self, journal: Path, *, own_ids: bool, alive: Callable[[object], bool]) -> None:
        self.amiss: list[str] = []
        self._journal, self._own_ids, self._alive = journal, own_ids, alive
        self._names = map(str, itertools.count())
        self._calls: dict[str, tuple[object, Call]] = {}  # without an answer so far
        self._at_work: Counter[str] = Counter()  # leads of requests that the org has not answered yet

    @contextmanager
    def sent(self, sender: object, call: Call) -> Iterator[str]:
        """The name of the request, for as long as it has no answer."""
        leads = _leads(call)
        if any(leads & _leads(other) for its_sender, other in self._calls.values() if its_sender is sender):
            self.amiss.append(f"two batches of one start are on their way with the same lead: {call.op}")
        name = next(self._names)
        self._calls[name] = sender, call
        try:
            yield name
        finally:
            del self._calls[name]

    @web.middleware
    async def arriving(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """At the org; one whose sender has given up since is not known any more."""
        sender, call = self._calls.get(request.headers.get(STEP, ""), (None, None))
        if call is None:
            return await handler(request)
        if self._alive(sender) and not self._intended(call):
            self.amiss.append(f"{call.op} of batch {call.batch} arrives, and the journal does not know of it")
        leads = _leads(call)
        if not self._own_ids and any(self._at_work[lead] for lead in leads):
            self.amiss.append(f"two batches are worked on with the same lead: {call.op}")
        self._at_work.update(leads)
        try:
            return await handler(request)
        finally:
            self._at_work.subtract(leads)

    def _intended(self, call: Call) -> bool:
        """Whether the journal, as another process reads it now, says that this is being sent."""
        if call.op == "contacts.add":
            rows = self._rows("SELECT lead_ids FROM batch WHERE state = 'sending'")
            return _leads(call) <= {lead for (ids,) in rows for lead in json.loads(ids)}
        if call.op == "import.upload":
            return (call.contact_list_id,) in self._rows("SELECT contact_list_id FROM shard WHERE state = 'sending'")
        return True

    def _rows(self, query: str) -> list[Any]:
        db = sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()


def _leads(call: Call) -> set[str]:
    """The leads of a batch; none of any other call."""
    if call.op != "contacts.add" or call.body is None:
        return set()
    return {contact["data"][LEAD_ID] for contact in json.loads(call.body)}
