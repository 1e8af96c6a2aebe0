"""Old words stay away: those that docs/glossary.md has a better one for, and that nobody needs any more."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GONE = (
    "bystander", "deeds", "desk", "errand", "handout", "ordeal", "skeleton", "striker", "striking",
    "torture", "tortured",
)  # fmt: skip
PLACES = ("harness", "mockserver", "reports", "scenarios", "docs", "README.md", "CONTRIBUTING.md")
HISTORY = {"docs/glossary.md"}  # names old words so that they can be looked up
ALIASES = {("tests/README.md", "torture"), ("docs/chaos.md", "torture")}  # `tox -e torture` still works


def texts():
    for place in PLACES:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in found:
            if file.suffix in {".py", ".md", ".html", ".toml"} and str(file.relative_to(ROOT)) not in HISTORY:
                yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")


@pytest.mark.parametrize("word", GONE)
def test_an_old_word_stays_away(word):
    """As a word, or as a part of a name; the glossary says what to write instead."""
    pattern = re.compile(rf"(?<![a-z]){word}(?![a-z])", re.IGNORECASE)
    assert [name for name, text in texts() if pattern.search(text) and (name, word) not in ALIASES] == []
