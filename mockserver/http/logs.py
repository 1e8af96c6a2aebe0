"""What the server writes down: JSON lines, without a word that a client sent.

A log is read in terminals, copied into tickets and kept. So there is no address but its template, no header, body or
query in it, and of an exception its type and its place, since messages quote what was wrong.
"""

import json
import logging
import traceback
from pathlib import PurePath

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from mockserver.http.access import TOKEN

log = logging.getLogger(__name__)

CORRELATION_ID = web.RequestKey("correlation_id", str)

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class AccessLog(AbstractAccessLogger):
    """A line for each answer: the operation's method and template, status, bytes, ms, correlation id, token's id."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        line = {
            "method": request.method if request.method in _METHODS else "other",
            "route": _template(request),
            "status": response.status,
            "bytes": response.body_length,
            "ms": round(time * 1_000, 3),
            "correlationId": request.get(CORRELATION_ID) or response.headers.get("ININ-Correlation-Id", ""),
            "token": request[TOKEN].short if TOKEN in request else "",
        }
        self.logger.info(json.dumps(line))


def log_failure(correlation_id: str, status: int, error: BaseException | None) -> None:
    """A request could not be read, 400, or the server has failed, 500."""
    line: dict[str, object] = {"correlationId": correlation_id, "status": status, "error": type(error).__name__}
    if status >= 500 and error:
        frames = traceback.extract_tb(error.__traceback__)
        line["at"] = [f"{'/'.join(PurePath(each.filename).parts[-2:])}:{each.lineno} {each.name}" for each in frames]
    log.log(logging.ERROR if status >= 500 else logging.WARNING, json.dumps(line))


def _template(request: web.BaseRequest) -> str:
    """The address with the names of what varies in it; "" if it is none of the application's."""
    if CORRELATION_ID not in request or not isinstance(request, web.Request):
        return ""  # it could not be read, and never reached the application
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""
