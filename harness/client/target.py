"""The hosts of a region, and which of them may see a token."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import SafetyStop
from ..flow import Call
from .org_safety import OrgSafetyLimits

S3 = ".amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the three hosts of a region are; the mock is all of them. `socket`: a Unix socket to reach it by.

    `terms`: of a real org. `behind`: the region's own API, where these addresses are a gateway's.
    """

    api: str
    login: str
    apps: str
    socket: Path | None = None
    proxy: str | None = field(default=None, repr=False)  # may hold a password
    ca_file: Path | None = None
    behind: str = ""
    terms: OrgSafetyLimits | None = None

    @classmethod
    def one_host(cls, url: str, socket: Path | None = None) -> "Target":
        return cls(api=url.rstrip("/"), login=url.rstrip("/"), apps=url.rstrip("/"), socket=socket)

    @property
    def org_id(self) -> str:
        """Of a real org; "" for a server on this machine."""
        return self.terms.org_id if self.terms is not None else ""

    def url(self, call: Call) -> str:
        """Where `call` goes. Raises SafetyStop before a token would reach a host that is not the platform's, and
        before a file would be fetched from a place that no platform has."""
        url = call.url if "://" in call.url else getattr(self, call.host) + call.url
        if self.behind and origin(url) == origin(self.behind):
            url = self.api + url[len(self.behind) :]  # the platform names itself; the gateway is the way there
        ours = {origin(self.api), origin(self.apps)}
        if call.bearer and origin(url) not in ours:
            raise SafetyStop("HOST_NOT_ALLOWED", f"op={call.op}: {urlsplit(url).hostname} must not see the token.")
        if origin(url) not in ours | {origin(self.login)}:
            self._require_storage(url, call)
        return url

    def require_peer(self, host: str, address: str) -> None:
        """Raises SafetyStop for a connection to `host` that ends at an address where no such host is: beyond this
        machine for a name of this machine, inside a network for a place of the platform's files. Asked of the
        connection itself, so that no other answer of a name server counts."""
        there = ipaddress.ip_address(address)
        if is_loopback(host):
            expected = there.is_loopback
        else:
            expected = there.is_global or host in {origin(url)[1] for url in (self.api, self.apps, self.login)}
        if not expected:
            raise SafetyStop(
                "HOST_NOT_ALLOWED", f"{host} leads to {address}, where it cannot be; nothing was sent there."
            )

    def _require_storage(self, url: str, call: Call) -> None:
        """Raises SafetyStop for an address that leads away from the platform, and is not where it keeps files.

        Source: OWASP, Server-Side Request Forgery Prevention Cheat Sheet. Assumption: files are under the region's own
        domain or in S3, as forum posts and public code of 2024 show; a mock serves them itself.
        """
        scheme, host, _ = origin(url)
        region = (origin(self.behind or self.api)[1] or "").removeprefix("api.")
        known = () if self.terms is None else (f".{region}", S3)
        if scheme != "https" or not (host or "").endswith(known):
            raise SafetyStop(
                "HOST_NOT_ALLOWED", f"op={call.op}: {scheme}://{host} is no place where the platform keeps files."
            )


def is_loopback(host: str) -> bool:
    """Whether `host` is a name or an address of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port. Raises SafetyStop for an address that has none of them in a form that can be read."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise SafetyStop("HOST_NOT_ALLOWED", "the server names an address that cannot be read.") from None
