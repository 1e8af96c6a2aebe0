"""Draws docs/architecture.md from the code: `python -m tests.architecture` writes the generated parts of the page anew.

The floors are the `layers` contracts of pyproject.toml; an arrow means that a module of one room imports one of the
other at run time. Arrows that follow from others are left out.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("harness", "mockserver", "reports", "scenarios")
Arrows = dict[str, set[str]]


def room_of(module: str) -> str:
    """The room of a dotted name: `harness.client.retry` lies in `harness.client`; reports and scenarios are rooms."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] in ("harness", "mockserver") else parts[0]


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
            yield name.removesuffix(".__init__"), path


def imported(module: str, path: Path) -> Iterator[str]:
    """Dotted names that the module imports when it runs, wherever in it."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _nodes(node)


def arrows() -> Arrows:
    """Room to the rooms it imports, without what follows from other arrows."""
    found: Arrows = {}
    for module, path in modules():
        rooms = {room_of(name) for name in imported(module, path) if name.split(".")[0] in PACKAGES}
        found.setdefault(room_of(module), set()).update(rooms - {room_of(module), "harness", "mockserver"})
    return {room: {to for to in near if not _by_another(found, room, to)} for room, near in found.items()}


def _by_another(graph: Arrows, room: str, to: str) -> bool:
    """Whether `to` can also be reached over another room."""
    seen, todo = {room}, [near for near in graph[room] if near != to]
    while todo:
        here = todo.pop()
        if here == to:
            return True
        if here not in seen:
            seen.add(here)
            todo += graph.get(here, ())
    return False


def floors(package: str) -> list[list[str]]:
    """Rooms by floor, the top one first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one.get("containers") == [package])
    return [[f"{package}.{room.strip()}" for room in re.split(r"[:|]", floor)] for floor in layers]


def picture() -> str:
    lines = ["```mermaid", "flowchart TB"]
    for package in ("harness", "mockserver"):
        lines.append(f"  subgraph {package}")
        for number, floor in enumerate(floors(package)):
            rooms = " ~~~ ".join(f"{_id(room)}[{room.partition('.')[2]}]" for room in floor)
            lines.append(f"    subgraph {package}{number}[ ]\n      direction LR\n      {rooms}\n    end")
        lines.append("  end")
    lines += ["  reports[reports]", "  scenarios[scenarios]"]
    lines += [f"  {_id(room)} --> {_id(to)}" for room, near in sorted(arrows().items()) for to in sorted(near)]
    return "\n".join([*lines, "```"])


def _id(room: str) -> str:
    return room.replace(".", "_")


def rooms_table(package: str) -> str:
    """Floor, room and what it is about, in the words of its docstring."""
    lines = ["| floor | room | what it is about |", "|---|---|---|"]
    count = len(floors(package))
    for number, floor in enumerate(floors(package)):
        lines += [f"| {count - number} | `{room.partition('.')[2]}` | {_about(room)} |" for room in floor]
    return "\n".join(lines)


def _about(room: str) -> str:
    path = ROOT / room.replace(".", "/")
    source = path / "__init__.py" if (path / "__init__.py").is_file() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("|", "\\|")


def drawn(page: str) -> str:
    """The page with its generated parts as the code is now."""
    tables = {package: rooms_table(package) for package in ("harness", "mockserver")}
    return with_parts(page, {"picture": picture(), **tables})


def with_parts(page: str, parts: Mapping[str, str]) -> str:
    """A page with these texts between the comments that name them."""
    for name, text in parts.items():
        page = re.sub(
            rf"(<!-- {name}: [^\n]*-->\n).*?(\n<!-- end -->)",
            lambda found, text=text: f"{found[1]}\n{text}\n{found[2]}",
            page,
            count=1,
            flags=re.DOTALL,
        )
    return page


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
