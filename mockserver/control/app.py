"""The control API: its own port, its own token, no place in the API. What it does stands in `api.py`."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Middleware

from mockserver.control.api import Control
from mockserver.errors import Forbidden, NotFound, Unauthorized
from mockserver.http.access import check_host
from mockserver.http.body import HALF_SENT, HalfSentBodies, refuse_encoded, send_before_the_rest
from mockserver.http.logs import CORRELATION_ID
from mockserver.http.responses import identity, own_headers, refusal_of
from mockserver.services import Services

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ROUTES: list[tuple[str, str, Callable[[Control], Route]]] = [
    ("POST", "/reset", lambda control: control.reset),
    ("GET", "/faults", lambda control: control.faults),
    ("PUT", "/faults", lambda control: control.put_faults),
    ("GET", "/ledger", lambda control: control.ledger),
    ("GET", "/ledger/counts", lambda control: control.counts),
    ("GET", "/ledger/verify", lambda control: control.verify),
    ("GET", "/profile", lambda control: control.profile),
    ("PATCH", "/profile", lambda control: control.patch_profile),
    ("GET", "/clients", lambda control: control.clients),
    ("PATCH", "/clients", lambda control: control.patch_clients),
    ("GET", "/fixtures", lambda control: control.fixtures),
    ("PUT", "/fixtures", lambda control: control.put_fixtures),
    ("GET", "/state", lambda control: control.state),
    ("GET", "/state/snapshot", lambda control: control.snapshot),
    ("PUT", "/state/snapshot", lambda control: control.put_snapshot),
    ("GET", "/contacts", lambda control: control.contacts),
    ("GET", "/metrics", lambda control: control.metrics),
]


def create_control_app(services: Services, token: str, others: Sequence[Services] = ()) -> web.Application:
    """The control API as an aiohttp application, open to who knows `token`. `?org=NAME` speaks to one of `others`."""
    controls = {each.org.name: Control(each) for each in (services, *others)}
    app = web.Application(middlewares=[_guard(token)], client_max_size=1 << 62)
    app[HALF_SENT] = HalfSentBodies()
    app.on_response_prepare.append(_say_what_it_is)
    for method, path, handler in _ROUTES:
        app.router.add_route(method, path, _route_to_org(controls, handler))
    return app


def _route_to_org(controls: dict[str, Control], handler: Callable[[Control], Route]) -> Route:
    async def route(request: web.Request) -> web.StreamResponse:
        control = controls.get(request.query.get("org", ""))
        if control is None:
            raise NotFound("No org of this server has that name.")
        return await handler(control)(request)

    return route


def _guard(token: str) -> Middleware:
    """A middleware that lets in tools with the token, never a browser, and answers refusals as JSON."""

    @web.middleware
    async def guard(request: web.Request, handler: Route) -> web.StreamResponse:
        request[CORRELATION_ID] = str(uuid4())  # the org's generators are for what happens in the org
        try:
            check_host(request)
            refuse_encoded(request)
            _refuse_browsers(request)
            _authenticate(request, token)
            response = await handler(request)
        except ConnectionError:
            raise  # nobody is left to be answered
        except Exception as error:
            answer = refusal_of(request, error, request[CORRELATION_ID])
            headers = own_headers(answer, request[CORRELATION_ID])
            response = web.Response(status=answer.status, body=answer.body, headers=headers)
        if not request.content.is_eof():
            await send_before_the_rest(request, response)
        return response

    return guard


async def _say_what_it_is(request: web.Request, response: web.StreamResponse) -> None:
    del request
    response.headers.update(identity())


def _refuse_browsers(request: web.Request) -> None:
    """A web page must not control the mock of who looks at it, even if it learned the token."""
    if "Origin" in request.headers or request.headers.get("User-Agent", "").startswith("Mozilla/"):
        raise Forbidden("The control API does not talk to browsers.", "not.authorized")


def _authenticate(request: web.Request, token: str) -> None:
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise Unauthorized("The control token of the ready file is needed.", "authentication.required")
