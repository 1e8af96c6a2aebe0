"""Who may ask: names of this machine, one bearer token in force, permissions, the rate limit, pages of which origin."""

import socket
from collections.abc import Collection, Mapping

from aiohttp import web

from mockserver.errors import Forbidden, Misdirected, TooManyRequests, Unauthorized
from mockserver.handling import Response
from mockserver.operations.operation import Operation
from mockserver.state import Org
from mockserver.state.auth import Token

TOKEN = web.RequestKey("token", Token)
RATE_HEADERS = web.RequestKey("rate_headers", dict[str, str])

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def check_host(request: web.Request, hosts: frozenset[str] = frozenset()) -> None:
    """Only this machine's names and `hosts`: a web page that has its own name point here gets nothing."""
    raw = request.transport.get_extra_info("socket") if request.transport else None
    if raw is not None and raw.family == socket.AF_UNIX:
        return
    host = request.host.lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in _LOOPBACK | hosts and not name.endswith(".localhost"):
        raise Misdirected("This server does not answer to that host name.")


def authenticate(org: Org, operation: Operation, request: web.Request) -> None:
    """One bearer token in the header, in force, whose client holds the permission."""
    request[TOKEN] = token = _token(org, request)
    missing = org.clients[token.client_id].lacks(operation.permission)
    if missing:
        raise Forbidden(
            "Unable to perform the requested action. You are missing the following permission(s): " + ", ".join(missing)
        )


def limit(org: Org, operation: Operation, request: web.Request) -> None:
    """Count the request; its answer says how much of the window is used."""
    rate = org.profile.rate
    if not (operation.counts or (operation.op == "import.upload" and rate.counts_uploads)):
        return
    token = request[TOKEN]
    bucket = token.hash if rate.scope == "token" else token.client_id
    decision = org.limiter.admit(bucket, operation.op, rate, org.clock.now())
    if decision is None:
        return
    request[RATE_HEADERS] = decision.headers
    if not decision.admitted:
        raise TooManyRequests(decision.retry_after_s)


def bearer(request: web.Request) -> str:
    """The secret in the one Authorization header, or "" if there is none that says bearer."""
    given = request.headers.getall("Authorization", [])
    scheme, _, secret = given[0].partition(" ") if given else ("", "", "")
    return secret if scheme.lower() == "bearer" else ""


def _token(org: Org, request: web.Request) -> Token:
    secret = bearer(request)
    if not secret:
        raise _refusal("No authentication bearer token specified in authorization header.", "authentication.required")
    is_alone = len(request.headers.getall("Authorization")) == 1
    token = org.tokens.find(secret, org.clock.now()) if is_alone else None
    if token is None:
        raise _refusal("Invalid login credentials.", "bad.credentials")
    return token


def _refusal(message: str, code: str) -> Unauthorized:
    error = Unauthorized(message, code)
    error.headers = {"WWW-Authenticate": "Bearer"}
    return error


# Cross-origin requests: which pages may call the API, and which headers of an answer they may read.
#
# Source: the CORS protocol of the Fetch standard. There are no cookies here, so credentials are never allowed.
# Assumption: which headers are exposed. `Retry-After` is not: a user's browser app could not read it.


_READABLE = "ININ-Correlation-Id, inin-ratelimit-count, inin-ratelimit-allowed, inin-ratelimit-reset, X-Mock"


def cors_headers(request: web.Request, origins: Collection[str]) -> Mapping[str, str]:
    """The CORS headers of any answer; none if no origin is allowed."""
    if not origins:
        return {}
    if _origin(request) not in origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": _origin(request),
        "Access-Control-Expose-Headers": _READABLE,
    }


def preflight(request: web.Request, origins: Collection[str]) -> Response | None:
    """The answer to a preflight request from an allowed origin; None for any other request."""
    method = request.headers.get("Access-Control-Request-Method")
    if request.method != "OPTIONS" or method is None or _origin(request) not in origins:
        return None
    allowed = {
        "Access-Control-Allow-Methods": method,
        "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers", ""),
        "Access-Control-Max-Age": "600",
    }
    return Response(status=204, headers=allowed)


def refuse_foreign_page(request: web.Request, origins: Collection[str]) -> None:
    """Raise Forbidden for a page of another origin, whose browser asks nobody before it opens a WebSocket.

    Programs send no origin, or that of the address they connect to. Source: websocket-client, a library of Python's.
    """
    own = {f"{scheme}://{request.host}".lower() for scheme in ("http", "https", "ws", "wss")}
    if "Origin" in request.headers and not own.union(origins).issuperset(
        origin.lower() for origin in request.headers.getall("Origin")
    ):
        raise Forbidden("Pages of this origin may not listen; --allow-origin names those that may.", "not.authorized")


def _origin(request: web.Request) -> str:
    return request.headers.get("Origin", "")
