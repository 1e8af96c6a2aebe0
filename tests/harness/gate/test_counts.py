"""Figures that no machine changes, and what differs from them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.gate import counts

EXPECTED = Path(__file__).parents[2] / "benchmarks" / "expected" / "counts.json"
FIGURES = {"a": {"requests": 14, "bytes": 100}, "b": {"requests": 20}}
MAIN = "from harness.cli import main; main()"


def gated(tree: Path, *arguments: str) -> subprocess.CompletedProcess:
    """`contactbench gate` of that version."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tree)}
    command = [sys.executable, "-P", "-c", MAIN, "gate", "--layers", "counts", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=900)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (FIGURES, []),
        ({**FIGURES, "a": {"requests": 15, "bytes": 100}}, [("a: requests", "14", "15")]),
        ({**FIGURES, "a": {"requests": 14}}, [("a: bytes", "100", "none")]),
        ({**FIGURES, "b": {"requests": 20, "retries": 1}}, [("b: retries", "none", "1")]),
        ({"a": FIGURES["a"]}, [("b", "", "")]),
        ({**FIGURES, "c": {}}, [("c", "", "")]),
    ],
)
def test_a_difference(found, told):
    """Is told by strategy and figure, with what was expected and what was found; there is no tolerance."""
    failed = [check for check in counts.differences(FIGURES, found) if check.has_failed]
    assert [(check.name, check.expected, check.found) for check in failed] == told


def test_an_expectation_is_written_and_read(tmp_path):
    """With what has to be played for it."""
    expected = counts.Expected(played=counts.Workload(leads=7, seed=2, profile="optimistic"), figures=FIGURES)
    counts.write(expected, tmp_path / "new" / "counts.json")
    assert counts.read(tmp_path / "new" / "counts.json") == expected


@pytest.mark.parametrize("content", [None, "{", "{}", '{"schema": 0, "played": {}, "strategies": {}}'])
def test_no_expectation(tmp_path, content):
    """Is told with the command that makes one."""
    if content is not None:
        (tmp_path / "counts.json").write_text(content)
    with pytest.raises(UsageError, match="--update"):
        counts.read(tmp_path / "counts.json")


def test_the_committed_counts(tmp_path):
    """Are those of this version. If a difference is meant: `contactbench gate --update`, and say why."""
    expected = counts.read(EXPECTED)
    found = counts.measure(expected.played, tmp_path / "counts", lambda line: None)
    assert [check.line() for check in counts.differences(expected.figures, found) if check.has_failed] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_request_more_a_batch(tmp_path, tree, base):
    """Fails the gate, which names the operation; the version without it passes."""
    here = ("--expected", str(tmp_path / "counts.json"), "--out", str(tmp_path / "out"), "--leads", "2000")
    assert gated(base.path, *here, "--update").returncode == 0
    ended = gated(tree("a request more").path, *here[:4], "--json")
    failed = {check["name"]: check["found"] for check in json.loads(ended.stdout)["checks"]}
    assert (ended.returncode, failed["batch-api: lists.get, requests"]) == (99, "2")
