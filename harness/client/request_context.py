"""What every driver does around a request, whatever it sends with: budget, outages, samples, journal, progress."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from ..api.answers import correlation_id, trouble_code
from ..errors import GaveUp, Refused
from ..flow import Call, Reply, Wait
from ..wording import quantity
from .fault_counts import FaultCounts
from .org_safety import RunCaps, SafetyGuard
from .progress_file import FILE as PROGRESS
from .progress_file import ProgressLog
from .rate_budget import MINUTE_S, RateBudget
from .request_log import FILE as REQUESTS
from .request_log import RequestLog, Sample
from .retry import Breaker, retry_after_s
from .target import Target
from .timeouts import TimeOuts

FIRST_TRIES = 3
CUT = "HandshakeCut"  # the error of a reply where the server ended the TLS handshake, as one of old versions may
STOP_FILE = "STOP"
LOOK_FOR_STOP_S = 0.5
DAY_S = 24 * 3600.0
log = logging.getLogger("contactbench")


class EventSink(Protocol):
    """Keeps what a run must not forget."""

    def save(self, event: Any) -> None:
        """Durable when this returns."""
        ...


class NullJournal:
    """Keeps nothing: for what a run's own journal need not know, such as a login or a clean-up."""

    def save(self, event: Any) -> None:
        pass


def stop_file_error(folder: Path | None) -> GaveUp | None:
    """The error to raise if the run's folder holds a file STOP: from then on nothing is sent, whatever sends."""
    if folder is None or not (folder / STOP_FILE).exists():
        return None
    return GaveUp(
        "STOPPED",
        f"by the file {folder / STOP_FILE}; the journal is complete, the same command continues from there once that"
        " file is removed.",
    )


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One for all flows of a run: they share the token's rate budget and the journal.

    `clock` gives seconds on any monotonic scale; a run that goes on counts from where it stopped.
    """

    clock: Callable[[], float]
    host: str
    samples: RequestLog
    journal: EventSink
    deadline_s: float = DAY_S
    folder: Path | None = None  # of the run
    budget: RateBudget = field(default_factory=RateBudget)
    caps: RunCaps = field(default_factory=RunCaps)
    guard: SafetyGuard = field(default_factory=SafetyGuard)
    breaker: Breaker = field(default_factory=Breaker)
    timeouts: TimeOuts = field(default_factory=TimeOuts)
    progress: ProgressLog = field(default_factory=ProgressLog)
    fault_counts: FaultCounts = field(default_factory=FaultCounts)
    unanswered: int | None = 0  # tries so far to reach a server that has not answered yet
    mock_seen: bool = False  # an answer said that it comes from a mock
    outage_s: float = 0.0  # summed over requests that waited for a server which failed everything
    suspended_s: float = 0.0  # in which this process did not run
    notices: list[str] = field(default_factory=list)  # what a person should know of the run
    _began: float = field(init=False)

    @classmethod
    def towards(
        cls,
        target: Target,
        *,
        clock: Callable[[], float],
        samples: RequestLog,
        journal: EventSink,
        deadline_s: float = DAY_S,
        budget: RateBudget | None = None,
        caps: RunCaps | None = None,
    ) -> "RequestContext":
        """Those of a run that goes to `target`: on its terms, if it is a real org."""
        caps = caps or RunCaps(requests_sent=samples.count, contacts_sent=samples.contacts)
        folder = samples.path.parent if samples.path.name == REQUESTS else None
        return cls(
            clock=clock,
            host=target.api,
            samples=samples,
            journal=journal,
            deadline_s=deadline_s,
            budget=budget or RateBudget(),
            caps=caps.within(target.terms),
            guard=SafetyGuard(target.terms),
            folder=folder,
            progress=ProgressLog(folder / PROGRESS if folder else None),
        )

    def __post_init__(self) -> None:
        self._began = self.clock() - self.samples.ended_at
        self.deadline_s += self.samples.ended_at

    def now(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self._began

    def admission_delay(self, call: Call) -> Wait | None:
        """What `call` has to wait for, the end of an outage or the rate budget; None: it may go, and `sent` follows."""
        now = self.now()
        if (seconds := self.breaker.wait_s(now)) > 0:
            return Wait(seconds, "outage")
        if call.bearer and call.host == "api" and (seconds := self.budget.wait_s(now)) > 0:
            return Wait(seconds, "hold")
        if (seconds := self.caps.wait_s(self.clock())) > 0:
            return Wait(seconds, "hold")
        return None

    def record_sent(self, call: Call) -> float:
        """Note that `call` leaves now. Raises SafetyStop where it would go beyond what the run may do, GaveUp where its
        time is over, or where it is stopped."""
        now = self.now()
        if (stopped := stop_file_error(self.folder)) is not None:
            raise stopped
        self._require_time(now)
        self.guard.admit(call)
        self.caps.take(call, now, self.clock())
        self.budget.take()
        self.breaker.record_sent(now)
        return now

    def with_timeout(self, call: Call) -> Call:
        """`call` with the time that it may take, from what is known of its operation; none outlasts the run."""
        limit_s = min(self.timeouts.limit_s(call), max(0.0, self._ends_at_s() - self.now()))
        return call if limit_s == call.timeout_s else replace(call, timeout_s=limit_s)

    def record_reply(self, call: Call, reply: Reply, planned_at: float, sent_at: float) -> Reply:
        """Learn from an answer, or from its absence, and hand it on. Raises GaveUp when nobody has ever answered."""
        done_at = self.now()
        self.budget.record_reply(sent_at, done_at, reply.headers)
        if reply.status == 429:
            self.budget.block(done_at, retry_after_s(reply.headers) or 0.0)
        self.mock_seen = self.mock_seen or "x-mock" in reply.headers
        self.samples.add(_sample(self.samples.count, call, reply, planned_at, sent_at, done_at))
        self.fault_counts.record_reply(call, reply)
        self.progress.record_reply(call, reply)
        self._require_listener(reply)
        self.guard.record_reply(call, reply)
        self._learn_duration(call, reply, sent_at, done_at)
        return self._mark_probe(reply, sent_at, done_at)

    def record_suspension(self, seconds: float) -> None:
        """This process did not run for so long: no time of the server's, and none of the run's."""
        self._began += seconds
        self.suspended_s += seconds
        self.notice(
            f"this process was suspended for {seconds:.0f} s, which count as nobody's time;"
            " requests under way have most likely run out of time and are looked up"
        )

    def notice(self, text: str) -> None:
        """Tell a person now, and keep it for the report."""
        self.notices.append(text)
        log.warning(text)

    def record_wait(self, wait: Wait) -> float:
        """The seconds to sleep for `wait`. Raises GaveUp when the run may not last that long."""
        self.fault_counts.record_wait(wait, self.now())
        if wait.why == "throttle":
            self.samples.throttled_s += wait.seconds
        if wait.why == "outage":
            self.outage_s += wait.seconds
            self.samples.throttled_s -= wait.seconds  # whose sample counts all of its wait, and this was no limit
        self._require_time(self.now() + wait.seconds)
        return wait.seconds

    def save(self, event: Any) -> None:
        """Durable when this returns."""
        self.journal.save(event)
        self.progress.record_event(self.now(), event)
        self.fault_counts.record_event(event)

    def _ends_at_s(self) -> float:
        """When the run has to end, by its deadline or by a real org's cap of minutes."""
        return min(self.deadline_s, math.inf if self.caps.minutes is None else self.caps.minutes * MINUTE_S)

    def _require_time(self, at_s: float) -> None:
        """Raises GaveUp where a request at this moment of the run would go after its deadline."""
        if at_s > self.deadline_s:
            raise GaveUp(
                "DEADLINE",
                f"the next request would go after {at_s:.0f} s, --max-duration ends at"
                f" {self.deadline_s:.0f} s; {quantity(self.progress.mapped_leads, 'lead is', 'leads are')} mapped;"
                " run the same command again.",
            )

    def _learn_duration(self, call: Call, reply: Reply, sent_at: float, done_at: float) -> None:
        """Learn how long the operation takes."""
        if reply.status:
            self.timeouts.record_reply(call.op, done_at - sent_at)
        elif done_at - sent_at >= call.timeout_s:
            notice = self.timeouts.ran_out(call.op, call.timeout_s, sent_at, done_at)
            if notice is not None:
                self.notice(notice)

    def _mark_probe(self, reply: Reply, sent_at: float, done_at: float) -> Reply:
        """`reply`, said to be a probe if it failed as one. What never left says nothing: nobody listens, and `retry`
        has a patience of its own for that."""
        if not reply.sent:
            return reply
        failed = reply.status == 0 or reply.status >= 500
        self.breaker.record_reply(done_at, failed=failed)
        return replace(reply, probe=True) if failed and self.breaker.excuses(sent_at, done_at) else reply

    def _require_listener(self, reply: Reply) -> None:
        """A server that has never answered is not down for a moment, it is not there."""
        if reply.sent:
            self.unanswered = None
        elif self.unanswered is not None:
            self.unanswered += 1
            if self.unanswered >= FIRST_TRIES:  # those that come after the first are told so too
                if reply.error == CUT:
                    raise Refused("TLS_REFUSED", f"{self.host} ends every TLS handshake; TLS 1.2 or later is required.")
                raise GaveUp(
                    "NO_CONNECTION",
                    f"nothing answers at {self.host} ({reply.error}); {self._advice()},"
                    " then run the same command again.",
                )

    def _advice(self) -> str:
        return (
            "start a mock with `contactbench mock`" if self.guard.terms is None else "look at region, gateway and proxy"
        )


def _sample(seq: int, call: Call, reply: Reply, planned_at: float, sent_at: float, done_at: float) -> Sample:
    return Sample(
        seq=seq,
        op=call.op,
        contact_list_id=call.contact_list_id,
        batch=call.batch,
        attempt=call.attempt,
        planned_at=round(planned_at, 6),
        sent_at=round(sent_at, 6),
        done_at=round(done_at, 6),
        status=reply.status,
        error=trouble_code(reply),
        sent_bytes=sent_bytes(call),
        received_bytes=call.save_to.stat().st_size if call.save_to and reply.ok else len(reply.body),
        contacts=call.contacts,
        correlation_id=correlation_id(reply),
    )


def sent_bytes(call: Call) -> int:
    """Bytes of the body, or of the file in a form."""
    if call.form is None:
        return len(call.body or b"")
    return sum(0 if isinstance(value, str) else value.path.stat().st_size for _, value in call.form)
