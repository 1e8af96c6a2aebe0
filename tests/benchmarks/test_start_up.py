"""How long a command takes until it has something to say, beside an interpreter that does nothing, and beside Typer."""

import subprocess
import sys

import pytest

from .side_by_side import Contestant, cpu_of_children

HELP = "from harness.cli import main; import sys; sys.argv = ['contactbench', '--help']; main()"
NO_FILE = (
    "from harness.cli import main; import sys; sys.argv = ['contactbench', 'upload', '--strategy', 'batch-api',"
    " '--leads', 'none.csv', '--lead-id', 'Lead ID', '--phone', 'Phone', '--run', 'run']; main()"
)
TYPER = """
from pathlib import Path
from typing import Annotated
import typer

def command(
    leads: Annotated[Path, typer.Option(help="A file.")] = Path("none.csv"),
    seed: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    raise typer.Exit(2)

typer.run(command)
"""

pytestmark = pytest.mark.benchmark


def process(name: str, program: str, code: int, cwd) -> Contestant:
    def work(_: None) -> int:
        command = [sys.executable, "-c", program]
        return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode

    return Contestant(name=name, work=work, done=lambda found: int(found == code), cpu=cpu_of_children)


@pytest.mark.benchmark(group="start-up")
def test_help(race, tmp_path):
    """Not twice what it takes to import Typer."""
    table = race(
        process("contactbench --help", HELP, 0, tmp_path),
        process("import typer", "import typer", 0, tmp_path),
        process("python -c pass", "pass", 0, tmp_path),
        title="until help is there",
        unit="starts",
        units=1,
        rounds=9,
        by="cpu",
    )
    table.hold("import typer", 1 / 2)


@pytest.mark.benchmark(group="start-up")
def test_a_command_that_has_no_file(race, tmp_path):
    """Not three times what a command of Typer takes that does nothing."""
    table = race(
        process("contactbench upload of no file", NO_FILE, 2, tmp_path),
        process("a command of Typer with two options", TYPER, 2, tmp_path),
        title="until a command complains of its input",
        unit="starts",
        units=1,
        rounds=9,
        by="cpu",
    )
    table.hold("a command of Typer with two options", 1 / 3)
