"""The run in Locust's web interface."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
