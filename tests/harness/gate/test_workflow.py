"""The workflow that runs the gate on every change."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path):
    """By commit, since a tag may be moved, with the version that it was."""
    uses = re.findall(r"uses: (.*)", path.read_text())
    assert uses
    assert [one for one in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", one)] == []


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "docs" / "gate.md"], ids=lambda path: path.name)
def test_its_options_exist(path):
    """Every option that the workflow, or the page about the gate, gives to a command is one."""
    for command, told in re.findall(r"contactbench (gate|compare|upload) ([^\n|`]*)", path.read_text()):
        known = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).stdout
        assert [option for option in re.findall(r"--[a-z-]+", told) if option not in known] == [], command
