"""Writes a report as a single HTML file that loads nothing else, and as Markdown for a ticket or a pull request."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from harness.files.atomic import private_opener
from reports import charts, estimates
from reports.page import ReportPage, build, build_estimate
from reports.recommendation import Recommendation
from reports.results import ReportError, load
from reports.tables import Table

_CODE = re.compile(r"`([^`]*)`")


def render(page: ReportPage) -> str:
    """The HTML of `page`. Texts are escaped; drawings are inserted unchanged, their texts being escaped already."""
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
    """`text` escaped, with passages between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704


def write(directory: Path, *, drawer: Callable[[], charts.Draw | None] = charts.drawer) -> list[Path]:
    """Write report.html and report.md from the documents in `directory`. Returns their paths. Raises ReportError."""
    page = _page(directory, drawer())
    return [
        _replace(directory / "report.html", render(page)),
        _replace(directory / "report.md", render_markdown(page)),
    ]


def _page(directory: Path, draw: charts.Draw | None) -> ReportPage:
    """The page of a run with its estimate, or of an estimate alone. An unreadable estimate does not stop a run's."""
    if not (directory / "run.json").exists() and (alone := estimates.load(directory)):
        return build_estimate(alone, draw)
    run = load(directory)
    try:
        return build(run, directory, draw, estimates.load(directory))
    except ReportError as error:
        return build(run, directory, draw, no_estimate=str(error))


def _replace(path: Path, text: str) -> Path:
    """Replace the file as a whole: a reader never sees half a report."""
    draft = path.with_name(path.name + ".part")
    with open(draft, "w", encoding="utf-8", opener=private_opener) as file:
        file.write(text)
    os.replace(draft, path)  # noqa: PTH105
    return path


_PARTS = re.compile(r"(`[^`]*`)")
_SPECIAL = re.compile(r"([\\`*_\[\]|#])")


def render_markdown(page: ReportPage) -> str:
    """The Markdown of `page`."""
    return "\n\n".join(_blocks(page)) + "\n"


def _blocks(page: ReportPage) -> Iterator[str]:
    yield f"# {_text(page.title)}"
    if page.banner:
        yield f"> **{page.label}** {_text(page.banner)}"
    if page.recommendation:
        yield from _recommendation(page.recommendation)
        yield "## Result"
    yield from (_text(sentence) for sentence in page.answer.sentences())
    yield from _section("Comparison", page.comparison)
    yield from _section("Limits", page.thresholds)
    for figure in page.figures:
        yield from _section(figure.title, figure.data)
    for figure in page.estimate:
        yield from _section(figure.title, figure.data)
    yield from _section("Estimate: twelve months", page.months)
    if page.no_estimate:
        yield f"The estimate is not shown: {_text(page.no_estimate)}"
    yield from _section("What went wrong, and what became of it", page.trouble)
    yield from _section("Sending twice", page.safety)
    yield from _section("Contact lists", page.lists)
    for name, table in page.operations.items():
        yield from _section(f"Operations of {name}", table)
    yield from _section("Profile", page.settings)
    yield from _section("Reproduce", page.reproduce)


def _recommendation(of: Recommendation) -> Iterator[str]:
    yield "## Recommendation"
    yield from (_text(sentence) for sentence in of.sentences)
    if of.needs.rows:
        yield _table(of.needs)
    if of.caveats:
        yield f"What would change it:\n\n{chr(10).join(f'- {_text(caveat)}' for caveat in of.caveats)}"


def _section(title: str, table: Table) -> Iterator[str]:
    """Heading, caption and table; nothing if the table has no rows."""
    if table.rows:
        yield f"## {_text(title)}"
        yield _text(table.caption)
        yield _table(table)


def _table(table: Table) -> str:
    return "\n".join([_row(table.head), _rule(table), *(_row(row) for row in table.rows)])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(_text(cell) for cell in cells)} |"


def _rule(table: Table) -> str:
    rest = "---:" if table.numbers else "---"
    return f"| {' | '.join(['---', *[rest] * (len(table.head) - 1)])} |"


def _text(text: str) -> str:
    """`text` on one line, with everything but code in backticks escaped for Markdown and HTML."""
    parts = _PARTS.split(" ".join(text.split()))
    return "".join(_literal_text(part) if part.startswith("`") and len(part) > 1 else _plain(part) for part in parts)


def _literal_text(part: str) -> str:
    return part.replace("|", "\\|")


def _plain(part: str) -> str:
    escaped = part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", escaped)
