"""The report as one HTML file: no scripts, nothing loaded from elsewhere."""

import re
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from reports.page import Page

_CODE = re.compile(r"`([^`]*)`")


def render(page: Page) -> str:
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
