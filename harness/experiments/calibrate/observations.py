"""Records every request of a calibration, one line each, as it happens: a killed run continues from the file."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ...client.asyncio_driver import AsyncioDriver
from ...client.request_context import sent_bytes
from ...errors import SafetyStop
from ...files.atomic import private_opener
from ...flow import Call, Reply, Wait

FILE = "observed.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestObservation:
    """One request and what its answer told. Times in seconds since the run began."""

    phase: str
    op: str
    status: int
    sent: float
    done: float
    contacts: int = 0
    kib: float = 0.0
    in_work: int = 1  # requests of ours under way when it left, itself included
    allowed: int | None = None  # by the answer's headers
    used: int | None = None
    reset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobObservation:
    """A job at one look: an import or an export. `at` is when the look's answer was there."""

    kind: str  # "import", "export"
    job: str
    rows: int  # of all of the job
    asked_at: float  # when the request that began it was answered
    at: float
    state: str  # "waiting", "running", "over"
    completed: int = 0  # rows, where a counter tells


@dataclass(frozen=True, slots=True)
class PhaseEnded:
    """A part of the experiment that need not be repeated."""

    phase: str


Line = RequestObservation | JobObservation | PhaseEnded


@dataclass(slots=True)
class Observations:
    """The lines of one folder, in order. What was added is there when this process is killed."""

    path: Path
    seen: list[RequestObservation] = field(default_factory=list)
    looks: list[JobObservation] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, folder: Path) -> "Observations":
        book = cls(folder / FILE)
        for line in _read(book.path):
            book._keep(line)
        return book

    def add(self, line: Line) -> None:
        self._keep(line)
        text = msgspec.json.encode({"kind": _NAMES[type(line)], "line": line}) + b"\n"
        handle = private_opener(str(self.path), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(handle, text)
        finally:
            os.close(handle)

    @property
    def contacts(self) -> int:
        """Sent so far, by POST and by import."""
        return sum(one.contacts for one in self.seen if one.op in ("contacts.add", "import.upload"))

    def _keep(self, line: Line) -> None:
        match line:
            case RequestObservation():
                self.seen.append(line)
            case JobObservation():
                self.looks.append(line)
            case PhaseEnded():
                self.ended.add(line.phase)


# Under these names they stand in the file.
_KINDS: dict[str, type[RequestObservation] | type[JobObservation] | type[PhaseEnded]] = {
    "Seen": RequestObservation,
    "JobSeen": JobObservation,
    "Ended": PhaseEnded,
}
_NAMES: dict[type, str] = {kind: name for name, kind in _KINDS.items()}


def _read(path: Path) -> Iterator[Line]:
    """The lines that are whole; one that was cut by a kill is taken off, so that the next begins a line."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    os.truncate(path, len(whole))
    for text in whole.splitlines():
        line = msgspec.json.decode(text)
        yield msgspec.convert(line["line"], _KINDS[line["kind"]])


MINUTE_S = 60.0


@dataclass(slots=True)
class RecordingDriver:
    """Around the driver that sends. After `ends_at` nothing leaves any more."""

    inner: AsyncioDriver
    observations: Observations
    ends_at: float  # s since the run began
    phase: str = ""
    under_way: int = 0
    _sent_at: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.inner.context.now()

    async def send(self, call: Call) -> Reply:
        while (wait := self.inner.context.admission_delay(call)) is not None:
            await self.sleep(wait)
        self.require_time()
        sent, contacts, kib = self.now(), _contacts(call), sent_bytes(call) / 1024
        self._sent_at.append(sent)
        self.under_way += 1
        in_work = self.under_way
        try:
            reply = await self.inner.send(call)
        finally:
            self.under_way -= 1
        self.observations.add(
            RequestObservation(
                phase=self.phase,
                op=call.op,
                status=reply.status,
                sent=round(sent, 6),
                done=round(self.now(), 6),
                contacts=contacts,
                kib=round(kib, 4),
                in_work=in_work,
                allowed=_number(reply, "allowed"),
                used=_number(reply, "count"),
                reset=_number(reply, "reset"),
            )
        )
        return reply

    async def sleep(self, wait: Wait) -> None:
        self.require_time(wait.seconds)
        await self.inner.sleep(wait)

    async def save(self, event: Any) -> None:
        await self.inner.save(event)

    async def work(self, function: Callable[[], Any]) -> Any:
        return await self.inner.work(function)

    def require_time(self, seconds: float = 0.0) -> None:
        if self.now() + seconds > self.ends_at:
            raise SafetyStop("TIME_CAP", "the minutes that may be spent are over; raise --max-minutes to measure more.")

    def fits_caps(self, contacts: int) -> bool:
        """Whether so many contacts may still be sent."""
        caps = self.inner.context.caps
        return caps.contacts is None or caps.contacts_sent + contacts <= caps.contacts

    def rate_wait_s(self, requests: int, per_minute: int | None) -> float:
        """Seconds until so many requests may go one after the other without being held up; 0: now."""
        now, budget = self.now(), self.inner.context.budget
        waits = [0.0]
        if budget.allowed is not None and budget.window_ends is not None and now < budget.window_ends:
            room = budget.allowed - budget.used
            waits.append(budget.window_ends - now if room < min(requests, 0.8 * budget.allowed) else 0.0)
        if per_minute is not None:
            recent = [at for at in self._sent_at if at > now - MINUTE_S]
            surplus = len(recent) + min(requests, per_minute) - per_minute
            waits.append(recent[surplus - 1] + MINUTE_S - now if surplus > 0 else 0.0)
        return max(waits)


def _contacts(call: Call) -> int:
    """As the time of the operation depends on them: those of a page, too."""
    if call.op == "contacts.search" and call.body:
        return int(msgspec.json.decode(call.body)["pageSize"])
    return call.contacts


def _number(reply: Reply, name: str) -> int | None:
    text = reply.headers.get(f"inin-ratelimit-{name}", "")
    return int(text) if text.isdigit() else None
