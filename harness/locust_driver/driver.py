"""Connects Locust's events to the one scenario that is run, and starts a mock where no host was given."""

import atexit
import errno
import logging
import os
import signal
import socket
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NoReturn, Protocol
from urllib.parse import urlsplit

import gevent
import locust.stats
from locust import events

from ..errors import GaveUp, RunError, UsageError
from ..load import locust_options
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import STOPPED, RunVerdict
from ..runs.resolve_target import MOCK_URL
from ..simulator.mock_org import start_process
from .gevent_driver import stay_awake
from .process_roles import SingleProcess, role_of
from .web import EVERYWHERE, TAB, WebPage, WholeCsvFiles

PATIENCE_S = 5.0


def own_mock(*, refused: bool, seed: int) -> dict[str, str]:
    """What the ready file of the new mock says; nothing where a mock listens already. Raises UsageError for another
    server there, and where a new one is `refused`."""
    if _listens():
        return {}
    if refused:
        raise UsageError(
            "NO_MOCK", f"nothing listens at {MOCK_URL}: start `contactbench mock`, give --host, or omit --no-mock."
        )
    stack = ExitStack()
    ready = stack.enter_context(start_process("default", seed, "none"))
    atexit.register(stack.close)
    return ready


def _listens() -> bool:
    """Whether a mock does. Raises UsageError for something else."""
    connection = HTTPConnection(urlsplit(MOCK_URL).netloc, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        is_mock = connection.getresponse().getheader("X-Mock") is not None
    except ConnectionRefusedError:
        return False
    except (OSError, HTTPException):
        is_mock = False
    finally:
        connection.close()
    if not is_mock:
        raise UsageError("NOT_A_MOCK", f"what listens at {MOCK_URL} is not a mock; stop it, or give --host.")
    return True


LOOPBACK = "127.0.0.1"
PERCENTILES = [0.5, 0.95, 0.99]
STOP_TIMEOUT_S = 10.0
NOT_STARTED = RunVerdict.of(GaveUp("NOT_STARTED", "no test was started, so nothing was sent."))
log = logging.getLogger("contactbench")


class Scenario(Protocol):
    """What a file's users play. `form`: the options that the web UI shows; `defaults`: those that differ here."""

    form: Sequence[str]
    defaults: dict[str, Any]

    def declare(self, parser: Any, form: Sequence[str]) -> None: ...
    def open_run(self, environment: Any, *, own_mock: bool) -> SharedRun | RunSequence: ...


class Driver:
    """A run from the start of Locust's test to its end; all users of the process drive its flows.

    The process's exit code is that of a run which was stopped, until a verdict says otherwise.
    """

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []  # of all files that were named
        self.run: SharedRun | RunSequence | None = None
        self._verdict: RunVerdict | None = NOT_STARTED  # None while a test is under way
        self._mock: dict[str, str] = {}  # of one's own
        self._output = sys.stdout
        self._stopping = False
        self._awake = gevent.Greenlet()
        self._role = SingleProcess()  # until Locust says which kind of process this is
        for stage in ("CHART", "STATISTICS", "REPORT"):
            setattr(locust.stats, f"PERCENTILES_TO_{stage}", PERCENTILES)
        locust.stats.StatsCSVFileWriter = WholeCsvFiles
        events.init_command_line_parser.add_listener(self._declare)
        events.init.add_listener(self._on_init)
        events.test_start.add_listener(self._on_test_start)
        events.test_stopping.add_listener(self._on_test_stopping)
        events.test_stop.add_listener(self._on_test_stop)
        events.quit.add_listener(self._on_quit)

    def take_turn(self, user: Any) -> None:
        """Drive the run's next flow on this user's session. Raises StopUser when there is none left."""
        self._role.take_turn(user, self.run)

    def settle(self, environment: Any) -> None:
        """Pass the verdict if the last flow has ended, and end the test with it."""
        verdict = self.run.finish() if self.run is not None else None
        if verdict is None:
            return
        self._awake.kill(block=False)
        self._conclude(environment, verdict)
        # Without a page a stopped test cannot be started again. Locust itself stops it when its last worker is missing.
        if not self._stopping or environment.web_ui is None:
            gevent.spawn(_end_test, environment)

    # --- before a test ------------------------------------------------------------------------------------------------

    def _declare(self, parser: Any, **_: Any) -> None:
        """Once for all files; defaults of a scenario hold where it is the only one."""
        alone = len(self.scenarios) == 1
        for scenario in {type(each): each for each in self.scenarios}.values():
            scenario.declare(parser, self._form())
        defaults = self.scenarios[0].defaults if alone else {}
        locust_options.declare(parser, self._form(), defaults)
        parser.set_defaults(web_host=LOOPBACK, master_bind_host=LOOPBACK, **defaults)

    def _form(self) -> list[str]:
        return list(dict.fromkeys(name for scenario in self.scenarios for name in scenario.form))

    def _on_init(self, environment: Any, **_: Any) -> None:
        os.umask(0o077)  # what a run writes holds personal data: readable by its owner alone
        self._role = role_of(environment.runner)
        if self._role.is_worker:
            return
        given = environment.parsed_options
        try:
            locust_options.require_sense(given)
            if not given.class_picker:
                self._scenario_of(environment.user_classes)
            if environment.web_ui is not None:
                _require_port(given)
            if not environment.host:
                self._mock = own_mock(refused=given.no_mock, seed=given.seed)
        except RunError as error:
            _end_at_once(error)
        except KeyboardInterrupt:  # while a mock starts
            sys.exit(130)
        if self._mock:
            environment.host = self._mock["url"]
            log.info("%s.", self._own())
            log.info("Its control API: %s, token %s", self._mock["control_url"], self._mock["control_token"])
        environment.process_exit_code = STOPPED.exit_code
        environment.stop_timeout = environment.stop_timeout or STOP_TIMEOUT_S
        self._output = sys.stderr if given.json else sys.stdout
        # Python would raise it in whichever greenlet runs just then, in the middle of a file or a flow.
        gevent.signal_handler(signal.SIGINT, gevent.kill, gevent.getcurrent(), KeyboardInterrupt)
        if environment.web_ui is not None:
            if given.web_host in EVERYWHERE:
                log.warning("whoever reaches this machine can use the web interface; --web-login asks who it is")
            WebPage(environment, self._form(), self._status, self._report, partial(self._complaint, environment))

    def _own(self) -> str:
        return (
            f"No --host: a mock was started at {self._mock['url']}. It has no limits and no waits, and ends with Locust"
        )

    def _scenario_of(self, classes: Iterable[Any]) -> Scenario:
        """The scenario of these users. Raises UsageError unless it is one, and some of them upload."""
        users: dict[Scenario, list[Any]] = {}
        for each in classes:
            if hasattr(each, "load"):
                users.setdefault(each.load, []).append(each)
        if len(users) == 1 and any(each.uploads for several in users.values() for each in several):
            return next(iter(users))
        choices = " | ".join(" ".join(each.__name__ for each in several) for several in users.values())
        raise UsageError(
            "ONE_SCENARIO",
            "a test is of one scenario, and some of its users upload: name one file with -f, or choose users"
            f" after the options or with --class-picker; here are {choices}.",
        )

    def _complaint(self, environment: Any, names: Sequence[str]) -> str | None:
        """What stands against a start with the users of these names; without names, with all."""
        classes = environment.user_classes
        if environment.parsed_options.class_picker:
            there = environment.available_user_classes
            classes = [there[name] for name in names or there if name in there]
        try:
            self._scenario_of(classes)
        except UsageError as error:
            return str(error)
        return None

    # --- a test -------------------------------------------------------------------------------------------------------

    def _on_test_start(self, environment: Any, **_: Any) -> None:
        self.run, self._verdict, self._stopping = None, None, False
        if self._role.is_worker:
            return
        environment.process_exit_code = STOPPED.exit_code
        try:
            scenario = self._scenario_of(environment.user_classes)
            _require_users(environment)
            self.run = scenario.open_run(environment, own_mock=bool(self._mock))
        except Exception as error:
            if not isinstance(error, RunError):
                log.exception("a fault of contactbench itself")
            self._conclude(environment, RunVerdict.of(error))
            gevent.spawn(_end_test, environment)  # users that start meanwhile find nothing to do
        else:
            run = self.run
            self._awake = gevent.spawn(stay_awake, lambda: run.context)
            self._role.start(run, lambda: self.settle(environment))

    def _on_test_stopping(self, **_: Any) -> None:
        self._stopping = True
        if self.run is not None:
            self.run.stop()
        self._role.stop()

    def _on_test_stop(self, environment: Any, **_: Any) -> None:
        self._role.end()
        self.settle(environment)

    def _conclude(self, environment: Any, verdict: RunVerdict) -> None:
        self._verdict = verdict
        environment.process_exit_code = verdict.exit_code
        if environment.web_ui is not None:
            log.info(verdict.text)

    def _on_quit(self, **_: Any) -> None:
        """The last thing on the screen, below Locust's own tables; with --json not on stdout, which is one document."""
        if not self._role.is_worker:
            verdict = self._verdict or STOPPED
            gone = "The mock is gone with this Locust: the next start is a new test.\n"
            self._output.write(f"\n{verdict.text}\n{gone if self._mock and verdict.heading == 'Stopped' else ''}")

    # --- for who looks on ---------------------------------------------------------------------------------------------

    def _report(self) -> Path | None:
        return None if self.run is None else self.run.folder / "report.html"

    def _status(self) -> dict[str, Any]:
        """For the tab."""
        run, verdict = self.run, self._verdict
        notes = []
        if verdict is not None and verdict.complete:
            notes.append({"text": "Open the report", "href": f"./{TAB}/report"})
        if run is not None:
            notes.append({"text": f"Run folder: {run.folder.resolve()}"})
        if self._mock:
            notes.append({"text": f"{self._own()}. Its control API: {self._mock['control_url']}."})
        heading = "Running" if verdict is None else "Not started" if verdict is NOT_STARTED else verdict.heading
        shown: dict[str, Any] = {"heading": heading, "done": 0, "of": 0, "notes": notes, "rows": []}
        shown["text"] = "" if verdict is None or verdict is NOT_STARTED else verdict.text
        if run is not None:
            figures = run.figures()
            pacing = None if run.pacing is None else run.pacing.facts()
            rows = figures.rows(pacing, over=verdict is not None)
            shown |= {"done": figures.mapped, "of": figures.leads}
            shown["rows"] = [{"name": "result", "value": heading}, *rows]
        return shown


def _require_users(environment: Any) -> None:
    """Raises UsageError where no user would upload: Locust starts the background users first."""
    needed = 1 if all(getattr(each, "uploads", True) for each in environment.user_classes) else 2
    if (environment.parsed_options.num_users or 1) < needed:
        raise UsageError("BAD_OPTION", f"--users must be at least {needed}, so that one of them uploads.")


def _require_port(given: Namespace) -> None:
    """Raises UsageError where the web interface could not listen. Locust itself would go on without it."""
    host = "" if given.web_host in EVERYWHERE else given.web_host
    try:
        family, *_, address = socket.getaddrinfo(host or None, given.web_port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as there:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            there.bind(address)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is taken; give another --web-port" if taken else f"cannot be used: {error}"
        raise UsageError("NO_PORT", f"port {given.web_port} of {given.web_host or 'this machine'} {why}.") from None


def _end_at_once(error: RunError) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    sys.exit(error.exit_code)


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


DRIVER = Driver()
