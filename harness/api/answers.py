"""What every body is written and read with; a plain no, and a 2xx that proves nothing."""

import re
from functools import lru_cache
from typing import Any

import msgspec

from ..flow import Call, Reply

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
CODE = re.compile(r"[A-Za-z][\w.-]{0,63}", re.ASCII)  # what a code looks like: nothing else gets into files


def json_call(op: str, method: str, url: str, body: Any, **more: Any) -> Call:
    """A call with a JSON body; bytes are JSON already. `more`: fields of the call."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Call(op=op, method=method, url=url, headers=JSON, body=content, **more)


class BadResponse(Exception):
    """A 2xx that proves nothing: what was sent may or may not be there."""


class Refusal(Exception):
    """The server answered, and the answer was no. Holds the platform's code; never the request's body."""

    def __init__(self, reply: Reply) -> None:
        body = _error_body(reply)
        self.status = reply.status
        self.code = str(body.get("code") or body.get("error") or reply.error or reply.status)
        self.message = str(body.get("message") or body.get("error_description") or "")[:200].rstrip(".")
        self.correlation_id = reply.headers.get("inin-correlation-id", "")
        super().__init__(f"http={self.status} {self.code} corr={self.correlation_id}")


def trouble_code(reply: Reply) -> str:
    """Why no answer came, or the platform's code of a refusal; empty where neither is told."""
    if reply.error or reply.status < 400:
        return reply.error
    code = Refusal(reply).code
    return code if CODE.fullmatch(code) else ""


def _error_body(reply: Reply) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


@lru_cache(maxsize=32)
def _decoder(type_: Any) -> Any:
    return msgspec.json.Decoder(type_)


def decode_body(reply: Reply, type_: Any = dict) -> Any:
    """The body as `type_`, or Refusal, or BadResponse."""
    if not reply.ok:
        raise Refusal(reply)
    try:
        return _decoder(type_).decode(reply.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadResponse(type(error).__name__) from None
