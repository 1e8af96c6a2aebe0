"""Versions out of git."""

import subprocess

import pytest

from harness.errors import UsageError
from harness.gate import default_base, require_tree, worktree


@pytest.fixture
def repository(tmp_path):
    """Two commits on main; the branch that is checked out has a third one."""
    folder = tmp_path / "repository"
    (folder / "harness").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for number in (1, 2, 3):
        if number == 3:
            git(folder, "checkout", "--quiet", "-b", "change")
        (folder / "harness" / "__init__.py").write_text(f"number = {number}\n")
        git(folder, "add", ".")
        git(folder, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", str(number))
    return folder


def git(folder, *arguments):
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def number_in(tree):
    return (tree / "harness" / "__init__.py").read_text().strip()


def test_a_checkout_beside_this_one(repository):
    """Is the version asked for, and gone afterwards; the repository is as it was."""
    with worktree("main~1", repository) as tree:
        assert number_in(tree) == "number = 1"
    assert (tree.exists(), number_in(repository)) == (False, "number = 3")
    listed = subprocess.run(["git", "-C", str(repository), "worktree", "list"], capture_output=True, text=True)
    assert len(listed.stdout.splitlines()) == 1


@pytest.mark.parametrize(("branch", "number"), [("change", 2), ("main", 1)])
def test_what_to_compare_with(repository, branch, number):
    """Where the branch began; on main itself, the commit before."""
    git(repository, "checkout", "--quiet", branch)
    with worktree(default_base(repository), repository) as tree:
        assert number_in(tree) == f"number = {number}"


def test_no_such_version(repository, tmp_path):
    """Is a usage error that says what git said, and nothing is left behind."""
    with pytest.raises(UsageError, match="--base REF"), worktree("no-such-ref", repository):
        pass
    with pytest.raises(UsageError, match="not a checkout"):
        require_tree(tmp_path)
