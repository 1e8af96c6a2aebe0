"""One run over many processes: the master keeps all state, workers send the requests that it hands out.

A worker has one call at a time. It asks for work, for permission to begin it, for a part of a file, or to hand one
over, and reports that it is done. Until it has permission nothing can have been sent, and the call may go to another
worker. A lost worker leaves its call in doubt, like a lost answer, and the run resolves that as always: wait, search,
send what is missing.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Condition, Event
from typing import Any

import msgspec

from ..errors import GaveUp, LocalResource, Refused, RunError, SafetyStop, UsageError
from ..files.atomic import own_folder, remove_stale_drafts
from ..flow import Call, FilePart, Reply


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
NO_WORKERS_S = 60.0  # without any worker
CHUNK = 1 << 20
LOST = Reply(status=0, error="WorkerLost")
TROUBLES = {kind.exit_code: kind for kind in (UsageError, Refused, LocalResource, SafetyStop)}  # met by a worker


@dataclass(slots=True)
class Assignment:
    """A call on its way. `number` changes when it goes to another worker: what the former one says is not heard."""

    call: Call
    number: int = -1
    worker: str = ""
    begun: bool = False
    due: float = 0.0  # when its worker counts as lost
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
    _idle: deque[tuple[str, int, float]] = field(default_factory=deque)  # worker, question, when it ends
    _seen_at: float | None = None  # when a worker was last heard of
    _closed: Exception | None = None
    _numbers: Any = field(default_factory=lambda: count(1))
    _changed: Condition = field(default_factory=Condition)

    # --- for the flows ------------------------------------------------------------------------------------------------

    def exchange(self, call: Call) -> Reply:
        """The answer that a worker got to `call`, whose URL is absolute. Waits. Raises GaveUp once it is closed."""
        with self._changed:
            self._require_open()
            assignment = Assignment(call)
            self._queue.append(assignment)
            self._match()
            while assignment.outcome is None:
                if not assignment.begun:
                    self._require_open()
                self._changed.wait()
            if isinstance(assignment.outcome, Exception):
                raise assignment.outcome
            return assignment.outcome

    def close(self, error: Exception) -> None:
        """Give nothing out any more, for this reason; what has begun may end."""
        with self._changed:
            self._closed = error
            self._queue.clear()
            self._changed.notify_all()

    # --- for the workers ----------------------------------------------------------------------------------------------

    def handle(self, worker: str, question: Mapping[str, Any]) -> None:
        """Answer a worker, now or when there is an answer."""
        with self._changed:
            now = self._seen_at = self.clock()
            if question["what"] == "work":
                self._idle.append((worker, question["id"], now + WORK_S))
                self._match()
                return
            assignment = self._out.get(question["number"])
            answer = {} if assignment is None or assignment.worker != worker else self._about(assignment, question)
            self.tell(worker, {"id": question["id"], **answer})

    def keep(self, present: set[str]) -> None:
        """Look around, every second or so: `present` are the workers that are heard of."""
        with self._changed:
            now = self.clock()
            if present or self._seen_at is None:
                self._seen_at = now
            self._idle = deque(worker for worker in self._idle if worker[0] in present)
            while self._idle and self._idle[0][2] <= now:
                worker, question, _ = self._idle.popleft()
                self.tell(worker, {"id": question})
            for assignment in list(self._out.values()):
                if _is_lost(assignment, present, now):
                    self._take_back(assignment)
            if now - self._seen_at > NO_WORKERS_S:
                self._fail(GaveUp("NO_WORKERS", "no worker is left; start some, then run the same command again."))
            self._match()

    # ------------------------------------------------------------------------------------------------------------------

    def _require_open(self) -> None:
        if self._closed is not None:
            raise self._closed

    def _match(self) -> None:
        while self._queue and self._idle:
            assignment, (worker, question, _) = self._queue.popleft(), self._idle.popleft()
            assignment.number, assignment.worker, assignment.missed_at = next(self._numbers), worker, None
            assignment.due = self.clock() + BEGIN_S
            self._out[assignment.number] = assignment
            self.tell(worker, {"id": question, "number": assignment.number, "call": encode(assignment.call)})

    def _about(self, assignment: Assignment, question: Mapping[str, Any]) -> dict[str, Any]:
        assignment.due = self.clock() + (assignment.call.timeout_s + GRACE_S if assignment.begun else BEGIN_S)
        try:
            match question["what"]:
                case "begin":
                    return self._begin(assignment)
                case "part":
                    return {"data": _part(assignment.files[question["file"]], question["at"])}
                case "save":
                    return _save_part(assignment.call, question["at"], question["data"])
                case "done":
                    self._end(assignment, reply_of(question["reply"]))
                case "given up":
                    self._take_back(assignment)
                    self._match()
                case "trouble":
                    kind = TROUBLES.get(question["exit_code"], LocalResource)
                    self._end(assignment, kind(question["code"], question["message"]))
        except OSError as error:
            self._end(assignment, LocalResource("DISK_FULL", f"{error.filename}: {error.strerror}; run again."))
        return {}

    def _begin(self, assignment: Assignment) -> dict[str, Any]:
        if self._closed is not None:
            return {}
        assignment.begun, assignment.due = True, self.clock() + assignment.call.timeout_s + GRACE_S
        return {"go": True}

    def _take_back(self, assignment: Assignment) -> None:
        if assignment.begun:
            self.lost += 1
            self._end(assignment, replace(LOST))
            return
        del self._out[assignment.number]
        if self._closed is None:
            self._queue.appendleft(assignment)

    def _end(self, assignment: Assignment, outcome: Reply | Exception) -> None:
        del self._out[assignment.number]
        assignment.outcome = outcome
        self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        for assignment in [*self._queue, *self._out.values()]:
            assignment.outcome = error
        self._queue.clear()
        self._out.clear()
        self._changed.notify_all()


def _is_lost(assignment: Assignment, present: set[str], now: float) -> bool:
    if assignment.worker in present:
        assignment.missed_at = None
        return assignment.due <= now
    assignment.missed_at = now if assignment.missed_at is None else assignment.missed_at
    return not assignment.begun or now - assignment.missed_at >= LOST_S


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


# The worker's side: ask the master for a call, send it, report the result.


# How long a permission to begin is valid after it was asked for. A worker that was suspended in between does not send
# its call any more: the master may have resolved it meanwhile.
GO_S = 1.0
ANSWER_S = 15.0
ASK_AGAIN_S = WORK_S + 3.0


@dataclass(slots=True)
class MasterClient:
    """Asks the master, and hands each answer to the caller that asked."""

    send: Callable[[dict[str, Any]], None]
    _waiting: dict[int, tuple[Event, dict[str, Any]]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def ask(self, what: str, timeout_s: float = ANSWER_S, **more: Any) -> dict[str, Any]:
        """The answer; empty where there is none in time."""
        number = next(self._numbers)
        event, answer = self._waiting[number] = Event(), {}
        try:
            self.send({"id": number, "what": what, **more})
            return answer if event.wait(timeout_s) else {}
        finally:
            del self._waiting[number]

    def say(self, what: str, **more: Any) -> None:
        """Something that needs no answer."""
        self.send({"id": next(self._numbers), "what": what, **more})

    def receive(self, answer: dict[str, Any]) -> None:
        event, kept = self._waiting.get(answer["id"], (None, {}))
        if event is not None:
            kept.update(answer)
            event.set()

    def interrupt(self) -> None:
        """End every wait without an answer."""
        for event, _ in list(self._waiting.values()):
            event.set()


def remove_stale_files() -> None:
    """Remove files that killed workers of this machine have left; only before this process has a call of its own."""
    remove_stale_drafts(_place())


def _place() -> Path:
    place = Path(tempfile.gettempdir()) / f"contactbench-{os.geteuid()}"
    return own_folder(place)


def run_assignment(master: MasterClient, exchange: Callable[[Call], Reply], clock: Callable[[], float]) -> bool:
    """Send one call for the master, if it has one."""
    work = master.ask("work", ASK_AGAIN_S)
    if "number" not in work:
        return False
    number, call = work["number"], call_of(work["call"])
    try:
        with _files_here(master, number, call) as here:
            asked_at = clock()
            if "go" not in master.ask("begin", number=number) or clock() - asked_at > GO_S:
                master.say("given up", number=number)
                return False
            reply = exchange(here)
            if here.save_to is not None and reply.ok:
                _bring_back(master, number, here.save_to)
    except RunError as trouble:
        message = str(trouble).removeprefix(f"{trouble.code} ")
        master.ask("trouble", number=number, exit_code=trouble.exit_code, code=trouble.code, message=message)
    except BaseException:  # a user that Locust takes away from its work
        master.say("given up", number=number)
        raise
    else:
        master.ask("done", number=number, reply=encode(reply))
    return True


@contextmanager
def _files_here(master: MasterClient, number: int, call: Call) -> Iterator[Call]:
    """The call with files of this machine in place of the master's. They hold personal data and are gone at its end."""
    if call.save_to is None and not any(isinstance(value, FilePart) for _, value in call.form or ()):
        yield call
        return
    with tempfile.TemporaryDirectory(prefix=f".call.{os.getpid()}.", dir=_place()) as name:
        folder = Path(name)
        form, files = [], 0
        for key, value in call.form or ():
            if isinstance(value, FilePart):
                value = replace(value, path=_fetch(master, number, files, folder / f"part-{files}"))
                files += 1
            form.append((key, value))
        save_to = None if call.save_to is None else folder / "answer"
        yield replace(call, form=None if call.form is None else tuple(form), save_to=save_to)


def _fetch(master: MasterClient, number: int, file: int, to: Path) -> Path:
    at = 0
    with to.open("wb") as target:
        while data := _require_answer(master.ask("part", number=number, file=file, at=at))["data"]:
            target.write(data)
            at += len(data)
    return to


def _bring_back(master: MasterClient, number: int, path: Path) -> None:
    at = 0
    with path.open("rb") as source:
        while data := source.read(CHUNK):
            _require_answer(master.ask("save", number=number, at=at, data=data))
            at += len(data)


def _require_answer(answer: dict[str, Any]) -> dict[str, Any]:
    if len(answer) < 2:  # nothing but the number of the question
        raise LocalResource("MASTER_LOST", "the master does not answer any more; run the same command again.")
    return answer
