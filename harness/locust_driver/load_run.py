"""One strategy's run as one Locust test."""

import logging
import signal
import sys
import time
from pathlib import Path
from typing import Any

import gevent
import locust.stats
from locust import events
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from ..errors import RunError, UsageError
from ..load import options
from ..load.pacing import pacing
from ..load.series import Series
from ..load.shared_run import SharedRun
from ..load.verdict import STOPPED, Verdict, thresholds
from ..retry import RetryPolicy
from ..upload import new_run_id, prepared
from .awake import stay_awake
from .distributed import Master, Worker
from .shell import GeventShell
from .web import REPORT_PATH, add_tab, link_report

PERCENTILES = [0.5, 0.95, 0.99]
POLICY = RetryPolicy(unreachable_s=20.0)  # a load test of a server that is gone has nothing to wait for
STOP_TIMEOUT_S = 10.0
log = logging.getLogger("contactbench")


class LoadRun:
    """A strategy's run, from the start of Locust's test to its end; all users of the process drive its flows.

    The process's exit code is that of a run which was stopped, until a verdict says otherwise.
    """

    def __init__(self, strategy: str) -> None:
        self.strategy = strategy
        self.run: SharedRun | Series | None = None
        self._verdict = STOPPED
        self._stopping = False
        self._awake = gevent.Greenlet()
        self._master: Master | None = None  # of several processes
        self._worker: Worker | None = None
        for stage in ("CHART", "STATISTICS", "REPORT"):
            setattr(locust.stats, f"PERCENTILES_TO_{stage}", PERCENTILES)
        events.init_command_line_parser.add_listener(self.declare)
        events.init.add_listener(self._on_init)
        events.test_start.add_listener(self._on_test_start)
        events.test_stopping.add_listener(self._on_test_stopping)
        events.test_stop.add_listener(self._on_test_stop)
        events.quit.add_listener(self._on_quit)

    def declare(self, parser: Any) -> None:
        """Add the options to Locust's."""
        options.declare(parser)

    def take_turn(self, user: Any) -> None:
        """Drive the run's next flow on this user's session. Raises StopUser when there is none left."""
        if self._worker is not None:
            self._worker.take_turn(user)
            return
        run = self.run
        if run is None or not run.drive_one(lambda run: GeventShell(user.client, run.target, run.books, run.pacing)):
            raise StopUser

    def _on_test_stop(self, environment: Any, **_: Any) -> None:
        if self._master is not None:
            self._master.end()
        self.settle(environment)

    def settle(self, environment: Any, **_: Any) -> None:
        """Pass the verdict if the last flow has ended, and end the test with it."""
        verdict = self.run.finish() if self.run is not None else None
        if verdict is None:
            return
        self._awake.kill(block=False)
        self._conclude(environment, verdict)
        if not self._stopping:
            gevent.spawn(_end_test, environment)

    def _on_init(self, environment: Any, **_: Any) -> None:
        if isinstance(environment.runner, WorkerRunner):
            self._worker = Worker(environment.runner)
            return
        if isinstance(environment.runner, MasterRunner):
            self._master = Master(environment.runner)
        environment.process_exit_code = STOPPED.exit_code
        environment.stop_timeout = environment.stop_timeout or STOP_TIMEOUT_S
        # Python would raise it in whichever greenlet runs just then, in the middle of a file or a flow.
        gevent.signal_handler(signal.SIGINT, gevent.kill, gevent.getcurrent(), KeyboardInterrupt)
        if environment.web_ui is not None:
            link_report(environment.web_ui, self._report_path)
            add_tab(environment.web_ui, self._rows)

    def _on_test_start(self, environment: Any, **_: Any) -> None:
        self.run, self._stopping = None, False
        if self._worker is not None:
            return
        self._conclude(environment, STOPPED)
        try:
            self.run = self.opened(environment)
        except Exception as error:
            if not isinstance(error, RunError):
                log.exception("a fault of contactbench itself")
            self._conclude(environment, Verdict.of(error))
            gevent.spawn(_end_test, environment)  # users that start meanwhile find nothing to do
        else:
            run = self.run
            self._awake = gevent.spawn(stay_awake, lambda: run.books)
            if self._master is not None:
                self._master.start(self.run, lambda: self.settle(environment))

    def opened(self, environment: Any) -> SharedRun | Series:
        """What the options ask for. Raises RunError."""
        given = environment.parsed_options
        limits = thresholds(given)
        order = options.order(given, self.strategy, environment.host, new_run_id(), sys.argv[1:])
        ready = prepared(order, log.info)
        if not ready.plan.preflight.leads:
            raise UsageError("NO_LEADS", f"{order.leads}: no lead in it, so there is nothing to test; give --contacts.")
        return SharedRun(ready, POLICY, time.monotonic, pacing(given, ready.plan.strategy.main_op), limits)

    def _on_test_stopping(self, **_: Any) -> None:
        self._stopping = True
        for part in (self.run, self._master, self._worker):
            if part is not None:
                part.stop()

    def _conclude(self, environment: Any, verdict: Verdict) -> None:
        self._verdict = verdict
        environment.process_exit_code = verdict.exit_code
        if environment.web_ui is not None and verdict is not STOPPED:
            shown = f"\nreport: {REPORT_PATH} in this web interface" if verdict.complete else ""
            log.info("%s%s", verdict.text, shown)

    def _on_quit(self, **_: Any) -> None:
        """The last thing on the screen, below Locust's own tables."""
        if self._worker is None:
            sys.stdout.write(f"\n{self._verdict.text}\n")

    def _report_path(self) -> Path | None:
        return None if self.run is None else self.run.folder / "report.html"

    def _rows(self) -> list[dict[str, str]]:
        run = self.run
        if run is None:
            return []
        return run.figures().rows(None if run.pacing is None else run.pacing.facts())


def _end_test(environment: Any) -> None:
    """As Locust does at the end of --run-time: the web interface stays, unless --autoquit says for how long."""
    if environment.web_ui is None:
        environment.runner.quit()
        return
    environment.runner.stop()
    if environment.parsed_options.autostart and environment.parsed_options.autoquit != -1:
        gevent.sleep(environment.parsed_options.autoquit)
        environment.runner.quit()
        environment.web_ui.stop()
