"""The worker's side: ask the master for a call, send it, report the result."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

from ...errors import LocalResource
from ...files.atomic import own_folder, remove_stale_drafts
from ...flow import Call, FilePart, Reply
from .broker import CHUNK, WORK_S, call_of, encode

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
    except LocalResource as trouble:
        message = str(trouble).removeprefix(f"{trouble.code} ")
        master.ask("trouble", number=number, code=trouble.code, message=message)
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
