"""Locust's web interface for a run: who may use it, what its form may change, what its tab shows."""

import ipaddress
import logging
import socket
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify, request
from locust.runners import STATE_CLEANUP, STATE_RUNNING, STATE_STOPPING
from locust.stats import StatsCSVFileWriter
from werkzeug.datastructures import ImmutableMultiDict

from ..client.target import is_loopback
from ..errors import RunError
from ..load.locust_options import from_form

EVERYWHERE = ("", "*", "0.0.0.0", "::")  # noqa: S104 - the values of --web-host for all addresses
FROM_HERE = ("same-origin", "none")


class OriginGuard:
    """A WSGI application around Locust's that refuses foreign host names and origins.

    A foreign host name was made to point here (DNS rebinding); a foreign origin is another page in the same browser.
    """

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
                f"This page is not served as {netloc!r}. Use its address on this machine, or start Locust with"
                " --web-host, or with --web-host-display-name behind a proxy."
            )
        ours = {netloc, self._display} - {""}
        pages = [environ[name] for name in ("HTTP_ORIGIN", "HTTP_REFERER") if name in environ]
        if any(_netloc(page) not in ours for page in pages) or (
            environ.get("HTTP_SEC_FETCH_SITE", "none") not in FROM_HERE and not pages
        ):
            return "403 Forbidden", "Requested by a page of another origin; open this address yourself."
        return None

    def _is_ours(self, netloc: str) -> bool:
        host = urlsplit(f"//{netloc}").hostname or "" if netloc.count("[") == netloc.count("]") else ""
        if is_loopback(host) or (netloc == self._display and netloc):
            return True
        if self._bound in EVERYWHERE:  # neither an address nor this machine's own name can be rebound
            return _is_address(host) or host in (socket.gethostname().lower(), socket.getfqdn().lower())
        return host != "" and host == self._bound.lower()


def _netloc(url: str) -> str | None:
    """None for anything but a page's address, such as `null`."""
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


TAB = "contactbench"
SCRIPT = Path(__file__).with_name("tab.js")
# The fields of Locust's own form, without the host, which is ignored.
LOCUST_FIELDS = {"user_count", "spawn_rate", "run_time", "profile", "user_classes", "shape_class"}
CLASS_FIELDS = {"user_class_name", "weight", "fixed_count", "tasks"}  # of the class picker's dialog
STOPPING = (STATE_CLEANUP, STATE_STOPPING)
log = logging.getLogger("contactbench")


class WebPage:
    """Adds the run to Locust's page. `status` returns the content of the tab, `complaint` why users cannot start."""

    def __init__(
        self,
        environment: Any,
        form: Sequence[str],
        status: Callable[[], dict[str, Any]],
        report: Callable[[], Path | None],
        complaint: Callable[[Sequence[str]], str | None],
    ) -> None:
        web_ui, options = environment.web_ui, environment.parsed_options
        self._environment, self._form, self._complaint = environment, form, complaint
        self._base, self._status, self._where = options.web_base_path or "", status, report
        web_ui.app.wsgi_app = OriginGuard(web_ui.app.wsgi_app, options)
        web_ui.app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": False}  # the form's fields in their order
        web_ui.template_args["extended_tabs"] = [{"title": "Contacts", "key": TAB}]
        web_ui.template_args["extended_csv_files"] = [{"href": f"./{TAB}/report", "title": "Report of the proved run"}]
        for name, view in (("report", self._report), ("run", self._run), ("tab.js", self._script)):
            guarded = web_ui.auth_required_if_enabled(view)
            web_ui.app.add_url_rule(f"{self._base}/{TAB}/{name}", f"{TAB}_{name.replace('.', '_')}", guarded)
        web_ui.app.before_request(self._before)
        web_ui.app.after_request(self._after)

    def _report(self) -> Response:
        path = self._where()
        if path is None or not path.exists():
            return Response("The run has not ended yet.\n", 404, mimetype="text/plain")
        return Response(path.read_text(encoding="utf-8"), mimetype="text/html")

    def _run(self) -> Response:
        return jsonify(self._status())

    def _script(self) -> Response:
        return Response(SCRIPT.read_text(encoding="utf-8"), mimetype="text/javascript")

    def _before(self) -> Response | None:
        if request.method == "POST" and request.path == f"{self._base}/swarm":
            return self._checked_form()
        if request.method == "POST" and request.path == f"{self._base}/user":
            fields = request.get_json(force=True, silent=True)
            if not isinstance(fields, dict) or fields.keys() - CLASS_FIELDS - {"host"}:
                return Response("Only the weight, the fixed count and the tasks of users can be changed here.\n", 400)
            self._environment.update_user_class({name: fields[name] for name in CLASS_FIELDS & fields.keys()})
            return Response("{}", 201, mimetype="application/json")
        return None

    def _checked_form(self) -> Response | None:
        """Leave only Locust's fields and those that were shown in the form; or the answer that says what is wrong."""
        given = request.form
        ours = {name: given[name] for name in self._form if name in given}
        try:
            ours = from_form(self._environment.parsed_options, ours)
        except RunError as error:
            return jsonify({"success": False, "message": str(error), "host": self._environment.host})
        picked = given.getlist("user_classes")
        if (complaint := self._complaint(picked)) is not None:
            return jsonify({"success": False, "message": complaint, "host": self._environment.host})
        others = sorted(given.keys() - LOCUST_FIELDS - ours.keys() - {"host"})
        if others:
            log.warning("ignored in the form, set on the command line only: %s", ", ".join(others)[:200])
        kept = [(name, value) for name, value in given.items(multi=True) if name in LOCUST_FIELDS]
        request.form = ImmutableMultiDict([*kept, *ours.items()])  # Flask caches it, and Locust reads it
        return None

    def _after(self, response: Response) -> Response:
        if request.path == f"{self._base}/stats/requests" and response.is_json:
            shown = {**response.get_json(), "extended_stats": [{"key": TAB, "data": self._status()["rows"]}]}
            if shown["state"] in STOPPING:  # Locust's page would stop polling and not show the end
                shown["state"] = STATE_RUNNING
            response.set_data(jsonify(shown).get_data())
        elif request.path == f"{self._base}/" and response.mimetype == "text/html" and response.status_code == 200:
            script = f'<script src="./{TAB}/tab.js" defer></script></body>'
            response.set_data(response.get_data(as_text=True).replace("</body>", script))
        return response


class WholeCsvFiles(StatsCSVFileWriter):  # type: ignore[misc]  # Locust has no types
    """CSV files that are written once more at the end of a test: later, --json clears the figures."""

    def __init__(self, environment: Any, *arguments: Any) -> None:
        super().__init__(environment, *arguments)
        environment.events.test_stop.add_listener(self._write)

    def _write(self, **_: Any) -> None:
        files: list[tuple[Any, Any, Any]] = [
            (self.requests_csv_filehandle, self.requests_csv, self.requests_csv_writer),
            (self.failures_csv_filehandle, self.failures_csv, self.failures_csv_writer),
            (self.exceptions_csv_filehandle, self.exceptions_csv, self.exceptions_csv_writer),
        ]
        for file, write, writer in files:
            file.seek(0)
            write(writer)
            file.truncate()
        self._stats_history_data_rows(self.stats_history_csv_writer, time.time())
