"""The report as one HTML file: no scripts, nothing loaded from elsewhere."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from reports import charts, estimates, markdown
from reports.page import ReportPage, build, build_estimate
from reports.results import ReportError, load

_CODE = re.compile(r"`([^`]*)`")


def render(page: ReportPage) -> str:
    """The HTML of `page`. Texts are escaped; drawings, whose own texts are escaped already, go in as they are."""
    return _environment().get_template("report.html.j2").render(page=page)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["rich"] = _rich
    environment.filters["drawing"] = Markup
    return environment


def _rich(text: str) -> Markup:
    """`text` escaped, with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704


# Writes the documents of a run beside its run.json, or of an estimate beside its estimate.json.


def write(directory: Path, *, drawer: Callable[[], charts.Draw | None] = charts.drawer) -> list[Path]:
    """The paths of report.html and report.md, drawn from what is in `directory`. Raises ReportError."""
    page = _page(directory, drawer())
    return [
        _replace(directory / "report.html", render(page)),
        _replace(directory / "report.md", markdown.render_markdown(page)),
    ]


def _page(directory: Path, draw: charts.Draw | None) -> ReportPage:
    """A run with the estimate beside it, or the estimate alone. A broken estimate takes no run's report away."""
    if not (directory / "run.json").exists() and (alone := estimates.load(directory)):
        return build_estimate(alone, draw)
    run = load(directory)
    try:
        return build(run, directory, draw, estimates.load(directory))
    except ReportError as error:
        return build(run, directory, draw, no_estimate=str(error))


def _replace(path: Path, text: str) -> Path:
    """Write the whole file or nothing: a reader never sees half a report."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)  # noqa: PTH105
    return path
