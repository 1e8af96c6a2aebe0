"""How answers look on the wire: error bodies, the headers every answer carries, what a fault answers."""

import errno
import math
from collections.abc import Mapping
from email.utils import formatdate
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from aiohttp import web

from mockserver.clock import Clock
from mockserver.errors import ApiError, BadRequest, MethodNotAllowed, NotFound, OAuthError, StoreFull
from mockserver.faults.engine import Action
from mockserver.handling import Response

# Source: swagger of 2018-03-21; 502 has no body of the platform's, a front end makes it.
_CODES = {
    400: ("bad.request", "The request could not be understood by the server due to malformed syntax."),
    401: ("bad.credentials", "Invalid login credentials."),
    403: ("not.authorized", "You are not authorized to perform the requested action."),
    404: ("not.found", "The requested resource was not found."),
    408: ("client.timeout", "The client did not produce a request within the server timeout limit."),
    409: ("general.conflict", "The request conflicts with the current state of the resource."),
    413: ("request.entity.too.large", "The request is over the size limit."),
    415: ("unsupported.media.type", "Unsupported Media Type - Unsupported or incorrect media type."),
    500: (
        "internal.server.error",
        "The server encountered an unexpected condition which prevented it from fulfilling the request.",
    ),
    503: (
        "service.unavailable",
        "Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).",
    ),
    504: ("request.timeout", "The request timed out."),
}


def error_response(error: ApiError | OAuthError, correlation_id: str) -> Response:
    """The refusal as JSON."""
    if isinstance(error, OAuthError):
        body = {"error": error.error, "description": error.description, "error_description": error.description}
        return Response(status=error.status, body=msgspec.json.encode(body))
    return Response(
        status=error.status,
        body=_error_body(error.status, error.code, str(error), correlation_id, **error.parameters),
        headers=error.headers,
    )


def internal_error(correlation_id: str) -> Response:
    """What an unexpected failure looks like from outside: an id to find it in the log, nothing else."""
    return Response(status=500, body=_error_body(500, *_CODES[500], correlation_id))


def unreadable_request(correlation_id: str) -> Response:
    """The answer to what is not HTTP, or not as the standard has it."""
    return Response(status=400, body=_error_body(400, *_CODES[400], correlation_id))


def service_unavailable(correlation_id: str) -> Response:
    return Response(status=503, body=_error_body(503, *_CODES[503], correlation_id), headers={"Retry-After": "1"})


def platform_error(request: web.Request, error: Exception) -> ApiError | OAuthError | None:
    """The platform's word for a failure; None if it has none."""
    if isinstance(error, ApiError | OAuthError):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):  # of a file on its way
        return StoreFull()
    if isinstance(error, web.HTTPMethodNotAllowed):
        refusal = MethodNotAllowed("The requested method is not allowed on this resource.")
        refusal.headers = {"Allow": ",".join(_methods_at(request))}
        return refusal
    if isinstance(error, web.HTTPNotFound):
        return NotFound("The requested resource was not found.")
    if isinstance(error, web.RequestPayloadError | web.HTTPBadRequest):
        return BadRequest("The body of the request ended early or was not framed as announced.")
    return None


def _methods_at(request: web.Request) -> list[str]:
    """What the address takes. Where a fixed word and an id both fit, as in .../contactlists/uploads, it is the word."""
    path = request.rel_url.raw_path
    methods: dict[int, set[str]] = {}
    for resource in request.app.router.resources():
        info = resource.get_info()
        if path == info.get("path") or ("pattern" in info and info["pattern"].fullmatch(path)):
            ids = info.get("formatter", "").count("{")
            methods.setdefault(ids, set()).update(route.method for route in resource)
    return sorted(methods[min(methods)])


def fault_response(action: Action, status: int, correlation_id: str) -> tuple[Response, set[str]]:
    """The answer of a fault with this status, and the names of the headers it leaves out.

    A 429 says `Retry-After: 1` unless the rule says otherwise.
    """
    usual = {"Retry-After": "1"} if status == 429 else {}
    headers, left_out = without_nulls(usual | {name.title(): value for name, value in action.headers.items()})
    body = _fault_body(action.body, status, headers.get("Retry-After", "1"), correlation_id)
    return Response(status=status, body=body, headers=headers), left_out


def without_nulls(headers: Mapping[str, str | None]) -> tuple[dict[str, str], set[str]]:
    """The headers that have a value, and the lower-case names of those that have none."""
    given = {name.title(): value for name, value in headers.items() if value is not None}
    return given, {name.lower() for name, value in headers.items() if value is None}


def _fault_body(body: Any, status: int, retry_after: str, correlation_id: str) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if body is not msgspec.UNSET:
        return msgspec.json.encode(body)
    if status < 400:
        return b""
    if status == 429:
        message = f"Rate limit exceeded the maximum. Retry the request in [{retry_after}] seconds"
        return _error_body(status, "too.many.requests.retry.after", message, correlation_id)
    return _error_body(status, *_CODES.get(status, (f"status.{status}", "An injected fault.")), correlation_id)


def _error_body(status: int, code: str, message: str, correlation_id: str, **more: object) -> bytes:
    """Source: SDK 269.0.0 models/error_body.py; the order as in the announcement of 429 bodies, forum 12028."""
    told = {"message": message, "code": code, "status": status, **more}
    return msgspec.json.encode(told | {"contextId": correlation_id, "details": [], "errors": []})


class CommonHeaders:
    """What every answer carries. Source: an answer printed in the developer blog, 2021-05-06."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -math.inf
        self._fixed = {
            "Cache-Control": "no-cache, no-store, must-revalidate",
            "Pragma": "no-cache",
            "Expires": "0",
            "Strict-Transport-Security": "max-age=600; includeSubDomains",
            **identity(),
            "Date": "",
        }

    def of(self, answer: Response, correlation_id: str, rate: Mapping[str, str]) -> dict[str, str]:
        """All headers of an answer; its own win over the common ones."""
        headers = self._fixed_now() | {"Content-Type": answer.content_type, "ININ-Correlation-Id": correlation_id}
        headers.update(rate)
        headers.update(answer.headers)
        return headers

    def _fixed_now(self) -> dict[str, str]:
        """With the date on the org's clock, put into words once a second."""
        now = self._clock.now()
        if not self._second <= now < self._second + 1:
            self._second = math.floor(now)
            self._fixed["Date"] = formatdate(self._second, usegmt=True)
        return self._fixed


def own_headers(answer: Response, correlation_id: str) -> dict[str, str]:
    """Headers of an answer that no org gives: from the connection, and from the control API."""
    headers = {"Content-Type": answer.content_type, "Cache-Control": "no-store", "ININ-Correlation-Id": correlation_id}
    return {**headers, **identity(), **answer.headers}


@cache
def identity() -> Mapping[str, str]:
    """Headers that tell a mock's answer from a real one's."""
    return {"Server": "contactbench-mock", "X-Mock": f"contactbench/{mock_version()}"}


def mock_version() -> str:
    """Of the installed distribution."""
    try:
        return version("contactbench")
    except PackageNotFoundError:  # run from a checkout
        return "0"
