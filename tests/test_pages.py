"""How the pages are written: lines that a diff can show."""

import re

import pytest

from .outside.documents import FENCE, documents

WIDTH = 120
DOCUMENTS = documents()


def _prose(document):
    """Lines with their numbers, without blocks and tables."""
    within = False
    for number, line in enumerate(document.lines, 1):
        if FENCE.fullmatch(line):
            within = not within
        elif not within and not line.lstrip().startswith("|"):
            yield number, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_lines_of_prose_are_no_wider_than_120(document):
    """Tables, blocks and what cannot be broken, such as a link, may be wider."""
    wide = [(number, line) for number, line in _prose(document) if len(line) > WIDTH and " " in line.strip()]
    assert [number for number, line in wide if not re.fullmatch(r"\s*(- )?\S+( \S+)?", line)] == []
