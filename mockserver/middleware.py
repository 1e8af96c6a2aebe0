"""The pipeline every request goes through, outermost step first:

host and encoding > authentication > rate limit > faults before the parse > the handler reads and checks > latency >
faults before the commit > commit > faults after it > the answer, with common headers, into the ledger
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from .body import BODY, read_body, refuse_encoded
from .clients import Token
from .errors import (
    ApiError,
    BadRequest,
    Forbidden,
    MethodNotAllowed,
    Misdirected,
    NotFound,
    OAuthError,
    TimedOut,
    TooManyRequests,
    Unauthorized,
)
from .faults import Moment
from .handling import Answer, Operation, Prepared
from .ids import new_id
from .latency import latency_of, seconds
from .org import Org
from .responses import CommonHeaders, error_answer, internal_error, struck_answer
from .sending import cut, send

log = logging.getLogger(__name__)

TOKEN = web.RequestKey("token", Token)
OP = web.RequestKey("op", str)
CORRELATION_ID = web.RequestKey("correlation_id", str)
RATE_HEADERS = web.RequestKey("rate_headers", dict[str, str])
LEFT_OUT = web.RequestKey("left_out", set[str])

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pipeline:
    """`outermost` is the application's middleware; `route` wraps the handler of one operation."""

    def __init__(self, org: Org, hosts: frozenset[str] = frozenset()) -> None:
        self._org = org
        self._hosts = hosts
        self._headers = CommonHeaders(org.clock)
        self._late: set[asyncio.Task[None]] = set()

    @web.middleware
    async def outermost(self, request: web.Request, handler: Route) -> web.StreamResponse:
        """Turn every failure into the platform's JSON, and write down what was asked and answered."""
        request[CORRELATION_ID] = new_id(self._org.rng_for("correlation"))
        try:
            check_host(request, self._hosts)
            refuse_encoded(request)
            response = await handler(request)
        except ConnectionError:  # cut by a fault or by the client: nobody reads what is returned here
            response = web.Response(status=500)
            self._record(request, 0, 0)
            return response
        except Exception as error:  # the last resort answers 500 and logs
            response = self._refusal(request, error)
        self._record(request, response.status, response.content_length or 0)
        return response

    def route(self, operation: Operation) -> Route:
        """What serves this operation."""

        async def serve(request: web.Request) -> web.StreamResponse:
            request[OP] = operation.op
            if operation.auth:
                self._authenticate(operation, request)
            self._limit(operation, request)
            self._org.in_work += 1
            try:
                answer = await self._work(operation, request)
            finally:
                self._org.in_work -= 1
            fault = self._org.faults.fire(operation.op, "mid_response", request.get(BODY, b""))
            return await send(request, answer, self._all_headers(request, answer), fault, self._org.clock)

        return serve

    async def stop(self, app: web.Application) -> None:
        """Drop the commits that are still to come."""
        del app
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _work(self, operation: Operation, request: web.Request) -> Answer:
        """From the request to its answer, each fault at its moment."""
        if self._org.faults.reads_body(operation.op) and operation.op != "import.upload":
            await read_body(request, self._org.profile.limits.request_body_bytes)
        if struck := await self._strike(request, "before_parse"):
            return struck
        prepared = await operation.handler(request)
        await self._take_time(request, prepared)
        if struck := await self._strike(request, "before_commit"):
            return struck
        answer = self._commit(prepared)
        return await self._strike(request, "after_commit") or answer

    def _commit(self, prepared: Prepared) -> Answer:
        """In one step, on a store that has everything imports have brought so far."""
        self._org.imports.settle()
        return prepared.commit()

    async def _take_time(self, request: web.Request, prepared: Prepared) -> None:
        """Wait as long as the operation takes; past the platform's own patience, answer 504 and let the work go on."""
        took = self._latency(request, prepared)
        patience = self._org.profile.request_timeout_s or took
        if took > 0:
            await self._org.clock.sleep(min(took, patience))
        if took > patience:
            task = asyncio.create_task(self._commit_later(prepared, took - patience))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            raise TimedOut

    def _latency(self, request: web.Request, prepared: Prepared) -> float:
        op = request[OP]
        size = len(request[BODY]) if BODY in request else request.content_length or 0
        return seconds(
            latency_of(self._org.profile, op),
            contacts=prepared.contacts,
            kib=size / 1024,
            in_work=self._org.in_work,
            rng=self._org.rng_for(f"latency/{op}"),
        )

    async def _commit_later(self, prepared: Prepared, after_s: float) -> None:
        await self._org.clock.sleep(after_s)
        with contextlib.suppress(ApiError):  # nobody is left to be told
            self._commit(prepared)

    async def _strike(self, request: web.Request, when: Moment) -> Answer | None:
        """What a fault answers instead, if one strikes now; a cut raises ConnectionResetError."""
        action = self._org.faults.fire(request[OP], when, request.get(BODY, b""))
        if action is None:
            return None
        if action.stall_s:
            await self._org.clock.sleep(action.stall_s)
        if action.reset:
            cut(request)
        if not action.status:
            return None
        answer, request[LEFT_OUT] = struck_answer(action, request[CORRELATION_ID])
        return answer

    def _authenticate(self, operation: Operation, request: web.Request) -> None:
        """One bearer token in the header, in force, whose client holds the permission."""
        request[TOKEN] = token = self._token(request)
        missing = self._org.clients[token.client_id].lacks(operation.permission)
        if missing:
            raise Forbidden(
                "Unable to perform the requested action. You are missing the following permission(s): "
                + ", ".join(missing)
            )

    def _token(self, request: web.Request) -> Token:
        given = request.headers.getall("Authorization", [])
        scheme, _, secret = given[0].partition(" ") if given else ("", "", "")
        if scheme.lower() != "bearer" or not secret:
            raise _unauthorized(
                "No authentication bearer token specified in authorization header.", "authentication.required"
            )
        token = self._org.tokens.find(secret, self._org.clock.now()) if len(given) == 1 else None
        if token is None:
            raise _unauthorized("Invalid login credentials.", "bad.credentials")
        return token

    def _limit(self, operation: Operation, request: web.Request) -> None:
        """Count the request; its answer says how much of the window is used."""
        rate = self._org.profile.rate
        if not (operation.counts or (operation.op == "import.upload" and rate.counts_uploads)):
            return
        token = request[TOKEN]
        bucket = token.hash if rate.scope == "token" else token.client_id
        decision = self._org.limiter.admit(bucket, operation.op, rate, self._org.clock.now())
        if decision is None:
            return
        request[RATE_HEADERS] = decision.headers
        if not decision.admitted:
            raise TooManyRequests(decision.retry_after_s)

    def _refusal(self, request: web.Request, error: Exception) -> web.Response:
        correlation_id = request[CORRELATION_ID]
        translated = _translated(error)
        if translated is None:
            log.error("correlation id %s", correlation_id, exc_info=error)
            answer = internal_error(correlation_id)
        else:
            answer = error_answer(translated, correlation_id)
        response = web.Response(status=answer.status, body=answer.body, headers=self._all_headers(request, answer))
        if answer.status == 413:
            response.force_close()  # the rest of the body is not wanted
        return response

    def _all_headers(self, request: web.Request, answer: Answer) -> dict[str, str]:
        headers = self._headers.of(answer, request[CORRELATION_ID], request.get(RATE_HEADERS, {}))
        if LEFT_OUT in request:
            headers = {name: value for name, value in headers.items() if name.lower() not in request[LEFT_OUT]}
        return headers

    def _record(self, request: web.Request, status: int, sent: int) -> None:
        self._org.ledger.add(
            op=request.get(OP, ""),
            token=request[TOKEN].short if TOKEN in request else "",
            status=status,
            size=len(request[BODY]) if BODY in request else request.content_length or 0,
            t=self._org.clock.now(),
            list_id=request.match_info.get("contact_list_id", ""),
            correlation_id=request[CORRELATION_ID],
            sent=sent,
        )


def check_host(request: web.Request, hosts: frozenset[str] = frozenset()) -> None:
    """Only this machine's names and `hosts`: a web page that has its own name point here gets nothing."""
    raw = request.transport.get_extra_info("socket") if request.transport else None
    if raw is not None and raw.family == socket.AF_UNIX:
        return
    host = request.host.lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in _LOOPBACK | hosts and not name.endswith(".localhost"):
        raise Misdirected("This server does not answer to that host name.")


def _translated(error: Exception) -> ApiError | OAuthError | None:
    """The platform's word for a failure; None if it has none."""
    if isinstance(error, ApiError | OAuthError):
        return error
    if isinstance(error, web.HTTPMethodNotAllowed):
        refusal = MethodNotAllowed("The requested method is not allowed on this resource.")
        refusal.headers = {"Allow": ",".join(sorted(error.allowed_methods))}
        return refusal
    if isinstance(error, web.HTTPNotFound):
        return NotFound("The requested resource was not found.")
    if isinstance(error, web.RequestPayloadError | web.HTTPBadRequest):
        return BadRequest("The body of the request ended early or was not framed as announced.")
    return None


def _unauthorized(message: str, code: str) -> Unauthorized:
    error = Unauthorized(message, code)
    error.headers = {"WWW-Authenticate": "Bearer"}
    return error
