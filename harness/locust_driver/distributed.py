"""A run over several Locust processes: on the master its flows, its journal and its budget, on workers its requests."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import gevent
import locust.runners
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from ..client.httpx_transport import Target
from ..flow import Call, Reply
from ..load.distributed.broker import WorkBroker
from ..load.distributed.worker import MasterClient, remove_stale_files, run_assignment
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import stopped_error
from .gevent_driver import GeventShell, exchange

QUESTION, ANSWER = "contactbench-question", "contactbench-answer"
LOOK_S = 0.5
# The master reads and joins whole months in one go, and is silent meanwhile. Locust's own minute is too short for that.
MASTER_SILENCE_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDriver(GeventShell):
    """A shell whose calls are sent by workers."""

    broker: WorkBroker

    def exchange(self, call: Call) -> Reply:
        # Which hosts may be asked is decided here: a worker sends what it is given to where it is told.
        return self.broker.exchange(replace(call, url=self.target.url(call)))


class Master:
    """Drives the flows of a run, as many at a time as there are users."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._drivers: list[Any] = []
        self._broker = self._new_desk()
        runner.register_message(QUESTION, self._on_question)
        gevent.spawn(self._look_around)

    def start(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        """`settle` is called by every driver at its end."""
        self._broker = self._new_desk()
        self._drivers = [gevent.spawn(self._drive, run, settle) for _ in range(max(1, self._runner.target_user_count))]

    def stop(self) -> None:
        """Send nothing more; what is under way may end."""
        self._broker.close(stopped_error())

    def end(self) -> None:
        """Whatever is still under way is in doubt."""
        gevent.killall([each for each in self._drivers if each is not gevent.getcurrent()])

    def _drive(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        while run.drive_one(self._shell):
            pass
        settle()

    def _shell(self, run: SharedRun) -> RemoteDriver:
        return RemoteDriver(None, run.target, run.books, run.pacing, broker=self._broker)

    def _new_desk(self) -> WorkBroker:
        return WorkBroker(lambda worker, answer: self._runner.send_message(ANSWER, answer, worker), time.monotonic)

    def _on_question(self, msg: Any, **_: Any) -> None:
        self._broker.handle(msg.node_id, msg.data)

    def _look_around(self) -> None:
        while True:
            gevent.sleep(LOOK_S)
            clients = self._runner.clients
            self._broker.keep({client.id for client in clients.all if client.state != STATE_MISSING})


class Worker:
    """Sends what the master asks for, on the sessions of its users."""

    def __init__(self, runner: WorkerRunner) -> None:
        remove_stale_files()
        locust.runners.MASTER_HEARTBEAT_TIMEOUT = MASTER_SILENCE_S
        self._client = MasterClient(lambda question: runner.send_message(QUESTION, question))
        runner.register_message(ANSWER, lambda msg, **_: self._client.receive(msg.data))

    def take_turn(self, user: Any) -> None:
        run_assignment(self._client, lambda call: exchange(user.client, _where(call), call), time.monotonic)

    def stop(self) -> None:
        self._client.interrupt()


def _where(call: Call) -> Target:
    parts = urlsplit(call.url)
    return Target.one_host(f"{parts.scheme}://{parts.netloc}")
