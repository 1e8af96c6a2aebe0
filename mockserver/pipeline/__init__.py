"""The pipeline every request goes through, outermost step first:

host and encoding > authentication > rate limit > faults before the parse > the handler reads and checks > latency >
faults before the commit > commit > faults after it > the answer, with common headers, into the ledger
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from mockserver.errors import NotImitated, OAuthError, TimedOut
from mockserver.handling import Endpoint, PendingOperation, Response
from mockserver.http.access import RATE_HEADERS, TOKEN, authenticate, check_host, cors_headers, limit, preflight
from mockserver.http.body import BODY, read_body, refuse_encoded, send_before_the_rest
from mockserver.http.logs import CORRELATION_ID
from mockserver.http.responses import CommonHeaders, refusal_of
from mockserver.http.sending import send
from mockserver.ids import new_id
from mockserver.operations import official_operation
from mockserver.operations.operation import Operation
from mockserver.pacing import latency_of, seconds
from mockserver.pipeline.commits import Commits
from mockserver.pipeline.fault_injection import LEFT_OUT, OP, FaultInjector
from mockserver.services import Services

LIST_ID = web.RequestKey("list_id", str)

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class BoundOperations:
    """Operations behind a pipeline, as an application takes them."""

    services: Services
    operations: Sequence[Operation]
    routes: Sequence[Route]  # one an operation
    outermost: Middleware
    stop: Callable[[web.Application], Awaitable[None]]


class Pipeline:
    """`outermost` is the application's middleware; `route` wraps the handler of one operation."""

    def __init__(self, services: Services, hosts: frozenset[str] = frozenset()) -> None:
        self._services = services
        self._org = org = services.org
        self._hosts = hosts
        self._headers = CommonHeaders(org.clock)
        self._commits = Commits(services)
        self._fault_injector = FaultInjector(services, self._commits)

    def bind(self, endpoints: Sequence[Endpoint]) -> BoundOperations:
        operations, routes = [each.operation for each in endpoints], [self.route(each) for each in endpoints]
        return BoundOperations(self._services, operations, routes, self.outermost, self.stop)

    @web.middleware
    async def outermost(self, request: web.Request, handler: Route) -> web.StreamResponse:
        """Turn every failure into the platform's JSON, and write down what was asked and answered."""
        request[CORRELATION_ID] = new_id(self._org.rng_for("correlation"))
        try:
            check_host(request, self._hosts)
            refuse_encoded(request)
            response = self._preflight(request) or await self._route_of(request, handler)(request)
        except ConnectionError:  # cut by a fault or by the client: nobody reads what is returned here
            response = web.Response(status=500)
            self._record(request, 0, 0)
            return response
        except Exception as error:  # the last resort answers 500 and logs
            if isinstance(error, OAuthError):
                await self._org.clock.sleep(error.delay_s)
            response = self._refusal(request, error)
        self._record(request, response.status, response.content_length or 0)
        if not request.content.is_eof():
            await send_before_the_rest(request, response)
        return response

    def _route_of(self, request: web.Request, handler: Route) -> Route:
        """The handler, or a refusal that says so if the platform has one there and the mock has not."""
        if request.match_info.http_exception is None:
            return handler
        official = official_operation(request.method, request.path)
        if official is None:
            return handler

        async def refuse(request: web.Request) -> PendingOperation:
            del request
            raise NotImitated(f"{official.name} is not imitated. The mock has instead: {official.instead}.")

        return self.route(Endpoint(Operation(official.name, official.method, official.path, ""), refuse))

    def route(self, endpoint: Endpoint) -> Route:
        """The handler of one operation, behind all that every request goes through."""
        operation = endpoint.operation

        async def serve(request: web.Request) -> web.StreamResponse:
            request[OP] = operation.op
            if operation.auth:
                authenticate(self._org, operation, request)
                limit(self._org, operation, request)
            self._org.in_flight += 1
            try:
                answer = await self._work(endpoint, request)
            finally:
                self._org.in_flight -= 1
            return await self._send(request, answer)

        return serve

    async def stop(self, app: web.Application) -> None:
        """Drop the commits that are still to come, and end the connections that would stay."""
        del app
        self._services.notifications.close()
        await self._commits.stop()

    async def _work(self, endpoint: Endpoint, request: web.Request) -> Response:
        """From the request to its answer, each fault at its moment."""
        operation = endpoint.operation
        if self._org.faults.reads_body(operation.op) and not operation.streamed:
            await read_body(request, self._org.profile.limits.request_body_bytes)
        if response := await self._fault_injector.before_parse(request):
            return response
        prepared = await endpoint.handler(request)
        request[LIST_ID] = prepared.list_id
        await self._take_time(request, prepared)
        return await self._fault_injector.commit(request, prepared)

    async def _send(self, request: web.Request, answer: Response) -> web.StreamResponse:
        if answer.upgrade:
            return await answer.upgrade(request)
        fault = self._fault_injector.action_at(request, "mid_response")
        if fault and fault.headers:
            answer = self._fault_injector.with_headers(request, answer, fault)
        headers = self._all_headers(request, answer)
        announces = "content-length" not in request.get(LEFT_OUT, ())
        return await send(request, answer, headers, fault, self._org.clock, announces=announces)

    async def _take_time(self, request: web.Request, prepared: PendingOperation) -> None:
        """Wait as long as the operation takes; past the platform's own timeout, answer 504 and let the work go on."""
        took = self._latency(request, prepared)
        timeout_s = self._org.profile.request_timeout_s or took
        if took > 0:
            await self._org.clock.sleep(min(took, timeout_s))
        if took > timeout_s:
            self._commits.later(prepared, took - timeout_s)
            raise TimedOut

    def _latency(self, request: web.Request, prepared: PendingOperation) -> float:
        op = request[OP]
        size = len(request[BODY]) if BODY in request else request.content_length or 0
        return seconds(
            latency_of(self._org.profile, op),
            contacts=prepared.contacts,
            kib=size / 1024,
            in_flight=self._org.in_flight,
            rng=self._org.rng_for(f"latency/{op}"),
        )

    def _preflight(self, request: web.Request) -> web.Response | None:
        answer = preflight(request, self._org.browser_origins)
        return web.Response(status=answer.status, headers=self._all_headers(request, answer)) if answer else None

    def _refusal(self, request: web.Request, error: Exception) -> web.Response:
        answer = refusal_of(request, error, request[CORRELATION_ID])
        response = web.Response(status=answer.status, body=answer.body, headers=self._all_headers(request, answer))
        if answer.status in (408, 413):
            response.force_close()  # the rest of the body is not wanted
        return response

    def _all_headers(self, request: web.Request, answer: Response) -> dict[str, str]:
        headers = self._headers.of(answer, request[CORRELATION_ID], request.get(RATE_HEADERS, {}))
        headers.update(cors_headers(request, self._org.browser_origins))
        if LEFT_OUT in request:
            headers = {name: value for name, value in headers.items() if name.lower() not in request[LEFT_OUT]}
        return headers

    def _record(self, request: web.Request, status: int, sent: int) -> None:
        self._org.request_log.add(
            op=request.get(OP, ""),
            token=request[TOKEN].short if TOKEN in request else "",
            status=status,
            size=len(request[BODY]) if BODY in request else request.content_length or 0,
            t=self._org.clock.now(),
            list_id=request.match_info.get("contact_list_id") or request.get(LIST_ID, ""),
            correlation_id=request[CORRELATION_ID],
            sent=sent,
        )
