"""Checks as files, where a CI server looks for them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import user_files
from . import Check
from .junit import junit
from .markdown import markdown

JOB_SUMMARY = "GITHUB_STEP_SUMMARY"  # Source: https://docs.github.com/actions, workflow commands, job summaries


def require_ours(to_junit: Path | None, to_summary: Path | None) -> None:
    """Raises UsageError for a file that holds something else: what a former run wrote there is replaced."""
    user_files.require_ours(to_junit, ours=b"<testsuites ")
    user_files.require_ours(to_summary, ours=b"### ")


def write(
    checks: Sequence[Check], title: str, *, to_junit: Path | None, to_summary: Path | None, environ: Mapping[str, str]
) -> None:
    """The files asked for, and the job's summary where the environment names one: that is added to, not replaced."""
    if to_junit is not None:
        to_junit.parent.mkdir(parents=True, exist_ok=True)
        to_junit.write_bytes(junit(checks, title))
    if to_summary is not None:
        to_summary.parent.mkdir(parents=True, exist_ok=True)
        to_summary.write_text(markdown(checks, title), encoding="utf-8")
    if environ.get(JOB_SUMMARY):
        with Path(environ[JOB_SUMMARY]).open("a", encoding="utf-8") as file:
            file.write(markdown(checks, title))
