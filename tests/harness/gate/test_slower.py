"""A version that does a thing twice, against the one that does it once; and one that is the same, on a busy machine.

`tox -e gate` asks the last ten times, whole uploads among them.
"""

import os
import shutil
import subprocess
import sys

import pytest

from harness.checks import all_passed
from harness.gate.instructions import instruction_checks
from harness.gate.wall_clock import wall_checks

pytestmark = pytest.mark.slow  # tests/README.md says what is quicker

RUNS = int(os.environ.get("CONTACTBENCH_GATE_RUNS", "1"))
UPLOAD_LEADS = int(os.environ.get("CONTACTBENCH_GATE_LEADS", "0"))
PATH = "join an answer"


@pytest.fixture
def busy():
    """Another process takes all of a core."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        yield
        other.kill()


@pytest.mark.timeout(1800)  # half a minute of CPU, which may be long in coming
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind counts the instructions; it is not installed")
def test_twice_the_instructions(tree, base, tmp_path):
    """Fail: twice as many, whatever else the machine does; callgrind's files say where."""
    (check,) = instruction_checks(base, tree("twice the work"), [PATH], tmp_path)
    assert (check.name, check.verdict) == (PATH, "failed")
    assert float(check.note.rstrip("%")) == pytest.approx(100, abs=2)
    assert len(list(tmp_path.rglob("callgrind.out.join-an-answer"))) == 2  # of base and of head


def test_twice_the_time(tree, base):
    """Fails by the clock as well, and what is as it was passes."""
    checks = wall_checks(base, tree("twice the work"), leads=0, only=["join", "encode"], tell=lambda line: None)
    assert {check.name: check.verdict for check in checks} == {"encode a batch": "passed", PATH: "failed"}


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("run", range(RUNS))
def test_unchanged_code_on_a_busy_machine(tree, base, busy, run):
    """Does not fail."""
    only = [] if UPLOAD_LEADS else [PATH, "encode"]
    checks = wall_checks(base, tree("nothing"), leads=UPLOAD_LEADS, only=only, tell=lambda line: None)
    assert all_passed(checks), "\n".join(check.line() for check in checks)
