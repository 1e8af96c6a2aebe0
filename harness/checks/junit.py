"""Checks as JUnit XML, which CI servers show as tests."""

import re
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from . import Check

# XML 1.0 has no place for these, escaped or not. Source: https://www.w3.org/TR/xml/#charsets
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(checks: Sequence[Check], title: str) -> bytes:
    """A suite a group of checks that stand together; a warning passes, with its note as output."""
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
    told = _text("; ".join(filter(None, (_sides(check), check.note))))
    if check.verdict == "failed":
        SubElement(case, "failure", message=told).text = told
    elif check.verdict == "not measured":
        SubElement(case, "skipped", message=told)
    else:
        SubElement(case, "system-out").text = told


def _sides(check: Check) -> str:
    sides = (("expected", check.expected), ("found", check.found))
    return ", ".join(f"{side} {told}" for side, told in sides if told)


def _counts(checks: Sequence[Check]) -> dict[str, str]:
    skipped = sum(check.verdict == "not measured" for check in checks)
    failures = sum(check.failed for check in checks)
    return {"tests": str(len(checks)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _text(text: str) -> str:
    return UNWRITABLE.sub("?", text)
