"""Verdicts as the files that CI servers read."""

from xml.etree.ElementTree import fromstring

import pytest

from harness.checks import Check, all_passed, write

CHECKS = [
    Check(suite="batch-api", name="mapped==leads", verdict="passed", found="1,000"),
    Check(suite="batch-api", name="duration<1s", verdict="failed", found="2 s"),
    Check(suite="instructions", name="journal | <save>\x00", verdict="not measured", note="no valgrind here"),
    Check(suite="wall", name="upload", verdict="warned", expected="1 s", found="1.2 s", note="1.20 times"),
]


@pytest.fixture
def written(tmp_path):
    """The three files, the job's summary with something in it."""
    (tmp_path / "step.md").write_text("before\n")
    environ = {"GITHUB_STEP_SUMMARY": str(tmp_path / "step.md")}
    to = {"to_junit": tmp_path / "new" / "junit.xml", "to_summary": tmp_path / "summary.md"}
    write(CHECKS, "Thresholds", **to, environ=environ)
    return tmp_path


def test_junit(written):
    """Counts by verdict, a failure with what was found; nothing in it that XML cannot hold."""
    root = fromstring((written / "new" / "junit.xml").read_bytes())
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("4", "1", "1")
    assert [failure.get("message") for failure in root.iter("failure")] == ["found 2 s"]


def test_markdown(written):
    """What failed comes first; no cell ends the table's row."""
    title, _, _, _, first, *rows = (written / "summary.md").read_text().splitlines()
    assert (title, first) == ("### Thresholds: **failed**", "| ❌ | batch-api | duration&lt;1s |  | 2 s |  |")
    assert "journal \\| &lt;save&gt;" in "".join(rows)


def test_the_summary_of_a_job_is_added_to(written):
    """Other steps have written there before."""
    assert (written / "step.md").read_text().startswith("before\n### Thresholds")


@pytest.mark.parametrize(("checks", "verdict"), [(CHECKS, False), (CHECKS[2:], True)])
def test_a_warning_passes(checks, verdict):
    """Only what failed fails."""
    assert all_passed(checks) is verdict
    assert CHECKS[1].line() == "✗ batch-api: duration<1s (2 s)"
