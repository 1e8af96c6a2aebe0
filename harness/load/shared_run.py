"""One run that many workers share, each driving one flow at a time; and what came of it."""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count
from typing import Any

from ..bookkeeping import Bookkeeping
from ..errors import GaveUp, RunError, UsageError, VerifyFailed
from ..execution import opened
from ..flow import Shell, drive
from ..oauth import Session
from ..results import complaint
from ..retry import RetryPolicy
from ..runner import wrapped
from ..strategies.job import Stage
from ..upload import Prepared
from .budget import RateBudget
from .figures import Figures, mapped_before
from .handout import Handout
from .pacing import Pacing
from .samples import Samples

PROOF = "verification"
log = logging.getLogger("contactbench")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended: what a shell is told, and what a person is."""

    exit_code: int
    text: str
    complete: bool = False  # the run came to its end and has a report, whatever that says

    @classmethod
    def of(cls, error: Exception) -> "Verdict":
        return cls(getattr(error, "exit_code", 1), str(error) or type(error).__name__)


def stopped() -> GaveUp:
    return GaveUp("STOPPED", "before the end; the journal is whole, the same command goes on from there.")


STOPPED = Verdict.of(stopped())


class SharedRun:
    """Locked and open from the start until `finish`. Raises RunError when it cannot be opened."""

    def __init__(
        self, ready: Prepared, policy: RetryPolicy, clock: Callable[[], float], pacing: Pacing | None = None
    ) -> None:
        self.verdict: Verdict | None = None
        self._ready, self._policy, self._clock, self._began = ready, policy, clock, clock()
        self.folder, self.target, self.pacing = ready.folder, ready.target, pacing
        self._session = Session(ready.order.credentials, clock)
        self._numbers = count()
        with ExitStack() as opening:
            self._run = opening.enter_context(opened(ready.plan, ready.target, ready.folder))
            samples = opening.enter_context(closing(Samples(ready.folder / "requests.csv")))
            self._files = opening.pop_all()
        self.books = Bookkeeping.towards(
            ready.target,
            clock=clock,
            samples=samples,
            journal=self._run.journal,
            deadline_s=ready.plan.deadline_s,
            budget=RateBudget() if pacing is None else pacing.budget(),
        )
        self._mapped_before = mapped_before(self._run.journal)
        self._last: Figures | None = None
        self._handout = Handout(self._stages())

    def drive_one(self, shell: "Callable[[SharedRun], Shell]") -> bool:
        """One flow, from beginning to end; False when there is none left. Waits while a stage comes to its end.

        Whoever is killed in the middle of one leaves a doubt, so the run stops there: it goes on by the journal.
        """
        flow = self._handout.take()
        if flow is None:
            return False
        error: Exception | None = stopped()
        try:
            rng = random.Random(f"{self._ready.order.seed}:{next(self._numbers)}")
            drive(wrapped(flow, self._session, self._policy, rng), shell(self))
            error = None
        except Exception as trouble:
            error = trouble
        finally:
            self._handout.ended(error)
        return True

    def figures(self) -> Figures:
        """How far it is; after the end, how far it came."""
        if self._last is not None:
            return self._last
        stage, leads = self._handout.stage, self._ready.plan.preflight.leads
        return Figures.of(self.books, self._run.journal, stage, leads, self._mapped_before)

    def stop(self) -> None:
        """Begin no other flow."""
        self._handout.stop(stopped())

    def finish(self) -> Verdict | None:
        """The verdict, given once: to whoever asks first after the last flow has ended."""
        if not self._handout.done or self.verdict is not None:
            return None
        self.verdict, self._last = STOPPED, self.figures()  # for as long as nothing better is known
        try:
            self.verdict = self._judged(self._handout.error)
        except Exception as error:
            self.verdict = _told(error)
        finally:
            self._files.close()
        return self.verdict

    def _stages(self) -> Iterator[Stage]:
        yield from self._run.stages(self.books.now)
        yield Stage(PROOF, self._run.proof_stage().flows)

    def _judged(self, error: Exception | None) -> Verdict:
        """The outcome written down, with its report; or what stopped the run before there was one."""
        unproved = error if isinstance(error, VerifyFailed) and self._handout.stage == PROOF else None
        if error is not None and unproved is None:
            raise error
        wall_s = self._clock() - self._began
        outcome = self._run.outcome(self.books, wall_s, unproved)
        self._files.close()  # the samples are read from their file
        if not self.books.samples.count:
            raise GaveUp("NOTHING_SENT", "not one request went out, so nothing was tested.")
        arrivals = {} if self.pacing is None else {"arrivals": self.pacing.facts()}
        document = self._ready.documented(outcome, wall_s, **arrivals)
        written = [self._ready.folder / name for name in ("mapping.csv", "run.json", "requests.parquet")]
        written += _report(self._ready)
        problem = complaint(document)
        lines = [*_lines(document["strategies"][0]), *([] if self.pacing is None else self.pacing.told())]
        text = "\n".join([*lines, *(f"wrote {path}" for path in written)])
        if problem is None:
            return Verdict(0, text, complete=True)
        return Verdict(problem.exit_code, f"{text}\n{problem}", complete=True)


def _told(error: Exception) -> Verdict:
    if not isinstance(error, RunError):
        log.error("a fault of contactbench itself", exc_info=error)
    return Verdict.of(error)


def _report(ready: Prepared) -> list[Any]:
    from reports import ReportError, write  # draws charts: a second that only a run at its end has to spend

    try:
        return write(ready.folder)
    except ReportError as error:
        raise UsageError("NO_REPORT", f"{error}.") from None


def _lines(entry: dict[str, Any]) -> list[str]:
    """What a person wants to know first."""
    verdict = "VERIFIED" if entry["verified"] else "NOT VERIFIED"
    rate = "" if entry["contacts_per_s"] is None else f" ({entry['contacts_per_s']:,.0f} contacts/s)"
    leads = f"{entry['mapped']:,} of {entry['leads']:,} leads mapped, {entry['rejected']:,} rejected"
    repeats = f"{entry['retries']:,} repeated, {entry['status_429']:,} answers 429, {entry['in_doubt']:,} in doubt"
    return [
        f"{entry['strategy']}: {verdict}, {leads}",
        f"mapping complete after {entry['duration_s']:.1f} s{rate}, proved in {entry['verification_s']:.1f} s more",
        f"{entry['requests']:,} requests, {repeats}, {entry['resolved']:,} leads found again by search",
    ]
