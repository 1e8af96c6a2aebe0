"""Connects Locust's events to the scenario of the test, and starts a mock if no host was given."""

import atexit
import errno
import logging
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
from gevent.pool import Group
from locust import events

from ..client.request_context import LOOK_FOR_STOP_S, stop_file_error
from ..client.secret_sources import protect_process
from ..errors import GaveUp, RunError, UsageError
from ..load import locust_options
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import STOPPED, RunVerdict
from ..runs.resolve_target import MOCK_URL, resolve_target
from ..simulator import start_process
from .gevent_driver import watch_for_suspension
from .process_roles import SingleProcess, role_of
from .web import EVERYWHERE, TAB, WebPage, WholeCsvFiles

PROBE_TIMEOUT_S = 5.0
LOOPBACK = "127.0.0.1"
PERCENTILES = [0.5, 0.95, 0.99]
STOP_TIMEOUT_S = 10.0
NOT_STARTED = RunVerdict.of(GaveUp("NOT_STARTED", "no test was started, so nothing was sent."))
log = logging.getLogger("contactbench")


def own_mock(*, refused: bool, seed: int) -> dict[str, str]:
    """Start a mock and return the content of its ready file; empty if a mock is listening already.

    Raises UsageError for another server at its address, and if a new mock is `refused`.
    """
    if _mock_listens():
        return {}
    if refused:
        raise UsageError(
            "NO_MOCK", f"nothing listens at {MOCK_URL}: start `contactbench mock`, give --host, or omit --no-mock."
        )
    stack = ExitStack()
    ready = stack.enter_context(start_process("default", seed, "none"))
    atexit.register(stack.close)
    return ready


def _mock_listens() -> bool:
    """Whether a mock listens at its usual address. Raises UsageError for another server."""
    connection = HTTPConnection(urlsplit(MOCK_URL).netloc, timeout=PROBE_TIMEOUT_S)
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


class Scenario(Protocol):
    """A kind of test. `form`: the options that the web UI shows; `defaults`: those that differ from the usual ones."""

    form: Sequence[str]
    defaults: dict[str, Any]

    def declare(self, parser: Any, form: Sequence[str]) -> None: ...
    def open_run(self, environment: Any, *, own_mock: bool) -> SharedRun | RunSequence: ...


class Driver:
    """The run of a test, from its start to its end; all users of the process drive its flows.

    Until there is a verdict, the exit code of the process is that of a stopped run.
    """

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []  # of all scenario files
        self.run: SharedRun | RunSequence | None = None
        self._verdict: RunVerdict | None = NOT_STARTED  # None while a test is under way
        self._mock: dict[str, str] = {}  # the ready file of a mock that was started here
        self._output = sys.stdout
        self._stopping = False
        self._watches = Group()  # while a test is under way
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
        """Conclude the run and end the test if the last flow has ended."""
        verdict = self.run.finish() if self.run is not None else None
        if verdict is None:
            return
        self._watches.kill(block=False)
        self._conclude(environment, verdict)
        # Without the web UI a stopped test cannot be started again. Locust also stops it when its last worker is gone.
        if not self._stopping or environment.web_ui is None:
            gevent.spawn(_end_test, environment)

    # --- before a test ------------------------------------------------------------------------------------------------

    def _declare(self, parser: Any, **_: Any) -> None:
        """Declare the options of all files once. A scenario's defaults apply only if it is the only one."""
        for scenario in {type(each): each for each in self.scenarios}.values():
            scenario.declare(parser, self._form())
        defaults = self.scenarios[0].defaults if len(self.scenarios) == 1 else {}
        locust_options.declare(parser, self._form(), defaults)
        parser.set_defaults(web_host=LOOPBACK, master_bind_host=LOOPBACK, **defaults)

    def _form(self) -> list[str]:
        return list(dict.fromkeys(name for scenario in self.scenarios for name in scenario.form))

    def _on_init(self, environment: Any, **_: Any) -> None:
        protect_process()
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
            elif "@" in environment.host:
                resolve_target(environment.host)  # refused before Locust's page or report shows a password
        except RunError as error:
            _end_at_once(error)
        except KeyboardInterrupt:  # while a mock starts
            sys.exit(130)
        if self._mock:
            environment.host = self._mock["url"]
            log.info("%s.", self._mock_notice())
            log.info("Its control API: %s, token %s", self._mock["control_url"], self._mock["control_token"])
        environment.process_exit_code = STOPPED.exit_code
        environment.stop_timeout = environment.stop_timeout or STOP_TIMEOUT_S
        self._output = sys.stderr if given.json else sys.stdout
        # Otherwise Python would raise it in the greenlet that happens to run, in the middle of a file or a flow.
        gevent.signal_handler(signal.SIGINT, gevent.kill, gevent.getcurrent(), KeyboardInterrupt)
        if environment.web_ui is not None:
            if given.web_host in EVERYWHERE:
                log.warning("anyone who can reach this machine can use the web interface; --web-login asks for a login")
            WebPage(environment, self._form(), self._status, self._report, partial(self._complaint, environment))

    def _mock_notice(self) -> str:
        return (
            f"No --host: a mock was started at {self._mock['url']}. It has no limits and no waits, and ends with Locust"
        )

    def _scenario_of(self, classes: Iterable[Any]) -> Scenario:
        """The scenario of these users. Raises UsageError unless there is exactly one and some of its users upload."""
        users: dict[Scenario, list[Any]] = {}
        for each in classes:
            if hasattr(each, "load"):
                users.setdefault(each.load, []).append(each)
        if len(users) == 1 and any(each.uploads for several in users.values() for each in several):
            return next(iter(users))
        choices = " | ".join(" ".join(each.__name__ for each in several) for several in users.values())
        raise UsageError(
            "ONE_SCENARIO",
            "a test has one scenario, and some of its users upload: name one file with -f, or choose users after the"
            f" options or with --class-picker; there are {choices}.",
        )

    def _complaint(self, environment: Any, names: Sequence[str]) -> str | None:
        """Why a test with the users of these names, or with all, cannot start; None if it can."""
        classes = environment.user_classes
        if environment.parsed_options.class_picker:
            available = environment.available_user_classes
            classes = [available[name] for name in names or available if name in available]
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
                log.exception("an internal error of contactbench")
            self._conclude(environment, RunVerdict.of(error))
            gevent.spawn(_end_test, environment)  # users that start meanwhile have nothing to do
        else:
            run = self.run
            self._watches.spawn(watch_for_suspension, lambda: run.context)
            self._watches.spawn(self._end_at_stop_file, environment, run)
            self._role.start(run, lambda: self.settle(environment))

    def _end_at_stop_file(self, environment: Any, run: SharedRun | RunSequence) -> None:
        while stop_file_error(run.folder) is None:
            gevent.sleep(LOOK_FOR_STOP_S)
        gevent.spawn(_end_test, environment)

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
        """Print the verdict below Locust's own tables; with --json to stderr, since stdout holds one document."""
        if not self._role.is_worker:
            verdict = self._verdict or STOPPED
            gone = "The mock has ended with Locust: the next start is a new test.\n"
            self._output.write(f"\n{verdict.text}\n{gone if self._mock and verdict.heading == 'Stopped' else ''}")

    # --- the web UI ---------------------------------------------------------------------------------------------------

    def _report(self) -> Path | None:
        return None if self.run is None else self.run.folder / "report.html"

    def _status(self) -> dict[str, Any]:
        """The content of the tab *Contacts*."""
        run, verdict = self.run, self._verdict
        notes = []
        if verdict is not None and verdict.complete:
            notes.append({"text": "Open the report", "href": f"./{TAB}/report"})
        if run is not None:
            notes.append({"text": f"Run folder: {run.folder.resolve()}"})
        if self._mock:
            notes.append({"text": f"{self._mock_notice()}. Its control API: {self._mock['control_url']}."})
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
    """Raises UsageError if no user would upload: Locust starts the background users first."""
    needed = 1 if all(getattr(each, "uploads", True) for each in environment.user_classes) else 2
    if (environment.parsed_options.num_users or 1) < needed:
        raise UsageError("BAD_OPTION", f"--users must be at least {needed}, so that one of them uploads.")


def _require_port(given: Namespace) -> None:
    """Raises UsageError if the web interface could not listen. Locust itself would continue without it."""
    host = "" if given.web_host in EVERYWHERE else given.web_host
    try:
        family, *_, address = socket.getaddrinfo(host or None, given.web_port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is taken; give another --web-port" if taken else f"cannot be used: {error}"
        raise UsageError("NO_PORT", f"port {given.web_port} of {given.web_host or 'this machine'} {why}.") from None


def _end_at_once(error: RunError) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    sys.exit(error.exit_code)


def _end_test(environment: Any) -> None:
    """End the test as Locust does after --run-time: the web interface stays, unless --autoquit limits it."""
    if environment.web_ui is None:
        environment.runner.quit()
        return
    environment.runner.stop()
    if environment.parsed_options.autostart and environment.parsed_options.autoquit != -1:
        gevent.sleep(environment.parsed_options.autoquit)
        environment.runner.quit()
        environment.web_ui.stop()


DRIVER = Driver()
