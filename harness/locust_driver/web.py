"""The run in Locust's web interface."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Response, request

STATS_PATH = "/stats/requests"  # what the page asks for every second or two
TAB = "contactbench"
REPORT_PATH = "/contactbench/report"


def link_report(web_ui: Any, where: Callable[[], Path | None]) -> None:
    """The report of the run under a path of the web interface, linked where its downloads are."""

    def report() -> tuple[str, int]:
        path = where()
        if path is None or not path.exists():
            return "The run has not come to its end yet.\n", 404
        return path.read_text(encoding="utf-8"), 200

    web_ui.template_args["extended_csv_files"] = [{"href": REPORT_PATH, "title": "Report of the proved run"}]
    web_ui.app.add_url_rule(REPORT_PATH, "contactbench_report", web_ui.auth_required_if_enabled(report))


def add_tab(web_ui: Any, rows: Callable[[], list[dict[str, str]]]) -> None:
    """A tab with what `rows` says, refreshed with Locust's own figures."""
    columns = [{"key": "name", "title": "Contacts"}, {"key": "value", "title": "now"}]
    web_ui.template_args["extended_tabs"] = [{"title": "Contacts", "key": TAB}]
    web_ui.template_args["extended_tables"] = [{"key": TAB, "structure": columns}]

    def extended(response: Response) -> Response:
        if request.path.endswith(STATS_PATH) and response.is_json:
            shown = {**response.get_json(), "extended_stats": [{"key": TAB, "data": rows()}]}
            response.set_data(web_ui.app.json.dumps(shown))
        return response

    web_ui.app.after_request(extended)
