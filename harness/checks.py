"""The outcome of a check, and how thresholds and the gate report it: as text, JSON, JUnit XML and Markdown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .files import replacement

Verdict = Literal["passed", "warned", "failed", "not measured"]
MARKS: dict[Verdict, str] = {"passed": "✓", "warned": "!", "failed": "✗", "not measured": "-"}
FAILED = 99  # exit code of a crossed threshold and of a failed gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`expected` and `found` are text for people; `note` explains the verdict where it needs explaining."""

    suite: str  # the group it belongs to: a strategy, or a layer of the gate
    name: str
    verdict: Verdict
    expected: str = ""
    found: str = ""
    note: str = ""

    @property
    def has_failed(self) -> bool:
        return self.verdict == "failed"

    def line(self) -> str:
        """One line for a terminal: verdict, suite, name, and what was found."""
        details = ", ".join(filter(None, (self.found, self.note)))
        return f"{MARKS[self.verdict]} {self.suite}: {self.name}" + (f" ({details})" if details else "")

    def entry(self) -> dict[str, Any]:
        """The check as a JSON object."""
        fields = ("suite", "name", "verdict", "expected", "found", "note")
        return {field: getattr(self, field) for field in fields}


def all_passed(checks: Iterable[Check]) -> bool:
    return not any(check.has_failed for check in checks)


# XML 1.0 cannot hold these, escaped or not. Source: https://www.w3.org/TR/xml/#charsets
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(checks: Sequence[Check], title: str) -> bytes:
    """JUnit XML with one suite for each group of adjacent checks; a warning passes, its note as output."""
    root = Element("testsuites", {"name": title, **_counts(checks)})
    for suite, group in groupby(checks, key=attrgetter("suite")):
        members = list(group)
        element = SubElement(root, "testsuite", {"name": _text(suite), **_counts(members)})
        for check in members:
            _case(element, check)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _case(parent: Element, check: Check) -> None:
    case = SubElement(parent, "testcase", classname=_text(check.suite), name=_text(check.name))
    details = _text("; ".join(filter(None, (_sides(check), check.note))))
    if check.verdict == "failed":
        SubElement(case, "failure", message=details).text = details
    elif check.verdict == "not measured":
        SubElement(case, "skipped", message=details)
    else:
        SubElement(case, "system-out").text = details


def _sides(check: Check) -> str:
    sides = (("expected", check.expected), ("found", check.found))
    return ", ".join(f"{side} {text}" for side, text in sides if text)


def _counts(checks: Sequence[Check]) -> dict[str, str]:
    skipped = sum(check.verdict == "not measured" for check in checks)
    failures = sum(check.has_failed for check in checks)
    return {"tests": str(len(checks)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _text(text: str) -> str:
    return UNWRITABLE.sub("?", text)


EMOJI = {"passed": "✅", "warned": "⚠️", "failed": "❌", "not measured": "➖"}


def markdown(checks: Sequence[Check], title: str) -> str:
    """A heading with the verdict and a table with a row per check, failed ones first."""
    verdict = "passed" if all_passed(checks) else "**failed**"
    ordered = sorted(checks, key=lambda check: not check.has_failed)
    rows = [
        _row((EMOJI[check.verdict], check.suite, check.name, check.expected, check.found, check.note))
        for check in ordered
    ]
    head = [_row(("", "of", "what", "expected", "found", "")), "|---|---|---|---|---|---|"]
    return "\n".join([f"### {title}: {verdict}", "", *head, *rows, "", ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """`text` on one line, with what would end the cell or be read as HTML escaped."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*")


JOB_SUMMARY = "GITHUB_STEP_SUMMARY"  # Source: https://docs.github.com/actions, workflow commands, job summaries


def require_ours(to_junit: Path | None, to_summary: Path | None) -> None:
    """Raises UsageError for a file that holds something else; what an earlier run wrote there may be replaced."""
    replacement.require_ours(to_junit, ours=b"<testsuites ")
    replacement.require_ours(to_summary, ours=b"### ")


def write(
    checks: Sequence[Check], title: str, *, to_junit: Path | None, to_summary: Path | None, environ: Mapping[str, str]
) -> None:
    """Write the files that were asked for, and append to the job summary that the environment names, if any."""
    if to_junit is not None:
        to_junit.parent.mkdir(parents=True, exist_ok=True)
        to_junit.write_bytes(junit(checks, title))
    if to_summary is not None:
        to_summary.parent.mkdir(parents=True, exist_ok=True)
        to_summary.write_text(markdown(checks, title), encoding="utf-8")
    if environ.get(JOB_SUMMARY):
        with Path(environ[JOB_SUMMARY]).open("a", encoding="utf-8") as file:
            file.write(markdown(checks, title))
