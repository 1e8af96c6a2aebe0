"""The hosts of a region, and which of them may see a token."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .errors import SafetyStop
from .flow import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the three hosts of a region are; the mock is all of them. `socket`: a Unix socket to reach it by."""

    api: str
    login: str
    apps: str
    socket: Path | None = None

    @classmethod
    def one_host(cls, url: str, socket: Path | None = None) -> "Target":
        return cls(api=url.rstrip("/"), login=url.rstrip("/"), apps=url.rstrip("/"), socket=socket)

    def url(self, call: Call) -> str:
        """Where `call` goes. Raises SafetyStop before a token would reach a host that is not the platform's."""
        url = call.url if "://" in call.url else getattr(self, call.host) + call.url
        if call.bearer and origin(url) not in {origin(self.api), origin(self.apps)}:
            raise SafetyStop("HOST_NOT_ALLOWED", f"op={call.op}: {urlsplit(url).hostname} must not see the token.")
        return url


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port. Raises SafetyStop for an address that has none of them in a form that can be read."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise SafetyStop("HOST_NOT_ALLOWED", "the server names an address that cannot be read.") from None
