"""Limits of `upload` and `compare`: told, written down, and an exit code."""

import json

import pytest
from typer.testing import CliRunner

from harness.cli import app

COMPARE = ["compare", "--leads", "400", "--strategies", "batch-api,csv-import-own-ids", "--json"]


@pytest.fixture
def compared(tmp_path):
    """A function: a comparison with these arguments and this environment."""

    def run(*arguments, **environ):
        environ = {"GITHUB_STEP_SUMMARY": str(tmp_path / "job.md"), **environ}
        return CliRunner().invoke(app, [*COMPARE, "--out", str(tmp_path / "out"), *arguments], env=environ)

    return run


def test_a_limit_that_is_crossed(compared, tmp_path):
    """Exit 99; each limit is told on stderr, in the document, in run.json, in JUnit and in the job's summary."""
    limits = ["--threshold", "mapped==leads", "--threshold", "p95(contacts.add) < 1ms"]
    ended = compared(*limits, "--junit", str(tmp_path / "junit.xml"))
    document = json.loads(ended.stdout)
    assert (ended.exit_code, document["error"]["code"]) == (99, "THRESHOLD")
    assert [one["passed"] for one in document["thresholds"]] == [True, True, False]
    assert "✓ csv-import-own-ids: mapped==leads (400)\n✗ batch-api: p95(contacts.add) < 1ms" in ended.stderr
    assert json.loads((tmp_path / "out" / "run.json").read_text())["thresholds"] == document["thresholds"]
    assert 'failures="1"' in (tmp_path / "junit.xml").read_text()
    assert "Thresholds: **failed**" in (tmp_path / "job.md").read_text()


def test_limits_that_are_kept(compared):
    """Exit 0; the environment may give them too."""
    ended = compared(CONTACTBENCH_THRESHOLDS="lost==0; errors(*)<1%; duration<1h")
    assert (ended.exit_code, ended.stderr.count("✓")) == (0, 6)


@pytest.mark.parametrize(("limit", "ran"), [("p95(contacts.add)<1500", False), ("p95(contacts.ad)<1s", True)])
def test_a_limit_of_nothing(compared, tmp_path, limit, ran):
    """Exit 2: before anything is sent for what makes no sense, after the run, which is kept, for what it lacks."""
    ended = compared("--threshold", limit)
    assert (ended.exit_code, (tmp_path / "out.failed" / "run.json").exists()) == (2, ran)
