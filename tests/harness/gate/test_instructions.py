"""The program of the hot paths on trees that are not as they should be."""

import pytest

from harness.gate import instructions, wall_clock
from harness.gate.instructions import Tree, run_hot_paths


@pytest.fixture
def broken(tree):
    """A version that cannot encode a batch any more."""
    folder = tree("nothing")
    (folder.path / "harness" / "strategies" / "batches.py").write_text("")
    return folder


@pytest.fixture
def empty(tmp_path):
    """A tree with nothing in it but a package that cannot be imported."""
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").write_text("raise SystemExit('no')")
    return Tree(tmp_path, tmp_path / "compiled")


def test_a_path_that_a_tree_does_not_have(broken):
    """Is told, and the others are played."""
    played = run_hot_paths(broken, ["time", "encode", "check rows"])
    assert list(played.paths) == ["check rows"]
    assert "ImportError" in played.why_not("encode a batch")


def test_a_path_that_base_does_not_have(broken, base):
    """Has nothing to be compared with; one that head does not have fails."""
    checks = {"only": ["encode"], "leads": 0, "tell": lambda line: None}
    (new,) = wall_clock.wall_checks(broken, base, **checks)
    (gone,) = wall_clock.wall_checks(base, broken, **checks)
    assert (new.verdict, gone.verdict) == ("not measured", "failed")


def test_a_tree_that_does_not_run(empty, base):
    """Fails as head; as base it is nothing to compare with."""
    checks = {"only": ["encode"], "leads": 0, "tell": lambda line: None}
    (as_head,) = wall_clock.wall_checks(base, empty, **checks)
    (as_base,) = wall_clock.wall_checks(empty, base, **checks)
    assert (as_head.verdict, as_base.verdict) == ("failed", "not measured")


def test_without_valgrind(base, tmp_path, monkeypatch):
    """Instructions are not measured, and it says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (check,) = instructions.instruction_checks(base, base, [], tmp_path)
    assert (check.verdict, "valgrind is not installed" in check.note) == ("not measured", True)
