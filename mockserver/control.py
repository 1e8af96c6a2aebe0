"""The control API: what a test asks and tells the mock. Its port and token are its own; it has no place in the API."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from . import inspection
from .access import check_host
from .body import read_json
from .errors import ApiError, BadRequest, Forbidden, MethodNotAllowed, NotFound, Unauthorized
from .faults import Faults, parse_rules
from .ids import new_id
from .metrics import exposition
from .org import Org
from .profile import ProfileError, changed, origins
from .responses import error_answer

_BODY_BYTES = 4 * 1024 * 1024
_PAGE = 1_000
_MAX_PAGE = 100_000

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_control_app(org: Org, token: str) -> web.Application:
    """The control API of `org` as an aiohttp application, open to who knows `token`."""
    control = Control(org)
    app = web.Application(middlewares=[_guard(org, token)], client_max_size=1 << 62)
    app.router.add_post("/reset", control.reset)
    app.router.add_get("/faults", control.faults)
    app.router.add_put("/faults", control.put_faults)
    app.router.add_get("/ledger", control.ledger)
    app.router.add_get("/ledger/counts", control.counts)
    app.router.add_get("/profile", control.profile)
    app.router.add_patch("/profile", control.patch_profile)
    app.router.add_get("/clients", control.clients)
    app.router.add_patch("/clients", control.patch_clients)
    app.router.add_get("/state", control.state)
    app.router.add_get("/contacts", control.contacts)
    app.router.add_get("/metrics", control.metrics)
    return app


class Control:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def reset(self, request: web.Request) -> web.Response:
        """Empty the org: lists, jobs, tokens, limits, ledger, faults. The profile stays as it is."""
        await read_json(request, _BODY_BYTES, optional=True)
        self._org.reset()
        return web.Response(status=204)

    async def faults(self, request: web.Request) -> web.Response:
        """The rules with how often each was planned to strike, matched, and struck."""
        del request
        return _json(self._org.faults.report())

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace all rules; their counts begin at 0."""
        self._org.faults = Faults(parse_rules(await read_json(request, _BODY_BYTES)))
        return _json(self._org.faults.report())

    async def ledger(self, request: web.Request) -> web.Response:
        """Requests after `since`, oldest first."""
        return _json(self._org.ledger.since(_number(request, "since", 0)))

    async def counts(self, request: web.Request) -> web.Response:
        """All requests since the start or the last reset, by operation and status."""
        del request
        return _json(self._org.ledger.counts())

    async def profile(self, request: web.Request) -> web.Response:
        """The settings in force, and under `sources` where each comes from."""
        del request
        return _json(msgspec.to_builtins(self._org.profile) | {"sources": self._org.sources})

    async def patch_profile(self, request: web.Request) -> web.Response:
        """Change settings; the next request meets them."""
        patch = await read_json(request, _BODY_BYTES)
        if not isinstance(patch, dict):
            raise BadRequest("Expected an object of settings.")
        before = self._org.profile
        try:
            self._org.profile, _ = changed(before, patch, "control request")
        except ProfileError as error:
            raise BadRequest(str(error)) from error
        self._org.sources = origins(before, self._org.profile, self._org.sources, "control request")
        return await self.profile(request)

    async def clients(self, request: web.Request) -> web.Response:
        """The permissions each client holds, or with a minus lacks; null: all of them."""
        del request
        return _json({client.id: client.grants for client in self._org.clients.values()})

    async def patch_clients(self, request: web.Request) -> web.Response:
        """Give clients other permissions; tokens they hold already have them too."""
        patch = await read_json(request, _BODY_BYTES)
        try:
            grants = msgspec.convert(patch, dict[str, list[str] | None])
        except msgspec.ValidationError as error:
            raise BadRequest("Expected an object: a client's id, and a list of permissions or null.") from error
        if unknown := grants.keys() - self._org.clients.keys():
            raise BadRequest(f"No client is called {min(unknown)!r}.")
        for client_id, given in grants.items():
            self._org.clients[client_id] = self._org.clients[client_id].granted(given)
        return await self.clients(request)

    async def state(self, request: web.Request) -> web.Response:
        """What the org holds now."""
        del request
        return _json(inspection.state(self._org))

    async def contacts(self, request: web.Request) -> web.Response:
        """A page of a list's contacts as they are stored, in order of creation."""
        offset, limit = _number(request, "offset", 0), min(_number(request, "limit", _PAGE), _MAX_PAGE)
        page = inspection.contacts(self._org, request.query.get("list", ""), offset, limit)
        return web.Response(body=page, content_type="application/json")

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text."""
        del request
        return web.Response(text=exposition(self._org), content_type="text/plain")


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
        answer = error_answer(refusal, new_id(org.rng_for("control")))
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


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest(f"{name}: expected a number from 0 on.")
    return int(text)


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
