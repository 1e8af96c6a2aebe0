"""The master's side: calls wait here for workers, and workers for calls.

A worker asks and is told: for work; whether it may begin what it was given; for a part of a file, or to take one; that
it is done. Until it has been told to begin, nothing can have been sent, and the call goes to somebody else.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Condition
from typing import Any

import msgspec

from ...errors import GaveUp, LocalResource
from ...flow import Call, FilePart, Reply

# Calls and replies as bytes, between the processes of a run. They hold a token, and leads: keep them on a network of


def encode(value: Call | Reply) -> bytes:
    return _ENCODER.encode(value)


def call_of(content: bytes) -> Call:
    return _CALLS.decode(content)


def reply_of(content: bytes) -> Reply:
    return _REPLIES.decode(content)


def _path(_: type, value: Any) -> Path:
    return Path(value)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=str)  # of a path
_CALLS = msgspec.msgpack.Decoder(Call, dec_hook=_path)
_REPLIES = msgspec.msgpack.Decoder(Reply)


Tell = Callable[[str, dict[str, Any]], None]  # worker, answer

WORK_S = 2.0  # after which a worker that asked for work is told that there is none
BEGIN_S = 20.0  # from one question to the next, for a worker that has not begun yet
GRACE_S = 30.0  # beyond the call's own limit, for an answer to come back
LOST_S = 10.0  # in which a worker that is not heard of may come back with what it has begun
NOBODY_S = 60.0  # without any worker
CHUNK = 1 << 20
LOST = Reply(status=0, error="WorkerLost")


@dataclass(slots=True)
class Assignment:
    """A call on its way. `number` changes when it goes to another worker: what the former one says is not heard."""

    call: Call
    number: int = -1
    worker: str = ""
    begun: bool = False
    due: float = 0.0  # when whoever has it counts as lost
    missed_at: float | None = None  # when its worker was first not heard of
    outcome: Reply | Exception | None = None

    @property
    def files(self) -> list[FilePart]:
        return [value for _, value in self.call.form or () if isinstance(value, FilePart)]


@dataclass(slots=True)
class WorkBroker:
    """Safe to share between threads; under Locust, which replaces them, between greenlets."""

    tell: Tell
    clock: Callable[[], float]
    lost: int = 0  # calls whose worker was lost after it had begun
    _queue: deque[Assignment] = field(default_factory=deque)
    _out: dict[int, Assignment] = field(default_factory=dict)
    _seats: deque[tuple[str, int, float]] = field(default_factory=deque)  # worker, question, when it ends
    _seen_at: float | None = None  # when a worker was last heard of
    _closed: Exception | None = None
    _numbers: Any = field(default_factory=lambda: count(1))
    _changed: Condition = field(default_factory=Condition)

    # --- for the flows ------------------------------------------------------------------------------------------------

    def exchange(self, call: Call) -> Reply:
        """The answer that a worker got to `call`, whose URL is absolute. Waits. Raises GaveUp once it is closed."""
        with self._changed:
            self._require_open()
            errand = Assignment(call)
            self._queue.append(errand)
            self._match()
            while errand.outcome is None:
                if not errand.begun:
                    self._require_open()
                self._changed.wait()
            if isinstance(errand.outcome, Exception):
                raise errand.outcome
            return errand.outcome

    def close(self, error: Exception) -> None:
        """Give nothing out any more, for this reason; what has begun may end."""
        with self._changed:
            self._closed = error
            self._queue.clear()
            self._changed.notify_all()

    # --- for the workers ----------------------------------------------------------------------------------------------

    def asked(self, worker: str, question: Mapping[str, Any]) -> None:
        """Answer a worker, now or when there is an answer."""
        with self._changed:
            now = self._seen_at = self.clock()
            if question["what"] == "work":
                self._seats.append((worker, question["id"], now + WORK_S))
                self._match()
                return
            errand = self._out.get(question["number"])
            answer = {} if errand is None or errand.worker != worker else self._about(errand, question)
            self.tell(worker, {"id": question["id"], **answer})

    def keep(self, present: set[str]) -> None:
        """Look around, every second or so: `present` are the workers that are heard of."""
        with self._changed:
            now = self.clock()
            if present or self._seen_at is None:
                self._seen_at = now
            self._seats = deque(seat for seat in self._seats if seat[0] in present)
            while self._seats and self._seats[0][2] <= now:
                worker, question, _ = self._seats.popleft()
                self.tell(worker, {"id": question})
            for errand in list(self._out.values()):
                if _is_lost(errand, present, now):
                    self._take_back(errand)
            if now - self._seen_at > NOBODY_S:
                self._fail(GaveUp("NO_WORKERS", "no worker is left; start some, then run the same command again."))
            self._match()

    # ------------------------------------------------------------------------------------------------------------------

    def _require_open(self) -> None:
        if self._closed is not None:
            raise self._closed

    def _match(self) -> None:
        while self._queue and self._seats:
            errand, (worker, question, _) = self._queue.popleft(), self._seats.popleft()
            errand.number, errand.worker, errand.missed_at = next(self._numbers), worker, None
            errand.due = self.clock() + BEGIN_S
            self._out[errand.number] = errand
            self.tell(worker, {"id": question, "number": errand.number, "call": encode(errand.call)})

    def _about(self, errand: Assignment, question: Mapping[str, Any]) -> dict[str, Any]:
        errand.due = self.clock() + (errand.call.timeout_s + GRACE_S if errand.begun else BEGIN_S)
        try:
            match question["what"]:
                case "begin":
                    return self._begin(errand)
                case "part":
                    return {"data": _part(errand.files[question["file"]], question["at"])}
                case "save":
                    return _save_part(errand.call, question["at"], question["data"])
                case "done":
                    self._end(errand, reply_of(question["reply"]))
                case "given up":
                    self._take_back(errand)
                    self._match()
                case "trouble":
                    self._end(errand, LocalResource(question["code"], question["message"]))
        except OSError as error:
            self._end(errand, LocalResource("DISK_FULL", f"{error.filename}: {error.strerror}; run again."))
        return {}

    def _begin(self, errand: Assignment) -> dict[str, Any]:
        if self._closed is not None:
            return {}
        errand.begun, errand.due = True, self.clock() + errand.call.timeout_s + GRACE_S
        return {"go": True}

    def _take_back(self, errand: Assignment) -> None:
        if errand.begun:
            self.lost += 1
            self._end(errand, replace(LOST))
            return
        del self._out[errand.number]
        if self._closed is None:
            self._queue.appendleft(errand)

    def _end(self, errand: Assignment, outcome: Reply | Exception) -> None:
        del self._out[errand.number]
        errand.outcome = outcome
        self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        for errand in [*self._queue, *self._out.values()]:
            errand.outcome = error
        self._queue.clear()
        self._out.clear()
        self._changed.notify_all()


def _is_lost(errand: Assignment, present: set[str], now: float) -> bool:
    if errand.worker in present:
        errand.missed_at = None
        return errand.due <= now
    errand.missed_at = now if errand.missed_at is None else errand.missed_at
    return not errand.begun or now - errand.missed_at >= LOST_S


def _part(file: FilePart, at: int) -> bytes:
    with file.path.open("rb") as source:
        source.seek(at)
        return source.read(CHUNK)


def _save_part(call: Call, at: int, data: bytes) -> dict[str, Any]:
    if call.save_to is None:
        return {}
    with call.save_to.open("r+b" if at else "wb") as file:
        file.seek(at)
        file.write(data)
    return {"go": True}
