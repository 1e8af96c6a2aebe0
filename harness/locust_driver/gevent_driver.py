"""Drives flows on a Locust user's session. Locust's statistics count each request under its operation."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gevent
from geventhttpclient.client import HTTPClientPool
from geventhttpclient.response import HTTPParseError
from locust.contrib.fasthttp import FastHttpSession
from locust.exception import CatchResponseError

from ..client.asyncio_driver import TICK_S, is_suspension
from ..client.httpx_transport import MAX_ANSWER_BYTES, RESET_ON_CLOSE
from ..client.request_context import RequestContext
from ..client.target import Target
from ..errors import LocalResource, scheme_error
from ..flow import Call, Reply, Wait
from ..load.arrivals import Pacing
from ..load.multipart import Multipart

CHUNK = 256 * 1024


def exchange(session: FastHttpSession, target: Target, call: Call, name: str = "") -> Reply:
    """The reply to `call`, counted by Locust under its operation or `name`. A lost answer is a Reply too."""
    url = target.url(call) + (f"?{urlencode(call.query)}" if call.query else "")
    with gevent.Timeout(call.timeout_s), _body(call) as (body, headers):
        return _exchange(session, url, call, {"name": name or call.op, "data": body, "headers": headers})


def _exchange(session: FastHttpSession, url: str, call: Call, request: dict[str, Any]) -> Reply:
    began = time.perf_counter()
    request = {**request, "stream": True, "allow_redirects": False}
    with session.request(call.method, url, catch_response=True, **request) as response:
        reply = _reply(call, response, url)
        response.request_meta.update(
            response_time=(time.perf_counter() - began) * 1000,
            response_length=len(reply.body),
            url=url.partition("?")[0],  # the rest is the request's signature
            response=None,
        )
        if (failure := _failure(call, reply)) is None:
            response.success()
        else:
            response.failure(CatchResponseError(failure))
    return reply


@contextmanager
def _body(call: Call) -> Iterator[tuple[Any, dict[str, str]]]:
    """The body and headers to send. The answer is requested uncompressed, since it may go to a file."""
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


def _reply(call: Call, response: Any, url: str) -> Reply:
    if response.status_code == 0:
        return _lost_reply(response.error, url)
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


def _lost_reply(error: Exception, url: str) -> Reply:
    """Only a connection that was never established proves that nothing was sent. Raises UsageError for https to an
    http port."""
    cause = getattr(error, "original", None) or error
    if (mistake := scheme_error(cause, url)) is not None:
        raise mistake from None
    never_sent = isinstance(
        cause, (ConnectionRefusedError, gevent.socket.gaierror, gevent.ssl.SSLCertVerificationError)
    )
    return Reply(status=0, error=type(cause).__name__, sent=not never_sent)


class _Broken(Exception):
    """The answer is incomplete, or longer than any answer of this API."""


def _read(call: Call, response: Any) -> bytes:
    """The body; empty if it was saved to the call's file."""
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
    """Why Locust should count a failure, or None. A 429 is the server's pacing and an export may not be ready yet:
    neither is a failure."""
    if reply.status == 0:
        return reply.error
    if reply.status < 400 or reply.status == 429 or (call.op == "export.get" and reply.status in (400, 404)):
        return None
    return f"HTTP {reply.status}"


class ResettingPool(HTTPClientPool):  # type: ignore[misc]  # no types
    """Connections that drop their unsent bytes when closed, so that an abandoned call is not delivered later."""

    def get_client(self, url: Any) -> Any:
        known = len(self.clients)
        client = super().get_client(url)
        if len(self.clients) > known:
            client._connection_pool.after_connect = _reset_on_close  # the hook of a pool that has no public access
        return client


def _reset_on_close(sock: Any) -> None:
    sock.setsockopt(*RESET_ON_CLOSE)


@dataclass(frozen=True, slots=True)
class GeventDriver:
    """Carries out a flow's steps. Work on files and the journal runs inline: gevent does not switch meanwhile."""

    session: FastHttpSession
    target: Target
    context: RequestContext
    pacing: Pacing | None = None

    def send(self, call: Call) -> Reply:
        if self.pacing is None or call.op != self.pacing.op:
            return self._send(call, self.context.now())[0]
        planned_at = self._next_arrival(self.pacing) if self.pacing.applies(call) else self.context.now()
        reply, sent_at = self._send(call, planned_at)
        if self.pacing.applies(call):
            self.pacing.record(planned_at, sent_at, self.context.now())
        self.pacing.learn(self.context.now(), reply.status)
        return reply

    def _send(self, call: Call, planned_at: float) -> tuple[Reply, float]:
        """The reply, and when the call was sent."""
        while (wait := self.context.admission_delay(call)) is not None:
            self.sleep(wait)
        call, sent_at = self.context.with_timeout(call), self.context.record_sent(call)
        reply = self.exchange(call)
        return self.context.record_reply(call, reply, planned_at, sent_at), sent_at

    def exchange(self, call: Call) -> Reply:
        return exchange(self.session, self.target, call)

    def _next_arrival(self, pacing: Pacing) -> float:
        """Wait for the next arrival and return its moment. Lateness does not count as waiting for the rate limit."""
        with pacing.line:
            now = self.context.now()
            planned_at = pacing.arrivals.claim(now)
            if planned_at > now:
                self.sleep(Wait(planned_at - now, "hold"))
        self.context.samples.throttled_s -= max(0.0, now - planned_at)
        return planned_at

    def sleep(self, wait: Wait) -> None:
        gevent.sleep(self.context.record_wait(wait))

    def save(self, event: Any) -> None:
        self.context.save(event)

    def work(self, function: Callable[[], Any]) -> Any:
        return function()


def watch_for_suspension(context: Callable[[], RequestContext]) -> None:
    """Record suspensions of this process in `context`, forever."""
    while True:
        known, due, spent = context(), time.monotonic() + TICK_S, time.process_time()
        gevent.sleep(TICK_S)
        late_s = time.monotonic() - due
        if is_suspension(late_s, time.process_time() - spent) and context() is known:
            known.record_suspension(late_s)
