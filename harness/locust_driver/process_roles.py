"""What a Locust process does in a run: all of it; as master the flows, journal and budget; as worker the requests.

The only module that knows `load.distributed`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import gevent
import locust.runners
from locust.exception import StopUser
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from ..client.target import Target
from ..flow import Call, Reply
from ..load.distributed.broker import WorkBroker
from ..load.distributed.worker import MasterClient, remove_stale_files, run_assignment
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import stopped_error
from .gevent_driver import GeventDriver, exchange

QUESTION, ANSWER = "contactbench-question", "contactbench-answer"
LOOK_S = 0.5
# The master reads and joins whole months in one go, and is silent meanwhile. Locust's own minute is too short for that.
MASTER_SILENCE_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDriver(GeventDriver):
    """A driver whose calls are sent by workers."""

    broker: WorkBroker

    def exchange(self, call: Call) -> Reply:
        # Which hosts may be asked is decided here: a worker sends what it is given to where it is told.
        return self.broker.exchange(replace(call, url=self.target.url(call)))


class SingleProcess:
    """Locust in one process: its users drive the flows of the run themselves."""

    is_worker = False

    def take_turn(self, user: Any, run: SharedRun | RunSequence | None) -> None:
        """Drive the run's next flow on this user's session. Raises StopUser when there is none left."""
        if run is None or not run.drive_one(lambda run: GeventDriver(user.client, run.target, run.context, run.pacing)):
            raise StopUser

    def start(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        """A test has begun. `settle` is called by every driver at its end."""

    def stop(self) -> None:
        """Send nothing more; what is under way may end."""

    def end(self) -> None:
        """Whatever is still under way is in doubt."""


class Master(SingleProcess):
    """Drives the flows of a run, as many at a time as there are users, and has its workers send the requests."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._drivers: list[Any] = []
        self._broker = self._new_broker()
        runner.register_message(QUESTION, self._on_question)
        gevent.spawn(self._look_around)

    def start(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        self._broker = self._new_broker()
        self._drivers = [gevent.spawn(self._drive, run, settle) for _ in range(max(1, self._runner.target_user_count))]

    def stop(self) -> None:
        self._broker.close(stopped_error())

    def end(self) -> None:
        gevent.killall([each for each in self._drivers if each is not gevent.getcurrent()])

    def _drive(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        while run.drive_one(self._shell):
            pass
        settle()

    def _shell(self, run: SharedRun) -> RemoteDriver:
        return RemoteDriver(None, run.target, run.context, run.pacing, broker=self._broker)

    def _new_broker(self) -> WorkBroker:
        return WorkBroker(lambda worker, answer: self._runner.send_message(ANSWER, answer, worker), time.monotonic)

    def _on_question(self, msg: Any, **_: Any) -> None:
        self._broker.handle(msg.node_id, msg.data)

    def _look_around(self) -> None:
        while True:
            gevent.sleep(LOOK_S)
            clients = self._runner.clients
            self._broker.keep({client.id for client in clients.all if client.state != STATE_MISSING})


class Worker(SingleProcess):
    """Sends what the master asks for, on the sessions of its users."""

    is_worker = True

    def __init__(self, runner: WorkerRunner) -> None:
        remove_stale_files()
        locust.runners.MASTER_HEARTBEAT_TIMEOUT = MASTER_SILENCE_S
        self._client = MasterClient(lambda question: runner.send_message(QUESTION, question))
        runner.register_message(ANSWER, lambda msg, **_: self._client.receive(msg.data))

    def take_turn(self, user: Any, run: SharedRun | RunSequence | None) -> None:
        run_assignment(self._client, lambda call: exchange(user.client, _where(call), call), time.monotonic)

    def stop(self) -> None:
        self._client.interrupt()


def role_of(runner: Any) -> SingleProcess:
    """What this process does in a test, by the kind of its Locust runner."""
    match runner:
        case MasterRunner():
            return Master(runner)
        case WorkerRunner():
            return Worker(runner)
    return SingleProcess()


def _where(call: Call) -> Target:
    parts = urlsplit(call.url)
    return Target.one_host(f"{parts.scheme}://{parts.netloc}")
