"""What every body is written and read with; a plain no, and a 2xx that proves nothing.

What a server says in words is hostile until it is checked: ids and codes have a shape, the rest is made `server_text`.
"""

import re
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from ..flow import Call, Reply
from ..wording import LONGEST_SERVER_TEXT, server_text

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
CODE = re.compile(r"[A-Za-z][\w.-]{0,63}", re.ASCII)  # what a code looks like: nothing else gets into files
CORRELATION_ID = re.compile(r"[A-Za-z0-9][\w-]{0,63}", re.ASCII)  # UUIDs, as far as seen
NUMBER = re.compile(r"\d[\d,.]*", re.ASCII)
# Of a list or an org: it becomes part of addresses, file contents and messages.
EntityId = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][\w.-]{0,63}\Z")]


def json_call(op: str, method: str, url: str, body: Any, **more: Any) -> Call:
    """A call with a JSON body; bytes are JSON already. `more`: fields of the call."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Call(op=op, method=method, url=url, headers=JSON, body=content, **more)


class BadResponse(Exception):
    """A 2xx that proves nothing: what was sent may or may not be there."""


class Refusal(Exception):
    """The server answered, and the answer was no. Holds the platform's code; never the request's body.

    `limit`: the last number of its message, which is the limit where the refusal names one.
    """

    def __init__(self, reply: Reply) -> None:
        body = _error_body(reply)
        self.status = reply.status
        code = str(body.get("code") or body.get("error") or reply.error)
        self.code = _of_shape(CODE, code) or str(reply.status)
        message = str(body.get("message") or body.get("error_description") or "")
        self.message = server_text(message).rstrip(".")
        numbers = NUMBER.findall(message[:LONGEST_SERVER_TEXT])
        self.limit = int(re.sub(r"\D", "", numbers[-1])) if numbers else None
        self.correlation_id = correlation_id(reply)
        super().__init__(f"http={self.status} {self.code} corr={self.correlation_id}")


def trouble_code(reply: Reply) -> str:
    """Why no answer came, or the platform's code of a refusal; empty where neither is told."""
    if reply.error or reply.status < 400:
        return reply.error
    code = Refusal(reply).code
    return "" if code == str(reply.status) else code


def correlation_id(reply: Reply) -> str:
    """By which the platform's support finds the request; empty where there is none, or none that looks like one."""
    return _of_shape(CORRELATION_ID, reply.headers.get("inin-correlation-id", ""))


def _of_shape(shape: re.Pattern[str], text: str) -> str:
    return text if shape.fullmatch(text) and server_text(text) == text else ""


def _error_body(reply: Reply) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
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
