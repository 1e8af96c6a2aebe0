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
from mockserver.faults import Action
from mockserver.handling import Response
from mockserver.http.logs import log_failure

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


def refusal_of(request: web.Request, error: Exception, correlation_id: str) -> Response:
    """A failure in the platform's words. What it has none for is logged, and 500: an id to find it, nothing else."""
    known = _platform_error(request, error)
    if known is None:
        log_failure(correlation_id, 500, error)
        return plain_refusal(500, correlation_id)
    if isinstance(known, OAuthError):
        body = {"error": known.error, "description": known.description, "error_description": known.description}
        return Response(status=known.status, body=msgspec.json.encode(body))
    raw = _error_body(known.status, known.code, str(known), correlation_id, **known.parameters)
    return Response(status=known.status, body=raw, headers=known.headers)


def plain_refusal(status: int, correlation_id: str) -> Response:
    """A refusal in the platform's words for the status, without a word about this request."""
    headers = {"Retry-After": "1"} if status == 503 else {}
    return Response(status=status, body=_error_body(status, *_CODES[status], correlation_id), headers=headers)


def _platform_error(request: web.Request, error: Exception) -> ApiError | OAuthError | None:
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
