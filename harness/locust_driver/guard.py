"""Who may use Locust's page: this machine's own names, and pages of its own. Locust itself answers to any."""

import ipaddress
import socket
from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from ..runs.resolve_target import is_loopback

EVERYWHERE = ("", "*", "0.0.0.0", "::")  # noqa: S104 - what --web-host says for all addresses
FROM_HERE = ("same-origin", "none")


class OriginGuard:
    """A WSGI application around Locust's. A name that is not ours is one that somebody has made to lead here (DNS
    rebinding); an origin that is not ours is another page in the same browser."""

    def __init__(self, app: Callable[..., Iterable[bytes]], options: Namespace) -> None:
        self._app, self._bound = app, options.web_host
        display = options.web_host_display_name or ""  # of a proxy in front, as a name or a URL
        self._display = urlsplit(display if "//" in display else f"//{display}").netloc.lower()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        refusal = self._refusal(environ)
        if refusal is not None:
            status, text = refusal
            start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
            return [f"{text}\n".encode()]

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            kept = [header for header in headers if not header[0].lower().startswith("access-control-")]
            return start_response(status, [*kept, ("X-Frame-Options", "DENY")], *more)

        return self._app(environ, start)

    def _refusal(self, environ: dict[str, Any]) -> tuple[str, str] | None:
        netloc = environ.get("HTTP_HOST", "").lower()
        if not self._is_ours(netloc):
            return "421 Misdirected Request", (
                f"This page has no such name as {netloc!r}. Use its address on this machine, or start Locust with"
                " --web-host, or --web-host-display-name where a proxy is in front."
            )
        ours = {netloc, self._display} - {""}
        pages = [environ[name] for name in ("HTTP_ORIGIN", "HTTP_REFERER") if name in environ]
        if any(_netloc(page) not in ours for page in pages) or (
            environ.get("HTTP_SEC_FETCH_SITE", "none") not in FROM_HERE and not pages
        ):
            return "403 Forbidden", "Asked for by a page of another origin; open this address yourself."
        return None

    def _is_ours(self, netloc: str) -> bool:
        host = urlsplit(f"//{netloc}").hostname or "" if netloc.count("[") == netloc.count("]") else ""
        if is_loopback(host) or (netloc == self._display and netloc):
            return True
        if self._bound in EVERYWHERE:  # an address cannot be rebound, and this machine's name is its own
            return _is_address(host) or host in (socket.gethostname().lower(), socket.getfqdn().lower())
        return host != "" and host == self._bound.lower()


def _netloc(url: str) -> str | None:
    """None for what is no page's address, such as `null`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
