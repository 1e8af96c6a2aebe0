"""Old words stay away: those for which docs/glossary.md has a better one, unless an interface keeps them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Gone as words and as parts of names, in code and in pages.
GONE = (
    "asker", "awake", "belongings", "bookkeeping", "books", "bystander", "canned", "deeds", "desk", "eras", "errand",
    "foresight", "handout", "keeper", "meddling", "meddled", "notebook", "ordeal", "sealed", "seat", "skeleton", "slot",
    "strike", "striker", "striking", "torture", "tortured", "worlds", "zygote",
)  # fmt: skip
# Ordinary words in a sentence, but gone as parts of the names of modules, classes and functions.
GONE_AS_NAMES = {
    "doubtful", "doubts", "held", "hold", "judge", "ledger", "luck", "lucky", "notes", "questions", "room", "series",
    "shell", "spread", "struck", "told", "world",
}  # fmt: skip
PACKAGES = ("harness", "mockserver", "reports", "scenarios")
PLACES = (*PACKAGES, "docs", "README.md", "CONTRIBUTING.md")
HISTORY = {"docs/glossary.md"}  # names old words so that they can be looked up
ALIASES = {  # interfaces that keep an old word
    ("docs/chaos.md", "torture"),  # `tox -e torture`
    ("docs/scripting.md", "belongings"),  # belongings.jsonl, a file of a run
    ("harness/runs/created_resources.py", "belongings"),
    ("harness/runs/asyncio_runner.py", "foresight"),  # the name of a stage, kept in journals
    ("harness/strategies/preconditions.py", "foresight"),
}
NAMED = {  # names that keep an old word
    ("mockserver/control/api.py", "ledger"),  # GET /ledger
}


def texts():
    for place in PLACES:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in found:
            if file.suffix in {".py", ".md", ".html", ".toml"} and str(file.relative_to(ROOT)) not in HISTORY:
                yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")


def names():
    """Modules, classes and functions of the packages, each with its file."""
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        yield str(path.relative_to(ROOT)), path.stem
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield str(path.relative_to(ROOT)), node.name


@pytest.mark.parametrize("word", GONE)
def test_an_old_word_stays_away(word):
    """As a word, or as a part of a name; the glossary says what to write instead."""
    pattern = re.compile(rf"(?<![a-z]){word}(?![a-z])", re.IGNORECASE)
    assert [name for name, text in texts() if pattern.search(text) and (name, word) not in ALIASES] == []


def test_old_words_are_no_names():
    """A function, class or module is called by the word of the glossary."""
    found = {(file, name, word.lower()) for file, name in names() for word in re.findall(r"[A-Z]?[a-z]+", name)}
    assert {(file, name) for file, name, word in found if word in GONE_AS_NAMES and (file, word) not in NAMED} == set()
