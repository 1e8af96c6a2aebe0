import shutil
import sys
from pathlib import Path

import pytest

from harness.gate.instructions import Tree

ROOT = Path(__file__).parents[3]

TWICE = """

_once = added_contacts


def added_contacts(*arguments):
    _once(*arguments)
    return _once(*arguments)
"""
ONE_MORE = """

_without = upload


def upload(batch, job, **known):
    yield from _without(batch, job, **known)
    yield api.get_list(batch.contact_list_id)
"""
PLANTED = {
    "nothing": ("harness/domain.py", "\n"),
    "twice the work": ("harness/api/contacts.py", TWICE),
    "a request more": ("harness/strategies/batch_api.py", ONE_MORE),
}


@pytest.fixture
def tree(tmp_path_factory):
    """A function: a copy of this version with something planted in it."""

    def planted(what: str) -> Tree:
        folder = tmp_path_factory.mktemp("tree")
        for package in ("harness", "mockserver", "reports"):
            shutil.copytree(
                ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "sample", "*.tmp")
            )
        name, text = PLANTED[what]
        with (folder / name).open("a") as file:
            file.write(text)
        return Tree(folder, folder / "compiled")

    return planted


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """This version as it is."""
    return Tree(ROOT, tmp_path_factory.mktemp("compiled"))


@pytest.fixture(autouse=True)
def without_charts(monkeypatch):
    """Reports of commands in this process have no charts: to draw them takes longer than a small upload."""
    monkeypatch.setitem(sys.modules, "altair", None)
