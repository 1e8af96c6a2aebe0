"""README and docs as a reader sees them: fenced blocks, what is said before them, links, headings, commands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNS = "sh"  # what a reader pastes into a shell
DATA = frozenset({"text", "toml", "json", "yaml", "python", "js", "mermaid"})
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>[^>]+) -->")
FENCE = re.compile(r"(?P<indent> *)```(?P<info>.*)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<to>[^)\s]+)\)")
SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    document: str
    line: int
    info: str
    text: str
    not_run: str  # why no machine of ours can run it; empty: it is run

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass(frozen=True)
class Document:
    name: str  # relative to the repository

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @cached_property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    @cached_property
    def blocks(self) -> list[Block]:
        return list(_blocks(self.name, self.lines))

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        kept, within = [], False
        for line in self.lines:
            if FENCE.fullmatch(line):
                within = not within
            elif not within:
                kept.append(line)
        return "\n".join(kept)

    @property
    def links(self) -> list[str]:
        return [link["to"] for link in LINK.finditer(SPAN.sub("", self.prose)) if "://" not in link["to"]]

    @property
    def spans(self) -> list[str]:
        """What stands between backticks."""
        return SPAN.findall(self.prose.replace("\n", " "))

    @property
    def anchors(self) -> set[str]:
        return {_anchor(line.lstrip("#")) for line in self.prose.splitlines() if line.startswith("#")}


def documents() -> list[Document]:
    folders = ("docs/*.md", "mockserver/*.md", "reports/**/README.md", "deploy/*.md")
    roots = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/README.md")]
    found = [*roots, *(path for folder in folders for path in sorted(ROOT.glob(folder)))]
    return [Document(str(path.relative_to(ROOT))) for path in found]


def commands(block: Block) -> Iterator[str]:
    """Each command of a shell block, a line that goes on as one."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def words(command: str) -> list[str]:
    """As a shell splits them, without comments and the variables set in front."""
    split = shlex.split(command, comments=True)
    while split and re.match(r"\w+=", split[0]):
        split.pop(0)
    return split


def _blocks(name: str, lines: list[str]) -> Iterator[Block]:
    opened, said = 0, ""
    for number, line in enumerate(lines, 1):
        fence = FENCE.fullmatch(line)
        if fence and not opened:
            opened, info = number, fence["info"].strip()
            before = next((text for text in reversed(lines[: number - 1]) if text.strip()), "")
            comment = NOT_RUN.fullmatch(before.strip())
            said = comment["reason"] if comment else ""
        elif fence:
            text = "\n".join(lines[opened : number - 1]) + "\n"
            yield Block(document=name, line=opened, info=info, text=text, not_run=said)
            opened = 0
    assert not opened, f"{name}:{opened}: a block is never closed"


def _anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    plain = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return plain.replace(" ", "-")
