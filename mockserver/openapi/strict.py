"""Strict mode: what comes in and what goes out is held against the descriptions the document is made of.

Bodies are read with the very types that the document's schemas come from. That takes no further library, costs little
even for a thousand contacts, and cannot disagree with the document.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
from aiohttp import web

from mockserver.errors import ApiError, BadRequest, OAuthError, invalid_value
from mockserver.handling import Endpoint, PendingOperation, Response
from mockserver.http.body import BODY
from mockserver.openapi import error_codes
from mockserver.operations.bodies import in_platform_spelling
from mockserver.operations.operation import Operation, Parameter
from mockserver.state import Org

log = logging.getLogger(__name__)

_REDIRECTS = (302, 303, 307)


class UndocumentedError(Exception):
    """The mock has answered what its document does not have: its own fault, so 500."""


def strict_endpoint(endpoint: Endpoint, org: Org, *, fail: bool) -> Endpoint:
    """The endpoint, strict. A wrong answer is logged and counted; with `fail` it becomes a 500."""
    operation, codes = endpoint.operation, error_codes(endpoint.operation)

    def report(problem: str) -> None:
        org.request_log.note_violation(operation.op)
        log.error("%s: %s", operation.op, problem)
        if fail:
            raise UndocumentedError(f"{operation.op}: {problem}")

    def check_response(commit: Callable[[], Response]) -> Response:
        try:
            answer = commit()
        except ApiError as error:
            _check_refusal(error, codes, report)
            raise
        for problem in response_problems(operation, answer):
            report(problem)
        return answer

    async def handler(request: web.Request) -> PendingOperation:
        try:
            prepared = await endpoint.handler(request)
        except (ApiError, OAuthError) as error:
            _check_refusal(error, codes, report)
            raise
        for refusal in request_problems(operation, request):
            raise refusal
        first = prepared.first
        partly = (lambda count: check_response(lambda: first(count))) if first else None
        return replace(prepared, commit=lambda: check_response(prepared.commit), first=partly)

    return replace(endpoint, handler=handler)


def request_problems(operation: Operation, request: web.Request) -> Iterator[BadRequest]:
    """What of a request, which its handler has taken, is not in the document."""
    known = {parameter.name: parameter for parameter in operation.query}
    for name, value in request.query.items():
        if name not in known:
            yield _no_property(name, "query")
        elif problem := _value_problem(known[name], value):
            yield invalid_value(value, name, problem)
    if operation.body is not None and BODY in request:
        yield from _body_problems(operation, request[BODY])


def response_problems(operation: Operation, answer: Response) -> Iterator[str]:
    """What of an answer is not in the document."""
    if operation.redirects and answer.status in _REDIRECTS:
        return
    if operation.errors is str and answer.status >= 400:  # XML, from the object store
        return
    if answer.status not in operation.statuses:
        yield f"status {answer.status} is none of {operation.statuses}"
    if operation.answer is None:
        if answer.body and operation.media_type == "application/json":
            yield "a body where none is documented"
        return
    try:
        msgspec.json.decode(answer.body, type=operation.answer)
    except msgspec.DecodeError as error:
        yield str(error)


def _check_refusal(error: ApiError | OAuthError, codes: dict[int, list[str]], report: Callable[[str], None]) -> None:
    code = error.code if isinstance(error, ApiError) else error.error
    if code not in codes.get(error.status, ()):
        report(f"refused with {error.status} {code}, which is not documented")


def _body_problems(operation: Operation, raw: bytes) -> Iterator[BadRequest]:
    if operation.optional_body and raw.strip() in (b"", b"null"):
        return
    try:
        msgspec.convert(in_platform_spelling(msgspec.json.decode(raw), operation.body), operation.body)
    except msgspec.DecodeError as error:
        code = "invalid.property" if "unknown field" in str(error) else "invalid.value"
        yield BadRequest(f"The body is not as documented: {error}", code)


def _value_problem(parameter: Parameter, text: str) -> str:
    values: list[Any] = text.split(",") if parameter.many else [text.lower() if parameter.type is bool else text]
    try:
        msgspec.convert(values, list[parameter.type], strict=False)  # type: ignore[name-defined]
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _no_property(name: str, where: str) -> BadRequest:
    return BadRequest(f"Value [{name}] is not a valid property for object [{where}]", "invalid.property")
