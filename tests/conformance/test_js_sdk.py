"""The official JavaScript SDK, unchanged, against the same mock: its tests are in `js`, one file a subject."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.conformance

JS = Path(__file__).parent / "js"
FILES = sorted(file.name for file in JS.glob("*.test.mjs"))
NODE = shutil.which("node")


def lines_of(command, environment):
    """What a command printed; fails with all of it unless the command succeeded."""
    ran = subprocess.run(command, cwd=JS, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """What the tests need of this process, and a home of their own: the SDK reads and watches a file there."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.fixture(scope="session")
def installed():
    """The SDK, as the lock file says: installed once, and again only when that file has changed."""
    if NODE is None:
        pytest.skip("node is not on the PATH: the JavaScript SDK was not tried")
    wanted, got = JS / "package-lock.json", JS / "node_modules/.package-lock.json"
    if not got.exists() or got.stat().st_mtime < wanted.stat().st_mtime:
        lines_of(["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"], None)


@pytest.mark.parametrize("file", FILES)
def test_a_file(installed, environment, mock, file):
    """Every test in the file passes, and none is left out."""
    reached = {"MOCK_URL": mock.url, "MOCK_CONTROL_URL": mock.control_url, "MOCK_CONTROL_TOKEN": mock.control_token}
    printed = lines_of([NODE, "--test", "--test-reporter=tap", file], environment | reached)
    said = dict(line[2:].rsplit(" ", 1) for line in printed if line.startswith("# "))
    assert int(said["pass"]) == int(said["tests"]) >= 1
    assert (said["skipped"], said["todo"], said["cancelled"]) == ("0", "0", "0")


def test_there_are_files():
    """So that none is lost without a word."""
    assert len(FILES) >= 7
