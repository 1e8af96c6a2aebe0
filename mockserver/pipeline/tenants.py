"""Several orgs behind one address: each request is the affair of one, and nothing of the others exists for it."""

import base64
from collections.abc import Sequence
from urllib.parse import parse_qs

from aiohttp import web

from mockserver.errors import ApiError
from mockserver.http.access import bearer
from mockserver.http.body import read_body
from mockserver.pipeline import BoundOperations, Route
from mockserver.services import Services

_TENANT = web.RequestKey("tenant", int)
_FORM_BYTES = 64 * 1024
_LOGINS = ("/oauth/token", "/token", "/oauth/authorize")


def among(served: Sequence[BoundOperations]) -> BoundOperations:
    """The same operations for several orgs. What says nothing of any org is the first one's affair."""
    tenants = [each.services for each in served]

    @web.middleware
    async def outermost(request: web.Request, handler: Route) -> web.StreamResponse:
        request[_TENANT] = tenant = await tenant_of(request, tenants)
        return await served[tenant].outermost(request, handler)

    async def stop(app: web.Application) -> None:
        for each in served:
            await each.stop(app)

    routes = [_switch(alike) for alike in zip(*(each.routes for each in served), strict=True)]
    return BoundOperations(tenants[0], served[0].operations, routes, outermost, stop)


async def tenant_of(request: web.Request, tenants: Sequence[Services]) -> int:
    """The place of the org that knows the request's token, client or address; 0 if none does."""
    secret, client_id = bearer(request), await _client_id(request)
    for place, services in enumerate(tenants):
        org = services.org
        if org.tokens.find(secret, org.clock.now()) or client_id in org.clients or _is_addressed(request, services):
            return place
    return 0


def _switch(alike: Sequence[Route]) -> Route:
    async def route(request: web.Request) -> web.StreamResponse:
        return await alike[request[_TENANT]](request)

    return route


async def _client_id(request: web.Request) -> str:
    """The client that asks for a token or a login, from the Basic header, the form or the query."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() == "basic":
            return base64.b64decode(encoded).decode().partition(":")[0]
        if request.path in _LOGINS:
            form = parse_qs((await read_body(request, _FORM_BYTES)).decode(), max_num_fields=20)
            return form["client_id"][0] if "client_id" in form else request.query.get("client_id", "")
    except (ApiError, ValueError, web.RequestPayloadError):
        return ""  # the token endpoint will say what is wrong
    return ""


def _is_addressed(request: web.Request, services: Services) -> bool:
    """Whether a signed address, which works without a token, is the org's."""
    first, _, rest = request.path.lstrip("/").partition("/")
    match first:
        case "downloads":
            return rest in services.downloads
        case "presigned":
            return rest.startswith(f"{services.org.id}/")
        case "channels":
            return rest in services.notifications
    return False
