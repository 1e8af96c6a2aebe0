"""Draws docs/coverage.md: `python -m tests.coverage` writes its generated parts anew.

What is served stands in the rows of `mockserver.operations`, what the platform has in `official_outbound.txt`. Who
calls an operation is read from the texts of the tests, by the name that each tool has for it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mockserver.openapi import error_codes
from mockserver.operations import BASE, OPERATIONS, OfficialOperation, official_operations

from .architecture import with_parts

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"
CONFORMANCE = ROOT / "tests" / "conformance"
TEXTS = {
    "JavaScript SDK": sorted(CONFORMANCE.glob("js/*.mjs")),
    "Terraform": sorted(CONFORMANCE.glob("*terraform*.py")),
    "CLI": [CONFORMANCE / "test_gc_cli.py"],
    "story": [CONFORMANCE / "test_story.py"],
}


def is_served(operation: OfficialOperation) -> bool:
    """`tests/conformance/test_sdk_every_operation.py` calls each of these by the Python SDK."""
    return (operation.method, _without_names(operation.path)) in _SERVED


def operations_table() -> str:
    """Of each family how many operations there are, are served, and are called by whom."""
    families: dict[str, list[OfficialOperation]] = {}
    for operation in official_operations():
        families.setdefault(_family(operation), []).append(operation)
    lines = [
        f"| family | official | served | Python SDK | {' | '.join(TEXTS)} | instead |",
        "|---|---|---|---|" + "---|" * (len(TEXTS) + 1),
    ]
    total: Counter[str] = Counter()
    for family, listed in sorted(families.items()):
        served = [each for each in listed if is_served(each)]
        counts = {"official": len(listed), "served": len(served), "Python SDK": len(listed)}
        counts["JavaScript SDK"] = sum(_is_called_in_js(each) for each in listed)
        total.update(counts)
        named = {tool: "yes" if _names(tool, family) else "" for tool in ("Terraform", "CLI", "story")}
        instead = "" if len(served) == len(listed) else listed[0].instead
        cells = [f"`{family}`", *map(str, counts.values()), *named.values(), instead]
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("| all | " + " | ".join(str(count) for count in total.values()) + " | | | | |")
    return "\n".join(lines)


def codes_table() -> str:
    """Of each status how many codes the mock knows, and which of them no test names."""
    known: dict[int, set[str]] = {}
    for operation in OPERATIONS:
        for status, codes in error_codes(operation).items():
            known.setdefault(status, set()).update(codes)
    known.setdefault(501, set()).add("mock.not.imitated")
    tested = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.py")))
    lines = ["| status | codes | played by a test | by none |", "|---|---|---|---|"]
    for status, codes in sorted(known.items()):
        left = sorted(code for code in codes if f'"{code}"' not in tested)
        lines.append(f"| {status} | {len(codes)} | {len(codes) - len(left)} | {_quoted(left)} |")
    return "\n".join(lines)


def drawn(page: str) -> str:
    """The page with its generated parts as the code is now."""
    return with_parts(page, {"operations": operations_table(), "codes": codes_table()})


def _without_names(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)


_SERVED = {(each.method, _without_names(each.path)) for each in OPERATIONS}


def _family(operation: OfficialOperation) -> str:
    return operation.path.removeprefix(BASE).split("/")[1]


def _is_called_in_js(operation: OfficialOperation) -> bool:
    first, *rest = operation.name.split("_")
    return f".{first}{''.join(word.title() for word in rest)}(" in _text("JavaScript SDK")


def _names(tool: str, family: str) -> bool:
    """Whether the tool's tests have the family's path, or an SDK's name for one of its operations."""
    return re.search(rf"[/_]{family}\b|_outbound_{family.removesuffix('s')}[s_(]", _text(tool)) is not None


def _text(tool: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in TEXTS[tool])


def _quoted(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
