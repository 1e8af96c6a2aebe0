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


def log_unreadable(correlation_id: str, error: BaseException | None) -> None:
    """A request that could not be read as HTTP was answered 400."""
    line = {"event": "unreadable request", "correlationId": correlation_id, "status": 400, "error": _type(error)}
    log.warning(json.dumps(line))


def log_failure(correlation_id: str, error: BaseException | None) -> None:
    """The server has failed, and answered 500 if anybody was left to be answered."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    at = [f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
    log.error(json.dumps({"event": "failure", "correlationId": correlation_id, "error": _type(error), "at": at}))


def _type(error: BaseException | None) -> str:
    return type(error).__name__ if error else ""


def _template(request: web.BaseRequest) -> str:
    """The address with the names of what varies in it; "" if it is none of the application's."""
    if CORRELATION_ID not in request or not isinstance(request, web.Request):
        return ""  # it could not be read, and never reached the application
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""
