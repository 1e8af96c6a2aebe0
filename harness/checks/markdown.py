"""Checks as a Markdown table, for the summary of a job or a comment on a pull request."""

from collections.abc import Sequence

from . import Check, passed

MARKS = {"passed": "✅", "warned": "⚠️", "failed": "❌", "not measured": "➖"}


def markdown(checks: Sequence[Check], title: str) -> str:
    """A heading with the verdict, and a row a check, those that failed first."""
    verdict = "passed" if passed(checks) else "**failed**"
    ordered = sorted(checks, key=lambda check: not check.failed)
    rows = [
        _row((MARKS[check.verdict], check.suite, check.name, check.expected, check.found, check.note))
        for check in ordered
    ]
    head = [_row(("", "of", "what", "expected", "found", "")), "|---|---|---|---|---|---|"]
    return "\n".join([f"### {title}: {verdict}", "", *head, *rows, "", ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """`text` on one line, with nothing in it that would end its cell or be taken for HTML."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*")
