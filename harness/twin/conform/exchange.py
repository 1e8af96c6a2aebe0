"""What an org answered, with everything that is its own business replaced by what it stands for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ...flow import Reply

HEADERS = ("content-type", "location", "retry-after", "www-authenticate", "allow")
PRESENT = ("inin-correlation-id", "inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset")
# Values that differ between any two orgs, by the name of their field.
OWN = frozenset({"contextId", "access_token", "expires_in", "size", "version", "dateCreated", "dateModified"})
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_ORIGIN = re.compile(r"https?://[^/\s\"]+")
_QUERY = re.compile(r"\?[^\s\"]*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call's answer: status, headers and body as flat fields, "body.entities[0].name" -> value."""

    call: str
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Placeholders:
    """The same id gets the same name wherever it appears in the answers of one org: id 1, id 2, ..."""

    run_id: str  # part of every name that was made up for this run
    ids: dict[str, str] = field(default_factory=dict)

    def exchange(self, call: str, reply: Reply) -> Exchange:
        fields: dict[str, Any] = {"status": reply.status}
        fields |= {f"header {name}": self._text(reply.headers[name]) for name in HEADERS if name in reply.headers}
        fields |= {f"header {name}": "present" for name in PRESENT if name in reply.headers}
        return Exchange(call, fields | dict(self._flat("body", _body(reply))))

    def _flat(self, path: str, value: Any) -> list[tuple[str, Any]]:
        match value:
            case dict():
                below = [pair for key, one in value.items() for pair in self._flat(f"{path}.{self._text(key)}", one)]
                return below or [(path, "{}")]
            case list():
                below = [pair for at, one in enumerate(value) for pair in self._flat(f"{path}[{at}]", one)]
                return below or [(path, "[]")]
            case str() if path.rpartition(".")[2] not in OWN:
                return [(path, self._text(value))]
            case _ if path.rpartition(".")[2] in OWN:
                return [(path, f"some {type(value).__name__}")]
            case _:
                return [(path, value)]

    def _text(self, text: str) -> str:
        text = _DATE.sub("<date>", text.replace(self.run_id, "<run>"))
        text = _UUID.sub(lambda found: self._id(found[0]), text)
        return _QUERY.sub("?<query>", _ORIGIN.sub("<host>", text)) if "/" in text else text

    def _id(self, found: str) -> str:
        return self.ids.setdefault(found.lower(), f"<id {len(self.ids) + 1}>")


def _body(reply: Reply) -> Any:
    if not reply.body:
        return ""
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return reply.body.decode("utf-8", "replace").splitlines()
