"""Strategies under Locust: its users drive the flows of one run on gevent, its statistics see every request.

The only module of the harness that imports Locust, which replaces sockets, locks and sleep in the whole process.
"""

import logging
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gevent
import locust.stats
from geventhttpclient.response import HTTPParseError
from locust import FastHttpUser, events
from locust.contrib.fasthttp import FastHttpSession
from locust.exception import CatchResponseError, StopUser
from locust.runners import LocalRunner

from .api import TRANSFER_TIMEOUT_S
from .bookkeeping import Bookkeeping
from .errors import LocalResource, RunError, UsageError
from .flow import Call, Reply, Wait
from .load import options
from .load.multipart import Multipart
from .load.shared_run import STOPPED, SharedRun, Verdict
from .retry import RetryPolicy
from .target import MOCK_URL
from .transport import MAX_ANSWER_BYTES, Target
from .upload import new_run_id, prepared

PERCENTILES = [0.5, 0.95, 0.99]
POLICY = RetryPolicy(unreachable_s=20.0)  # a load test of a server that is gone has nothing to wait for
STOP_TIMEOUT_S = 10.0
CHUNK = 256 * 1024
REPORT_PATH = "/contactbench/report"
EVERY_STATUS = frozenset(range(100, 600))
log = logging.getLogger("contactbench")


# --- one request ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GeventShell:
    """What flows ask of the world, done on a Locust user's session. Files and the journal are worked on in place: with
    one thread nobody can do it meanwhile."""

    session: FastHttpSession
    target: Target
    books: Bookkeeping

    def send(self, call: Call) -> Reply:
        planned_at = self.books.now()
        while (wait := self.books.hold(call)) is not None:
            self.sleep(wait)
        call, sent_at = self.books.timed(call), self.books.sent(call)
        reply = exchange(self.session, self.target, call)
        return self.books.answered(call, reply, planned_at, sent_at)

    def sleep(self, wait: Wait) -> None:
        gevent.sleep(self.books.pausing(wait))

    def save(self, event: Any) -> None:
        self.books.save(event)

    def work(self, function: Callable[[], Any]) -> Any:
        return function()


def exchange(session: FastHttpSession, target: Target, call: Call) -> Reply:
    """The answer to `call`, noted in Locust's statistics under its operation; no answer is a Reply too."""
    url = target.url(call) + (f"?{urlencode(call.query)}" if call.query else "")
    with gevent.Timeout(call.timeout_s), _body(call) as (body, headers):
        return _exchange(session, url, call, body, headers)


def _exchange(session: FastHttpSession, url: str, call: Call, body: Any, headers: dict[str, str]) -> Reply:
    began = time.perf_counter()
    request = {"name": call.op, "data": body, "headers": headers, "stream": True, "allow_redirects": False}
    with session.request(call.method, url, catch_response=True, **request) as response:
        reply = _reply(call, response)
        response.request_meta.update(
            response_time=(time.perf_counter() - began) * 1000,
            response_length=len(reply.body),
            url=url.partition("?")[0],  # what follows signs the request
            response=None,
        )
        if (failure := _failure(call, reply)) is None:
            response.success()
        else:
            response.failure(CatchResponseError(failure))
    return reply


@contextmanager
def _body(call: Call) -> Iterator[tuple[Any, dict[str, str]]]:
    """What to send, and the headers that go with it. An answer in plain bytes is asked for: it may go to a file."""
    headers = {"Accept-Encoding": "identity", **call.headers}
    if call.form is None:
        yield call.body, headers
    else:
        try:
            form = Multipart(call.form, boundary=secrets.token_hex(16))
        except OSError as error:
            raise LocalResource(
                "NOT_READ", f"{error.filename}: {error.strerror}; run the same command again."
            ) from None
        with form:
            yield form, {**headers, "Content-Type": form.content_type}


def _reply(call: Call, response: Any) -> Reply:
    if response.status_code == 0:
        return _unanswered(response.error)
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None else f"{known}, {value}"
    try:
        body = _read(call, response)
    except _Broken as broken:
        response.release()
        return Reply(status=0, error=str(broken), truncated=True)
    return Reply(status=response.status_code, headers=headers, body=body)


def _unanswered(error: Exception) -> Reply:
    """Only a connection that never came about proves that nothing left."""
    cause = getattr(error, "original", None) or error
    never_sent = isinstance(
        cause, (ConnectionRefusedError, gevent.socket.gaierror, gevent.ssl.SSLCertVerificationError)
    )
    return Reply(status=0, error=type(cause).__name__, sent=not never_sent)


class _Broken(Exception):
    """The answer does not come to its end, or to none that this API has reason to have."""


def _read(call: Call, response: Any) -> bytes:
    """The body; empty if it went to the call's file."""
    if call.save_to is not None and 200 <= response.status_code < 300:
        _save(call.save_to, _chunks(response))
        return b""
    body = bytearray()
    for chunk in _chunks(response):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise _Broken("TooLong")
    return bytes(body)


def _chunks(response: Any) -> Iterator[bytes]:
    try:
        while chunk := response.read(CHUNK):
            yield chunk
    except (gevent.Timeout, HTTPParseError, OSError) as error:
        raise _Broken(type(error).__name__) from None


def _save(path: Path, chunks: Iterator[bytes]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(chunks)
    except OSError as error:
        raise LocalResource("DISK_FULL", f"{path}: {error.strerror}; free space and run again.") from None


def _failure(call: Call, reply: Reply) -> str | None:
    """Why Locust should count a failure. A 429 is the server's pacing, and an export takes its time: both are not."""
    if reply.status == 0:
        return reply.error
    if reply.status < 400 or reply.status == 429 or (call.op == "export.get" and reply.status in (400, 404)):
        return None
    return f"HTTP {reply.status}"


# --- one test ---------------------------------------------------------------------------------------------------------


class LoadRun:
    """A strategy's run, from the start of Locust's test to its end; all users of the process drive its flows.

    The process's exit code is that of a run which was stopped, until a verdict says otherwise.
    """

    def __init__(self, strategy: str) -> None:
        self._strategy = strategy
        self._run: SharedRun | None = None
        self._verdict = STOPPED
        self._stopping = False
        for stage in ("CHART", "STATISTICS", "REPORT"):
            setattr(locust.stats, f"PERCENTILES_TO_{stage}", PERCENTILES)
        events.init_command_line_parser.add_listener(options.declare)
        events.init.add_listener(self._on_init)
        events.test_start.add_listener(self._on_test_start)
        events.test_stopping.add_listener(self._on_test_stopping)
        events.test_stop.add_listener(self.settle)
        events.quit.add_listener(self._on_quit)

    def take_turn(self, user: "LeadUser") -> None:
        """Drive the run's next flow on this user's session. Raises StopUser when there is none left."""
        run = self._run
        if run is None or not run.drive_one(GeventShell(user.client, run.target, run.books)):
            raise StopUser

    def settle(self, environment: Any, **_: Any) -> None:
        """Pass the verdict if the last flow has ended, and end the test with it."""
        verdict = self._run.finish() if self._run is not None else None
        if verdict is None:
            return
        self._conclude(environment, verdict)
        if not self._stopping:
            gevent.spawn(_end_test, environment)

    def _on_init(self, environment: Any, **_: Any) -> None:
        if not isinstance(environment.runner, LocalRunner):
            error = UsageError("ONE_PROCESS", "a run has one journal, so it is driven by one process; give more users.")
            log.error(error)
            raise SystemExit(error.exit_code)
        environment.process_exit_code = STOPPED.exit_code
        environment.stop_timeout = environment.stop_timeout or STOP_TIMEOUT_S
        # Python would raise it in whichever greenlet runs just then, in the middle of a file or a flow.
        gevent.signal_handler(signal.SIGINT, gevent.kill, gevent.getcurrent(), KeyboardInterrupt)
        if environment.web_ui is not None:
            self._link_report(environment.web_ui)

    def _on_test_start(self, environment: Any, **_: Any) -> None:
        self._run, self._stopping = None, False
        self._conclude(environment, STOPPED)
        try:
            self._run = self._opened(environment)
        except Exception as error:
            if not isinstance(error, RunError):
                log.exception("a fault of contactbench itself")
            self._conclude(environment, Verdict.of(error))
            gevent.spawn(_end_test, environment)  # users that start meanwhile find nothing to do

    def _opened(self, environment: Any) -> SharedRun:
        order = options.order(environment.parsed_options, self._strategy, environment.host, new_run_id(), sys.argv[1:])
        ready = prepared(order, log.info)
        if not ready.plan.preflight.leads:
            raise UsageError("NO_LEADS", f"{order.leads}: no lead in it, so there is nothing to test; give --contacts.")
        return SharedRun(ready, POLICY, time.monotonic)

    def _on_test_stopping(self, **_: Any) -> None:
        self._stopping = True
        if self._run is not None:
            self._run.stop()

    def _conclude(self, environment: Any, verdict: Verdict) -> None:
        self._verdict = verdict
        environment.process_exit_code = verdict.exit_code
        if environment.web_ui is not None and verdict is not STOPPED:
            shown = f"\nreport: {REPORT_PATH} in this web interface" if verdict.complete else ""
            log.info("%s%s", verdict.text, shown)

    def _on_quit(self, **_: Any) -> None:
        """The last thing on the screen, below Locust's own tables."""
        sys.stdout.write(f"\n{self._verdict.text}\n")

    def _link_report(self, web_ui: Any) -> None:
        """The report of the run under a path of the web interface, linked where its downloads are."""
        web_ui.template_args["extended_csv_files"] = [{"href": REPORT_PATH, "title": "Report of the proved run"}]

        web_ui.app.add_url_rule(REPORT_PATH, "contactbench_report", web_ui.auth_required_if_enabled(self._report))

    def _report(self) -> tuple[str, int]:
        path = None if self._run is None else self._run.folder / "report.html"
        if path is None or not path.exists():
            return "The run has not come to its end yet.\n", 404
        return path.read_text(encoding="utf-8"), 200


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


class LeadUser(FastHttpUser):  # type: ignore[misc]  # Locust has no types
    """Drives one flow of its `load` after the other: as many requests are in flight as there are users."""

    abstract = True
    load: LoadRun
    host = MOCK_URL
    insecure = False
    max_redirects = 0
    connection_timeout = 10.0
    network_timeout = TRANSFER_TIMEOUT_S  # each call has a limit of its own, over everything it does

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.client.client.valid_response_codes = EVERY_STATUS  # a refusal is an answer, not a reason to raise

    def on_stop(self) -> None:
        self.load.settle(self.environment)
