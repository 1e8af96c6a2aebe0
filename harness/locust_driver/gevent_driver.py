"""Drives flows on a Locust user's session. Locust's statistics count each request under its operation."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

import gevent
import geventhttpclient.client
from geventhttpclient.client import HTTPClientPool
from geventhttpclient.response import HTTPParseError, HTTPSocketPoolResponse
from locust.contrib.fasthttp import FastHttpSession
from locust.exception import CatchResponseError

from ..client.answer_body import ACCEPT, AnswerBody, UnusableAnswer
from ..client.asyncio_driver import TICK_S, is_suspension
from ..client.httpx_transport import RESET_ON_CLOSE
from ..client.request_context import RequestContext
from ..client.target import Target
from ..errors import LocalResource, connection_error
from ..flow import Call, Reply, Wait
from ..load.arrivals import Pacing
from ..load.multipart import Multipart

CHUNK = 256 * 1024
MAX_OVERHEAD_BYTES = 128 * 1024  # of an answer besides its body; h11, under httpx, takes 100 kB of it


def exchange(session: FastHttpSession, target: Target, call: Call, name: str = "") -> Reply:
    """The reply to `call`, counted by Locust under its operation or `name`. A lost answer is a Reply too."""
    url = target.url(call) + (f"?{urlencode(call.query)}" if call.query else "")
    session.client.clientpool.target = target
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
    """The body and headers to send."""
    headers = {**ACCEPT, **call.headers}
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
        with AnswerBody(call, response.status_code, headers) as body:
            while piece := response.read(CHUNK):
                body.feed(piece)
            return Reply(status=response.status_code, headers=headers, body=body.content())
    except UnusableAnswer as unusable:
        return Reply(status=0, error=str(unusable), truncated=True)
    except (gevent.Timeout, HTTPParseError, OSError) as broken:
        return Reply(status=0, error=type(broken).__name__, truncated=True)
    finally:
        response.release()


def _lost_reply(error: Exception, url: str) -> Reply:
    """Only a connection that was never established proves that nothing was sent. Raises RunError where it never will
    be."""
    cause = getattr(error, "original", None) or error
    if (mistake := connection_error(cause, url)) is not None:
        raise mistake from None
    never_sent = isinstance(cause, (ConnectionRefusedError, gevent.socket.gaierror))
    return Reply(status=0, error=type(cause).__name__, sent=not never_sent)


def _failure(call: Call, reply: Reply) -> str | None:
    """Why Locust should count a failure, or None. A 429 is the server's pacing and an export may not be ready yet:
    neither is a failure."""
    if reply.status == 0:
        return reply.error
    if reply.status < 400 or reply.status == 429 or (call.op == "export.get" and reply.status in (400, 404)):
        return None
    return f"HTTP {reply.status}"


class BoundedResponse(HTTPSocketPoolResponse):  # type: ignore[misc]  # no types
    """An answer whose parser gives up on a head, a trailer or interim answers without end, which it would keep."""

    _overhead = 0  # bytes since the last piece of the body

    def feed(self, data: bytes) -> None:
        known = len(self._body_buffer)
        super().feed(data)
        self._overhead = 0 if len(self._body_buffer) > known else self._overhead + len(data)
        if self._overhead > MAX_OVERHEAD_BYTES:
            raise HTTPParseError("a head without end")


geventhttpclient.client.HTTPSocketPoolResponse = BoundedResponse  # the client's name for it is no option


class CheckedPool(HTTPClientPool):  # type: ignore[misc]  # no types
    """Connections to where a target may be. They drop their unsent bytes when closed, so that an abandoned call is not
    delivered later."""

    target: Target

    def get_client(self, url: Any) -> Any:
        known = len(self.clients)
        client = super().get_client(url)
        if len(self.clients) > known:
            client._connection_pool.after_connect = partial(self._check, url.host)  # a hook without public access
        return client

    def _check(self, host: str, sock: Any) -> None:
        sock.setsockopt(*RESET_ON_CLOSE)
        self.target.require_peer(host, sock.getpeername()[0])


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
