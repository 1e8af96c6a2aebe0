"""README and docs run: every block of commands as pasted, in order, in a fresh shell and a fresh clone."""

import re

import pytest

from .clone import Clone, runnable
from .documents import Document, documents

pytestmark = [pytest.mark.smoke, pytest.mark.timeout(900)]

README = Document("README.md")
PAGES = [document for document in documents() if runnable(document) and document.name != README.name]
PRINTED = "<!-- printed by the commands above, with other figures -->"


@pytest.fixture(scope="session")
def one_clone(tmp_path_factory) -> Clone:
    return Clone.made(tmp_path_factory.mktemp("clone") / "contactbench")


@pytest.fixture
def clone(one_clone) -> Clone:
    """A clone as new. The installation is the README's first command."""
    one_clone.clean()
    if not (one_clone.folder / ".venv/bin/contactbench").exists():
        install = one_clone.paste(runnable(README)[:1], activated=False)
        assert install.code == 0, install.out
        one_clone.clean()
    return one_clone


def test_the_readme(one_clone):
    """All of it, from the installation on, in one shell; what it shows of the output is what is printed."""
    pasted = one_clone.paste(runnable(README), activated=False, timeout_s=800)
    assert pasted.code == 0, pasted.out
    assert "Traceback" not in pasted.out, pasted.out
    printed = {_without_figures(line) for line in pasted.out.splitlines()}
    assert [line for line in _shown(README) if _without_figures(line) not in printed] == [], pasted.out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page(clone, page):
    """Each page by itself, in the environment that the README makes."""
    pasted = clone.paste(runnable(page), activated=True, timeout_s=800)
    assert pasted.code == 0, pasted.out
    assert "Traceback" not in pasted.out, pasted.out


def test_the_project_of_the_testing_page(clone, tmp_path):
    """docs/testing.md's files, copied into a folder of their own, pass."""
    blocks = [block for block in Document("docs/testing.md").blocks if block.info == "python" and not block.not_run]
    for block in blocks:
        (tmp_path / block.text.splitlines()[0].removeprefix("# ")).write_text(block.text)
    tests = sum(block.text.count("def test_") for block in blocks)
    pasted = clone.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)
    assert pasted.code == 0, pasted.out
    assert f"{tests} passed" in pasted.out


def _shown(document: Document) -> list[str]:
    """The lines that a document says its commands print."""
    after = [number + 2 for number, line in enumerate(document.lines) if line == PRINTED]
    return [line for block in document.blocks if block.line in after for line in block.text.splitlines()]


def _without_figures(line: str) -> str:
    """`1,500,000 of 1,500,000 mapped in 2 min 10 s` and `20,000 of 20,000 mapped in 16.6 s` are one sentence."""
    return re.sub(r"\d[\d,.]*( min| h| s| ms)?( \d+ s)?", "N", line).strip()
