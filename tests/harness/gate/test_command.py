"""`contactbench gate`, as a script sees it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import harness
from harness.cli import app
from harness.gate import counts

KEPT = "mapped==leads"


@pytest.fixture
def gate(monkeypatch, tmp_path):
    """A function: exit code, document or None, messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def run(*arguments):
        done = CliRunner().invoke(app, ["gate", "--json", *map(str, arguments)], catch_exceptions=False)
        return done.exit_code, json.loads(done.stdout) if done.stdout else None, done.stderr

    return run


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The folder of a comparison of a few leads."""
    folder = tmp_path_factory.mktemp("compared") / "out"
    arguments = ["compare", "--leads", "50", "--strategies", "batch-api", "--out", str(folder)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    return folder


@pytest.mark.parametrize(
    ("thresholds", "code"), [((KEPT,), 0), ((KEPT, "requests<=3"), 99), (("speed>3",), 2), ((), 2)]
)
def test_a_finished_run(gate, compared, thresholds, code):
    """Is judged by thresholds alone; to name none is a mistake."""
    options = [word for one in thresholds for word in ("--threshold", one)]
    ended, document, messages = gate("--run", compared, *options)
    assert ended == code
    assert (code == 2) is ("thresholds" not in document)
    assert ("✗ batch-api: requests<=3" in messages) is (code == 99)


def test_a_run_that_is_not_proved(gate, compared):
    """Does not pass, whichever thresholds it keeps."""
    document = json.loads((compared / "run.json").read_text())
    document["strategies"][0]["verified"] = False
    copy = compared.parent / "unproved"
    (copy / "batch-api").mkdir(parents=True)
    (copy / "run.json").write_text(json.dumps(document))
    (copy / "batch-api" / "requests.parquet").write_bytes((compared / "batch-api" / "requests.parquet").read_bytes())
    ended, document, _ = gate("--run", copy, "--threshold", "lost==0")
    assert (ended, document["error"]["code"]) == (4, "VERIFY_FAILED")


@pytest.mark.parametrize(("reason", "code"), [("", 99), ("asked for by the client", 0)])
def test_counts_that_differ(gate, tmp_path, reason, code):
    """Fail, unless they are accepted for a reason, which is kept; files for CI servers are written either way."""
    expected = tmp_path / "counts.json"
    counts.write(counts.Expected(played=counts.Workload(leads=20), figures={"batch-api": {"requests": 1}}), expected)
    files = ("--junit", tmp_path / "junit.xml", "--summary", tmp_path / "summary.md")
    ended, document, _ = gate("--layers", "counts", "--expected", expected, "--accept", reason, *files)
    kept = json.loads((tmp_path / "runs" / "gate" / "gate.json").read_text())
    assert (ended, document["passed"], kept["accepted"]) == (code, False, reason)
    assert "| ❌ | counts | batch-api: requests | 1 |" in (tmp_path / "summary.md").read_text()
    assert "<failure" in (tmp_path / "junit.xml").read_text()


@pytest.mark.parametrize("arguments", [("--layers", "count"), ("--layers", "wall", "--base-tree", "."), ()])
def test_what_cannot_be_done(gate, arguments):
    """Exit 2, with a sentence: no such layer, no checkout, no committed counts."""
    ended, document, _ = gate(*arguments)
    assert (ended, "error" in document) == (2, True)


@pytest.mark.parametrize("layers", ["counts", "wall", "instructions", "instructions,wall"])
def test_a_gate_of_nothing_never_passes(gate, layers):
    """A typing error in a filter ends at once, and is told the paths that there are."""
    ended, document, messages = gate("--layers", layers, "--upload-leads", 0, "--only", "nosuch")
    assert (ended, document["error"]["code"]) == (2, "NO_CHECKS")
    assert "no hot path's name contains 'nosuch'; there are" in messages
    assert "encode" in messages


def test_a_gate_that_can_measure_nothing(gate, monkeypatch, tmp_path):
    """Without valgrind the instructions alone are no gate."""
    root = str(Path(harness.__file__).parents[1])
    monkeypatch.setenv("PATH", str(tmp_path))
    ended, document, messages = gate("--layers", "instructions", "--base-tree", root, "--head-tree", root)
    assert (ended, document["error"]["code"]) == (2, "NO_CHECKS")
    assert "valgrind is not installed" in messages


def test_no_layer(gate):
    """An empty list of layers is a mistake."""
    assert gate("--layers", "")[0] == 2
