"""The control API: its own port, its own token, no place in the API. What it does stands in `api.py`."""

import hmac
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from mockserver.control.api import Control
from mockserver.errors import ApiError, Forbidden, MethodNotAllowed, NotFound, Unauthorized
from mockserver.http.access import check_host
from mockserver.http.responses import error_response
from mockserver.ids import new_id
from mockserver.services import Services
from mockserver.state.org import Org

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
    app = web.Application(middlewares=[_guard(services.org, token)], client_max_size=1 << 62)
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


def _guard(org: Org, token: str) -> Middleware:
    """A middleware that lets in tools with the token, never a browser, and answers refusals as JSON."""

    @web.middleware
    async def guard(request: web.Request, handler: Route) -> web.StreamResponse:
        try:
            check_host(request)
            _refuse_browsers(request)
            _authenticate(request, token)
            return await handler(request)
        except ApiError as error:
            refusal = error
        except web.HTTPMethodNotAllowed as error:
            refusal = MethodNotAllowed("The requested method is not allowed on this resource.")
            refusal.headers = {"Allow": ",".join(sorted(error.allowed_methods))}
        except web.HTTPNotFound:
            refusal = NotFound("The requested resource was not found.")
        answer = error_response(refusal, new_id(org.rng_for("control")))
        headers = {"Content-Type": answer.content_type, **answer.headers}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    return guard


def _refuse_browsers(request: web.Request) -> None:
    """A web page must not control the mock of who looks at it, even if it learned the token."""
    if "Origin" in request.headers or request.headers.get("User-Agent", "").startswith("Mozilla/"):
        raise Forbidden("The control API does not talk to browsers.", "not.authorized")


def _authenticate(request: web.Request, token: str) -> None:
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        raise Unauthorized("The control token of the ready file is needed.", "authentication.required")
