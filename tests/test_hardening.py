"""docs/security.md shows for each promise who proves it."""

import pytest

from .hardening import LINES, PAGE, ROOT, drawn, marks, marks_of

MARKS = marks()


def test_the_page_is_fresh():
    """If not: `python -m tests.hardening`."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page)


def test_no_mark_names_a_line_that_is_not_there():
    assert {name for mark in MARKS for name in mark.lines} - LINES.keys() == set()


def test_every_line_has_a_test_or_a_reason():
    proved = {name for mark in MARKS for name in mark.lines}
    assert [name for name, line in LINES.items() if name not in proved and not line.reason] == []


def test_the_lists_are_whole():
    """Numbers are those by which the marks know the lines: none may move."""
    assert [name for name in LINES if name.startswith("mock-")] == [f"mock-{number}" for number in range(1, 42)]
    assert [name for name in LINES if name.startswith("harness-")] == [f"harness-{number}" for number in range(1, 28)]


@pytest.mark.parametrize(
    "written",
    ["@pytest.mark.hardening(LINE)\ndef test_a(): ...", "@pytest.mark.hardening(f'mock-{1}')\ndef test_a(): ...",
     "@pytest.mark.hardening()\ndef test_a(): ...", "pytestmark = pytest.mark.hardening(17)"],
)  # fmt: skip
def test_marks_are_literal(written):
    """What is not can be read by nobody but Python."""
    with pytest.raises(ValueError):
        list(marks_of(written, ROOT / "tests" / "test_a.py"))


@pytest.mark.parametrize(
    ("written", "test"),
    [
        ("@pytest.mark.hardening('mock-1', 'mock-2')\ndef test_a(): ...", "test_a"),
        ("class TestA:\n    @pytest.mark.hardening('mock-1', 'mock-2')\n    def test_a(self): ...", "TestA"),
        (("@pytest.mark.parametrize('a', [pytest.param(1, marks=pytest.mark.hardening('mock-1', 'mock-2'))])\n"
         "async def test_a(a): ..."), "test_a"),
        ("pytestmark = [pytest.mark.anyio, pytest.mark.hardening('mock-1', 'mock-2')]", ""),
    ],
)  # fmt: skip
def test_marks_are_found(written, test):
    """On tests, on cases, on classes, and for a whole module."""
    ((lines, path, found),) = marks_of(written, ROOT / "tests" / "test_a.py")
    assert (lines, path, found) == (("mock-1", "mock-2"), "tests/test_a.py", test)
