"""Cross-origin requests: which pages may call the API, and which headers of an answer they may read.

Source: the CORS protocol of the Fetch standard. There are no cookies here, so credentials are never allowed.
Assumption: which headers are exposed. `Retry-After` is not: a user's browser app could not read it.
"""

from collections.abc import Collection, Mapping

from aiohttp import web

from mockserver.errors import Forbidden
from mockserver.handling import Response

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
