"""Writes the table of guards into docs/sandbox.md: what must hold, the outcome where it does not, the test that shows.

python tests/failures/org_safety/table.py
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "sandbox.md"
BEGIN, END = "<!-- guards: by tests/failures/org_safety/table.py -->\n", "<!-- end of guards -->\n"


def page() -> str:
    """The page as it should be."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def table() -> str:
    lines = ["| guard | where it does not hold | test |", "|---|---|---|"]
    outcomes = dict(tests())
    for guard, nodes in guards().items():
        for number, node in enumerate(nodes):
            lines.append(f"| {'' if number else guard} | {outcomes[node]} | `{node}` |")
    return "\n".join(lines) + "\n"


def guards() -> dict[str, list[str]]:
    """The tests of each guard."""
    found: dict[str, list[str]] = tomllib.loads((HERE / "guards.toml").read_text())
    return found


def tests() -> Iterator[tuple[str, str]]:
    """Every test of this folder, and what it says."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and path.name != "test_table.py":
                yield f"{path.name}::{node.name}", " ".join((ast.get_docstring(node) or "").split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
