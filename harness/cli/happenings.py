"""What went wrong in a run and what became of it, said when it happens: first at once, then in counts now and then."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..wording import counted

if TYPE_CHECKING:
    from ..bookkeeping import Bookkeeping

Tell = Callable[[int, "Bookkeeping"], str]

# A counter of the run's troubles -> what is to be said of so many more of them. In the order of cause and effect.
KINDS: dict[str, Tell] = {
    "refused": lambda n, books: (
        f"rate limit: {counted(n, 'request')} refused (429); nothing is sent for {_blocked_s(books):.0f} s"
    ),
    "expired": lambda n, _: f"token: {counted(n, 'request')} refused (401); a new token is fetched",
    "failed": lambda n, _: f"server: {counted(n, 'answer')} of 5xx or 408",
    "cut": lambda n, _: f"connection: {counted(n, 'answer')} lost or cut off",
    "unsent": lambda n, _: f"connection: {counted(n, 'request')} could not be sent, nobody listens; sent again",
    "repeatable": lambda n, _: f"repeated: {counted(n, 'request')} without a clear answer, harmless to send twice",
    "batches_in_doubt": lambda n, books: (
        f"in doubt: {counted(n, 'batch', 'batches')}; looked up before anything of it is sent again"
    ),
    "leads_found": lambda n, _: f"looked up: {counted(n, 'lead was', 'leads were')} in the org, and adopted",
    "leads_resent": lambda n, _: f"looked up: {counted(n, 'lead was', 'leads were')} missing, and sent again",
    "lists_reloaded": lambda n, _: (
        f"in doubt: {counted(n, 'list')} may have held half an upload; dropped, and loaded from the start"
    ),
}


def _blocked_s(books: "Bookkeeping") -> float:
    return max(0.0, books.budget.blocked_until - books.now())


class Happenings:
    """Of the runs of one command, one after the other. Each kind has a line at most every `every_s`."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self._books: Bookkeeping | None = None
        self._said: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._outage = False

    def lines(self, books: "Bookkeeping | None", now: float, *, last: bool = False) -> Iterator[str]:
        """What is new. Of a former run, and with `last`, all that has not been said yet."""
        if self._books is not None and (last or books is not self._books):
            yield from self._new(self._books, now, due=False)
        if books is not self._books:
            self._books, self._said, self._due, self._outage = books, {}, {}, False
        if books is not None and not last:
            yield from self._new(books, now, due=True)

    def _new(self, books: "Bookkeeping", now: float, *, due: bool) -> Iterator[str]:
        for kind, tell in KINDS.items():
            more = getattr(books.trouble, kind) - self._said.get(kind, 0)
            if more > 0 and not (due and now < self._due.get(kind, now)):
                self._said[kind], self._due[kind] = self._said.get(kind, 0) + more, now + self.every_s
                yield tell(more, books)
        yield from self._outages(books)

    def _outages(self, books: "Bookkeeping") -> Iterator[str]:
        opened, breaker = self._said.get("outages", 0), books.breaker
        if breaker.opened > opened:
            self._said["outages"], self._outage = breaker.opened, True
            yield "outage: every request fails; one goes now and then until the server answers again"
        if self._outage and breaker.opened_at is None:
            self._outage = False
            yield "outage: over, the server answers again"
