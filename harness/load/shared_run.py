"""One run that many workers share, each driving one flow at a time; and what came of it."""

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import count
from threading import Condition

from ..client.oauth import Session
from ..client.rate_budget import RateBudget
from ..client.request_context import RequestContext
from ..client.request_log import RequestLog
from ..client.retry import RetryPolicy
from ..errors import GaveUp, RunError, VerifyFailed
from ..flow import Flow, FlowDriver, drive
from ..runs.asyncio_runner import wrap_flow
from ..runs.live_figures import Figures
from ..runs.prepare import PreparedUpload
from ..runs.run import open_run
from ..strategies.job import Stage
from ..thresholds import Threshold
from .arrivals import Pacing
from .background_traffic import MappedContact, RecentBatches
from .verdict import STOPPED, RunVerdict, conclude, stopped_error

# Handing out the flows, stage after stage, to workers that come and go.


class FlowQueue:
    """A stage begins when every flow of the one before has ended. After the first error nothing is handed out.

    Safe to share between threads; under Locust, which replaces them, between greenlets.
    """

    def __init__(self, stages: Iterable[Stage]) -> None:
        self.error: Exception | None = None
        self.stage = ""
        self._stages = iter(stages)
        self._flows: Iterator[Flow[object]] = iter(())
        self._under_way = 0
        self._over = False
        self._changed = Condition()

    @property
    def is_done(self) -> bool:
        """Whether every flow that was handed out has ended, and none will follow."""
        return self._over and not self._under_way

    def take(self) -> Flow[object] | None:
        """The next flow, to be followed by `task_done`; None when there will be no other. Waits for the next stage."""
        with self._changed:
            while not self._over:
                flow = self._next()
                if flow is not None:
                    self._under_way += 1
                    return flow
                if self._under_way:
                    self._changed.wait()
            return None

    def wait_until_done(self) -> None:
        """Returns once no flow is under way and none will follow."""
        with self._changed:
            while not self.is_done:
                self._changed.wait()

    def task_done(self, error: Exception | None = None) -> None:
        """A flow came to its end, or to this error."""
        with self._changed:
            self._under_way -= 1
            if error is not None:
                self._fail(error)
            self._changed.notify_all()

    def stop(self, error: Exception) -> None:
        """Hand out nothing more, for this reason, unless all has been handed out."""
        with self._changed:
            if not self._over:
                self._fail(error)
            self._changed.notify_all()

    def _next(self) -> Flow[object] | None:
        """A flow of this stage; else, if all of them have ended, go on to the next stage."""
        try:
            flow = next(self._flows, None)
            if flow is None and not self._under_way:
                self._advance()
            return flow
        except Exception as error:  # the input changed, the disk is full: the verdict reports it
            self._fail(error)
            return None

    def _advance(self) -> None:
        stage = next(self._stages, None)
        if stage is None:
            self._over = True
        else:
            self.stage, self._flows = stage.name, iter(stage.flows)

    def _fail(self, error: Exception) -> None:
        self.error = self.error or error
        self._over = True


PROOF = "verification"
log = logging.getLogger("contactbench")


class SharedRun:
    """Locked and open from the start until `finish`. Raises RunError when it cannot be opened."""

    def __init__(
        self,
        ready: PreparedUpload,
        policy: RetryPolicy,
        clock: Callable[[], float],
        pacing: Pacing | None = None,
        limits: Sequence[Threshold] = (),
        more: Iterable[Stage] = (),
    ) -> None:
        self.verdict: RunVerdict | None = None
        self._ready, self._policy, self._clock, self._began = ready, policy, clock, clock()
        self.folder, self.target, self.pacing = ready.folder, ready.target, pacing
        self._limits, self._more = limits, more
        self.mistakes: list[str] = []  # what background users read that differs from the mapping
        self._session = Session(ready.order.credentials, clock)
        self._numbers = count()
        with ExitStack() as opening:
            self._run = opening.enter_context(open_run(ready.plan, ready.target, ready.folder))
            samples = opening.enter_context(closing(RequestLog(self._run.requests)))
            self._files = opening.pop_all()
        self._newest = RecentBatches(self._run.journal)
        self.context = RequestContext.towards(
            ready.target,
            clock=clock,
            samples=samples,
            journal=self._newest,
            deadline_s=ready.plan.deadline_s,
            budget=RateBudget() if pacing is None else pacing.budget(),
        )
        self._last: Figures | None = None
        self._queue = FlowQueue(self._stages())

    def drive_one(self, driver: "Callable[[SharedRun], FlowDriver]") -> bool:
        """One flow, from beginning to end; False when there is none left. Waits while a stage comes to its end.

        A user killed in the middle leaves a request in doubt, so the run stops there and is resumed from the journal.
        """
        flow = self._queue.take()
        if flow is None:
            return False
        error: Exception | None = stopped_error()
        try:
            rng = random.Random(f"{self._ready.order.seed}:{next(self._numbers)}")
            drive(wrap_flow(flow, self._session, self._policy, rng), driver(self))
            error = None
        except Exception as trouble:
            error = trouble
        finally:
            self._queue.task_done(error)
        return True

    def figures(self) -> Figures:
        """How far it is; after the end, how far it came."""
        if self._last is not None:
            return self._last
        stage, leads = self._queue.stage, self._ready.plan.preflight.leads
        return Figures.of(self.context, self._run.journal, stage, leads)

    @property
    def is_done(self) -> bool:
        return self._queue.is_done

    def wait_until_done(self) -> None:
        """Returns once the last flow has ended."""
        self._queue.wait_until_done()

    # --- for who looks on ---------------------------------------------------------------------------------------------

    @property
    def loading(self) -> bool:
        """Whether the proof, which must not be disturbed, is still to come."""
        return self.verdict is None and self._queue.error is None and self._queue.stage != PROOF

    @property
    def lead_id_column(self) -> str:
        return self._ready.plan.preflight.source.columns.lead_id

    def mapped_contact(self, rng: random.Random) -> MappedContact | None:
        """One of the contacts mapped last; None while there is none."""
        return self._newest.pick(self._run.journal.shards(), rng)

    def another_session(self) -> Session:
        """With a token of its own, of the same OAuth client."""
        return Session(self._ready.order.credentials, self._clock)

    # ------------------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Begin no other flow."""
        self._queue.stop(stopped_error())

    def finish(self) -> RunVerdict | None:
        """The verdict, returned once: by the first call after the last flow has ended."""
        if not self._queue.is_done or self.verdict is not None:
            return None
        self.verdict, self._last = STOPPED, self.figures()  # until the outcome is known
        try:
            self.verdict = self._conclude(self._queue.error)
        except Exception as error:
            self.verdict = _verdict_on(error)
        finally:
            self._files.close()
        return self.verdict

    def _stages(self) -> Iterator[Stage]:
        yield from self._run.stages(self.context)
        yield from self._more
        yield Stage(PROOF, self._run.proof_stage().flows)

    def _conclude(self, error: Exception | None) -> RunVerdict:
        """The outcome written down, with its report; or what stopped the run before there was one."""
        unproved = error if isinstance(error, VerifyFailed) and self._queue.stage == PROOF else None
        if error is not None and unproved is None:
            raise error
        wall_s = self._clock() - self._began
        outcome = self._run.outcome(self.context, wall_s, unproved)
        self._files.close()  # the samples are read from their file
        if not self.context.samples.count:
            raise GaveUp("NOTHING_SENT", "not one request went out, so nothing was tested.")
        verdict = conclude(self._ready, outcome, wall_s, self.pacing, self._limits)
        return verdict if not self.mistakes else verdict.but(VerifyFailed("READ_DIFFERS", self._mistaken()))

    def _mistaken(self) -> str:
        return f"{len(self.mistakes)} contacts read during the upload differ from the mapping: {self.mistakes[0]}."


def _verdict_on(error: Exception) -> RunVerdict:
    if not isinstance(error, RunError):
        log.error("a fault of contactbench itself", exc_info=error)
    return RunVerdict.of(error)
