"""The role of a Locust process in a run: everything; the flows, journal and budget (master); the requests (worker).

The only module that uses `load.distributed`.
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
from ..load.distributed import MasterClient, WorkBroker, remove_stale_files, run_assignment
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import stopped_error
from .gevent_driver import GeventDriver, exchange

QUESTION, ANSWER = "contactbench-question", "contactbench-answer"
CHECK_WORKERS_S = 0.5
# The master reads and joins whole months without a break, and is silent meanwhile; Locust's minute is too short.
MASTER_SILENCE_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDriver(GeventDriver):
    """A driver whose calls are sent by workers."""

    broker: WorkBroker

    def exchange(self, call: Call) -> Reply:
        # The allowed hosts are checked here: a worker sends every call to the URL it is given.
        return self.broker.exchange(replace(call, url=self.target.url(call)))


class SingleProcess:
    """Locust in one process: its users drive the flows of the run themselves."""

    is_worker = False

    def take_turn(self, user: Any, run: SharedRun | RunSequence | None) -> None:
        """Drive the run's next flow on this user's session. Raises StopUser when there is none left."""
        if run is None or not run.drive_one(lambda run: GeventDriver(user.client, run.target, run.context, run.pacing)):
            raise StopUser

    def start(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        """A test has begun. Every driver calls `settle` when it ends."""

    def stop(self) -> None:
        """Send nothing more; requests under way may finish."""

    def end(self) -> None:
        """Abandon requests that are still under way; they are in doubt."""


class Master(SingleProcess):
    """Drives the flows of a run, one per user at a time, and lets its workers send the requests."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._drivers: list[Any] = []
        self._broker = self._new_broker()
        runner.register_message(QUESTION, self._on_question)
        gevent.spawn(self._check_workers)

    def start(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        self._broker = self._new_broker()
        self._drivers = [gevent.spawn(self._drive, run, settle) for _ in range(max(1, self._runner.target_user_count))]

    def stop(self) -> None:
        self._broker.close(stopped_error())

    def end(self) -> None:
        gevent.killall([each for each in self._drivers if each is not gevent.getcurrent()])

    def _drive(self, run: SharedRun | RunSequence, settle: Callable[[], None]) -> None:
        while run.drive_one(self._driver):
            pass
        settle()

    def _driver(self, run: SharedRun) -> RemoteDriver:
        return RemoteDriver(None, run.target, run.context, run.pacing, broker=self._broker)

    def _new_broker(self) -> WorkBroker:
        return WorkBroker(lambda worker, answer: self._runner.send_message(ANSWER, answer, worker), time.monotonic)

    def _on_question(self, msg: Any, **_: Any) -> None:
        self._broker.handle(msg.node_id, msg.data)

    def _check_workers(self) -> None:
        while True:
            gevent.sleep(CHECK_WORKERS_S)
            clients = self._runner.clients
            self._broker.keep({client.id for client in clients.all if client.state != STATE_MISSING})


class Worker(SingleProcess):
    """Sends the master's requests on the sessions of its users."""

    is_worker = True

    def __init__(self, runner: WorkerRunner) -> None:
        remove_stale_files()
        locust.runners.MASTER_HEARTBEAT_TIMEOUT = MASTER_SILENCE_S
        self._client = MasterClient(lambda question: runner.send_message(QUESTION, question))
        runner.register_message(ANSWER, lambda msg, **_: self._client.receive(msg.data))

    def take_turn(self, user: Any, run: SharedRun | RunSequence | None) -> None:
        run_assignment(self._client, lambda call: exchange(user.client, _target(call), call), time.monotonic)

    def stop(self) -> None:
        self._client.interrupt()


def role_of(runner: Any) -> SingleProcess:
    """The role of this process, by the kind of its Locust runner."""
    match runner:
        case MasterRunner():
            return Master(runner)
        case WorkerRunner():
            return Worker(runner)
    return SingleProcess()


def _target(call: Call) -> Target:
    parts = urlsplit(call.url)
    return Target.one_host(f"{parts.scheme}://{parts.netloc}")
