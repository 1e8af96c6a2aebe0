"""What a command may load before it has something to say: a person waits for it, and a script calls it often."""

import subprocess
import sys

import pytest

# Each of these takes 30 to 200 ms of CPU to load, and is needed by the work of some commands only.
HEAVY = {"aiohttp", "altair", "duckdb", "gevent", "httpx", "jinja2", "locust", "numpy", "rich", "scipy"}
PROGRAM = """
import contextlib, io, sys
from harness.cli import app
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    app(sys.argv[1:])
print(*{name.partition(".")[0] for name in sys.modules})
"""
NO_FILE = ("--leads", "no-such-file.csv", "--lead-id", "Lead ID", "--phone", "Phone")
ASKS = {
    "--help": ("--help",),
    "upload --help": ("upload", "--help"),
    "a wrong command": ("uplod",),
    "an upload of no file": ("upload", "--strategy", "batch-api", *NO_FILE, "--run", "run"),
    "a comparison of no file": ("compare", *NO_FILE, "--out", "out"),
}


def loaded(cwd, *arguments: str) -> set[str]:
    """The top-level modules in a process that has had its say."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return set(subprocess.run(command, cwd=cwd, capture_output=True, check=True, text=True).stdout.split())


@pytest.mark.parametrize("ask", ASKS)
def test_nothing_heavy_is_loaded_before_a_command_has_something_to_say(tmp_path, ask):
    """Help and complaints about the input come first."""
    modules = loaded(tmp_path, *ASKS[ask])
    assert "typer" in modules
    assert not modules & HEAVY


def test_help_reads_no_settings(tmp_path):
    """pydantic, which reads options and settings, is not needed for it."""
    assert not loaded(tmp_path, "--help") & {"asyncio", "mockserver", "pydantic", "pydantic_settings"}
