"""The report as Markdown, for a ticket or a pull request: the same words and tables, no drawings."""

import re
from collections.abc import Iterator

from reports.page import ReportPage
from reports.recommendation import Recommendation
from reports.tables import Table

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
    if of.doubts:
        yield f"What would change it:\n\n{chr(10).join(f'- {_text(doubt)}' for doubt in of.doubts)}"


def _section(title: str, table: Table) -> Iterator[str]:
    """Heading, caption and table; nothing for a table without rows."""
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
    """`text` on one line, with nothing in it that Markdown or HTML would read as markup, but for code in backticks."""
    parts = _PARTS.split(" ".join(text.split()))
    return "".join(_literal_text(part) if part.startswith("`") and len(part) > 1 else _plain(part) for part in parts)


def _literal_text(part: str) -> str:
    return part.replace("|", "\\|")


def _plain(part: str) -> str:
    escaped = part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", escaped)
