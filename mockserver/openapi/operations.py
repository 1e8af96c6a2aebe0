"""Every description, by the operation's name, and the error codes that follow from the route table."""

from collections.abc import Iterator

from mockserver.handling import ApiOperation

from .contacts import CONTACTS
from .described import Described
from .dnc import DNC
from .jobs import JOBS
from .lists import LISTS
from .named_resources import KEPT
from .platform import PLATFORM

DESCRIBED: dict[str, Described] = {**PLATFORM, **LISTS, **CONTACTS, **JOBS, **KEPT, **DNC}


def error_codes(operation: ApiOperation, described: Described, *, strict: bool = False) -> dict[int, list[str]]:
    """Everything the operation is refused with, by status."""
    codes: dict[int, list[str]] = {}
    of_strict_mode = ((400, "invalid.property"), (400, "invalid.value")) if strict else ()
    for status, code in (*_common(operation, described), *_own(described), *of_strict_mode):
        if code not in codes.setdefault(status, []):
            codes[status].append(code)
    return dict(sorted(codes.items()))


def _common(operation: ApiOperation, described: Described) -> Iterator[tuple[int, str]]:
    yield 400, "bad.request"
    if operation.auth:
        yield 401, "authentication.required"
        yield 401, "bad.credentials"
    if operation.permission:
        yield 403, "missing.permissions"
    if "{" in operation.path:
        yield 404, "not.found"
    if described.body is not None or described.form:
        yield 413, "request.entity.too.large"
    yield 415, "unsupported.media.type"
    yield 421, "misdirected.request"
    if operation.auth or operation.op == "oauth.token":
        yield 429, "too.many.requests.retry.after"
    yield 500, "internal.server.error"
    yield 504, "request.timeout"


def _own(described: Described) -> Iterator[tuple[int, str]]:
    for status, codes in described.codes.items():
        for code in codes:
            yield status, code
