"""Writes the documents of a run beside its run.json."""

import os
from collections.abc import Callable
from pathlib import Path

from reports import charts, html, markdown
from reports.page import build
from reports.results import load


def write(directory: Path, *, drawer: Callable[[], charts.Draw | None] = charts.drawer) -> list[Path]:
    """The paths of report.html and report.md, drawn from the run in `directory`. Raises ReportError."""
    page = build(load(directory), directory, drawer())
    return [
        _replace(directory / "report.html", html.render(page)),
        _replace(directory / "report.md", markdown.render(page)),
    ]


def _replace(path: Path, text: str) -> Path:
    """Write the whole file or nothing: a reader never sees half a report."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)  # noqa: PTH105
    return path
