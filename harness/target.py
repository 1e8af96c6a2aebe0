"""Where a run goes to: the mock on this machine. Nothing leaves before this has said yes."""

import ipaddress
from urllib.parse import urlsplit

from .errors import SafetyStop, UsageError
from .hosts import Target

MOCK_URL = "http://127.0.0.1:8080"


def resolved(name: str) -> Target:
    """`mock`, or the URL of a server on this machine. Raises SafetyStop for any other host."""
    url = MOCK_URL if name == "mock" else name
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("BAD_TARGET", f"{name!r} is neither `mock` nor a URL such as {MOCK_URL}.")
    if not _is_loopback(parts.hostname):
        raise SafetyStop(
            "HOST_NOT_ALLOWED",
            f"{parts.hostname}: this version loads servers on this machine only; start one with `contactbench mock`.",
        )
    return Target.one_host(f"{parts.scheme}://{parts.netloc}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
